use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, QueryResult,
    RunQueryDsl, delete, insert_into, update,
};
use drawbridge_core::id::{SessionId, UserId};
use drawbridge_database::{
    Connection, on_backend,
    schema::{passwords, sessions},
};

use super::{
    audit::{NewEvent, insert_event},
    links::delete_links_of,
    outbox::{UserChange, bump_version, record_change},
};

#[derive(Insertable)]
#[diesel(table_name = passwords)]
pub(super) struct PasswordRow<'a> {
    pub(super) user_id: UserId,
    pub(super) hash: &'a str,
    pub(super) changed_at: NaiveDateTime,
}

/// A new password for an existing account.
#[derive(Clone)]
pub struct NewPassword {
    /// The account.
    pub user: UserId,
    /// The hash of the password.
    pub hash: String,
    /// The current time.
    pub now: DateTime<Utc>,
    /// The sessions that continue.
    pub keep: KeptSessions,
}

/// The sessions that continue after a password change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptSessions {
    /// All sessions continue.
    All,
    /// Only this session continues.
    Only(SessionId),
    /// All sessions end.
    None,
}

pub(super) fn insert_password(connection: &mut Connection, row: &PasswordRow<'_>) -> QueryResult<()> {
    on_backend!(connection, |c| insert_into(passwords::table).values(row).execute(c)).map(drop)
}

/// Finds out when the password was set; `None` if the account has no password.
pub(super) fn find_password_change(
    connection: &mut Connection,
    user: UserId,
) -> QueryResult<Option<NaiveDateTime>> {
    on_backend!(connection, |c| {
        passwords::table.find(user).select(passwords::changed_at).first(c).optional()
    })
}

/// Replaces a hash with a better one for the same password. Returns false if the hash has changed in the meantime.
pub fn replace_hash(connection: &mut Connection, user: UserId, old: &str, new: &str) -> QueryResult<bool> {
    let same = passwords::table.filter(passwords::user_id.eq(user).and(passwords::hash.eq(old)));
    let changed = on_backend!(connection, |c| update(same).set(passwords::hash.eq(new)).execute(c))?;
    Ok(changed == 1)
}

/// Sets the password on behalf of an operator and ends all sessions. Returns `None` if there is no such account.
pub fn set_password(
    connection: &mut Connection,
    user: UserId,
    hash: &str,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<Option<UserChange>> {
    let new = NewPassword { user, hash: hash.to_owned(), now, keep: KeptSessions::None };
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, user)? else { return Ok(None) };
        put_password(connection, &new)?;
        insert_event(connection, event)?;
        record_change(connection, user, version, now).map(Some)
    })
}

/// Changes a password on behalf of a user who knows the one set at `known_since`. Returns `None` if it has changed in
/// the meantime.
pub fn change_password(
    connection: &mut Connection,
    new: &NewPassword,
    known_since: Option<NaiveDateTime>,
    event: &NewEvent,
) -> QueryResult<Option<UserChange>> {
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, new.user)? else { return Ok(None) };
        if find_password_change(connection, new.user)? != known_since {
            return Ok(None);
        }
        put_password(connection, new)?;
        insert_event(connection, event)?;
        record_change(connection, new.user, version, new.now).map(Some)
    })
}

/// Stores a new password, ends the sessions that do not continue, and invalidates all links of the account.
pub(super) fn put_password(connection: &mut Connection, new: &NewPassword) -> QueryResult<()> {
    let changed_at = new.now.naive_utc();
    let row = PasswordRow { user_id: new.user, hash: &new.hash, changed_at };
    on_backend!(&mut *connection, |c| {
        insert_into(passwords::table)
            .values(&row)
            .on_conflict(passwords::user_id)
            .do_update()
            .set((passwords::hash.eq(&new.hash), passwords::changed_at.eq(changed_at)))
            .execute(c)
    })?;
    let theirs = sessions::table.filter(sessions::user_id.eq(new.user));
    match new.keep {
        KeptSessions::All => 0,
        KeptSessions::Only(session) => {
            on_backend!(&mut *connection, |c| delete(theirs.filter(sessions::id.ne(session))).execute(c))?
        }
        KeptSessions::None => on_backend!(&mut *connection, |c| delete(theirs).execute(c))?,
    };
    delete_links_of(connection, new.user)
}
