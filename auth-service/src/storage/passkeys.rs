use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, QueryResult,
    Queryable, RunQueryDsl, Selectable, SelectableHelper, delete, insert_into, update,
};
use drawbridge_core::id::{CeremonyId, UserId};
use drawbridge_database::{
    Connection, on_backend,
    schema::{ceremonies, passkeys},
};

use super::{
    audit::{NewEvent, insert_event},
    second_factors::{FactorAddition, NewFactor, add_factor},
};

/// A stored passkey.
#[derive(Debug, Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = passkeys)]
pub struct PasskeyRow {
    /// The ID of the credential.
    pub id: Vec<u8>,
    /// The account.
    pub user_id: UserId,
    /// The name chosen by the user.
    pub name: String,
    /// The public key, the counter and other data, as JSON.
    pub credential: String,
    /// When it was added.
    pub created_at: NaiveDateTime,
    /// When it was last used.
    pub last_used_at: Option<NaiveDateTime>,
}

/// A challenge that has not been answered.
#[derive(Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = ceremonies)]
pub struct CeremonyRow {
    /// The ID of the challenge.
    pub id: CeremonyId,
    /// The account that must answer, if it is known.
    pub user_id: Option<UserId>,
    /// The state to check the answer against, as JSON.
    pub state: String,
    /// When the challenge expires.
    pub expires_at: NaiveDateTime,
}

/// The passkeys of an account, oldest first.
pub fn find_passkeys(connection: &mut Connection, user: UserId) -> QueryResult<Vec<PasskeyRow>> {
    on_backend!(connection, |c| {
        passkeys::table
            .filter(passkeys::user_id.eq(user))
            .order(passkeys::created_at)
            .select(PasskeyRow::as_select())
            .load(c)
    })
}

/// The passkey with this credential ID.
pub fn find_passkey(connection: &mut Connection, id: &[u8]) -> QueryResult<Option<PasskeyRow>> {
    on_backend!(connection, |c| {
        passkeys::table.find(id).select(PasskeyRow::as_select()).first(c).optional()
    })
}

/// Adds a passkey, unless the account already has `limit` of them.
pub fn insert_passkey(
    connection: &mut Connection,
    passkey: &PasskeyRow,
    limit: i64,
    new: &NewFactor,
    event: &NewEvent,
) -> QueryResult<FactorAddition> {
    add_factor(connection, new, event, |connection, enrolled| {
        if enrolled.passkeys >= limit {
            return Ok(Err(FactorAddition::TooMany));
        }
        let inserted = on_backend!(connection, |c| {
            insert_into(passkeys::table).values(passkey).on_conflict(passkeys::id).do_nothing().execute(c)
        })?;
        Ok((inserted == 1).then_some(()).ok_or(FactorAddition::Conflict))
    })
}

/// Renames a passkey of the account. Returns false if there is no such passkey.
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

/// Stores what an answer changed about a passkey, such as its counter, and when it was used.
pub fn record_passkey_use(
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

/// Stores a challenge.
pub fn insert_ceremony(connection: &mut Connection, ceremony: &CeremonyRow) -> QueryResult<()> {
    on_backend!(connection, |c| insert_into(ceremonies::table).values(ceremony).execute(c)).map(drop)
}

/// Removes a challenge and returns it if it is valid, so that each challenge can be answered only once.
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

/// Deletes expired challenges, and returns how many there were.
pub fn delete_expired_ceremonies(connection: &mut Connection, now: DateTime<Utc>) -> QueryResult<usize> {
    let expired = ceremonies::table.filter(ceremonies::expires_at.le(now.naive_utc()));
    on_backend!(connection, |c| delete(expired).execute(c))
}
