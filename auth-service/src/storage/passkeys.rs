use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable,
    RunQueryDsl, Selectable, SelectableHelper, delete, insert_into, update,
};
use drawbridge_core::id::{CeremonyId, UserId};
use drawbridge_database::{
    Connection, on_backend,
    schema::{ceremonies, passkeys},
};

use super::{NewEvent, QueryResult, insert_event};

/// A passkey of a user.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = passkeys)]
pub struct PasskeyRow {
    /// The credential's id.
    pub id: Vec<u8>,
    /// Whose it is.
    pub user_id: UserId,
    /// What the person calls it.
    pub name: String,
    /// Public key, counter and the like, as JSON.
    pub credential: String,
    /// When it was added.
    pub created_at: NaiveDateTime,
    /// When it was last used.
    pub last_used_at: Option<NaiveDateTime>,
}

/// A challenge that waits for its answer.
#[derive(Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = ceremonies)]
pub struct CeremonyRow {
    /// The challenge.
    pub id: CeremonyId,
    /// Whose answer it waits for, if that is known.
    pub user_id: Option<UserId>,
    /// What the answer is checked against, as JSON.
    pub state: String,
    /// When it waits no longer.
    pub expires_at: NaiveDateTime,
}

/// The user's passkeys, oldest first.
pub fn find_passkeys(connection: &mut Connection, user: UserId) -> QueryResult<Vec<PasskeyRow>> {
    on_backend!(connection, |c| {
        passkeys::table
            .filter(passkeys::user_id.eq(user))
            .order(passkeys::created_at)
            .select(PasskeyRow::as_select())
            .load(c)
    })
}

/// The passkey with this credential id.
pub fn find_passkey(connection: &mut Connection, id: &[u8]) -> QueryResult<Option<PasskeyRow>> {
    on_backend!(connection, |c| {
        passkeys::table.find(id).select(PasskeyRow::as_select()).first(c).optional()
    })
}

/// Gives a passkey of the user another name. `false` if there is no such passkey.
pub fn rename_passkey(
    connection: &mut Connection,
    user: UserId,
    id: &[u8],
    name: &str,
    event: &NewEvent,
) -> QueryResult<bool> {
    let this = passkeys::table.filter(passkeys::id.eq(id).and(passkeys::user_id.eq(user)));
    connection.transaction(|connection| {
        let changed =
            on_backend!(&mut *connection, |c| update(this).set(passkeys::name.eq(name)).execute(c))?;
        if changed == 1 {
            insert_event(connection, event)?;
        }
        Ok(changed == 1)
    })
}

/// Keeps what an answer has changed of a passkey, such as its counter.
pub fn note_passkey_use(
    connection: &mut Connection,
    id: &[u8],
    credential: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    on_backend!(connection, |c| {
        update(passkeys::table.find(id))
            .set((passkeys::credential.eq(credential), passkeys::last_used_at.eq(now.naive_utc())))
            .execute(c)
    })
    .map(drop)
}

/// Keeps a challenge.
pub fn insert_ceremony(connection: &mut Connection, ceremony: &CeremonyRow) -> QueryResult<()> {
    on_backend!(connection, |c| insert_into(ceremonies::table).values(ceremony).execute(c)).map(drop)
}

/// Takes a challenge: each is answered once.
pub fn take_ceremony(
    connection: &mut Connection,
    id: CeremonyId,
    now: DateTime<Utc>,
) -> QueryResult<Option<CeremonyRow>> {
    let this = ceremonies::table.find(id);
    connection.transaction(|connection| {
        let found: Option<CeremonyRow> =
            on_backend!(&mut *connection, |c| { this.select(CeremonyRow::as_select()).first(c).optional() })?;
        let taken = on_backend!(connection, |c| delete(this).execute(c))?;
        Ok(found.filter(|ceremony| taken == 1 && ceremony.expires_at > now.naive_utc()))
    })
}

/// Forgets challenges that were not answered.
pub fn delete_ended_ceremonies(connection: &mut Connection, now: DateTime<Utc>) -> QueryResult<usize> {
    let ended = ceremonies::table.filter(ceremonies::expires_at.le(now.naive_utc()));
    on_backend!(connection, |c| delete(ended).execute(c))
}
