use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, JoinOnDsl, NullableExpressionMethods,
    OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper, delete,
    dsl::{exists, select},
    insert_into, update,
};
use drawbridge_core::id::UserId;
use drawbridge_database::{
    Connection, on_backend,
    schema::{passwords, sessions, users},
};

use super::{
    Change, NewEvent, QueryResult,
    audit::delete_events_of,
    insert_event,
    links::delete_links_of,
    outbox::{bump_version, record_change},
    profile::{Keep, NewPassword, put_password},
};
use crate::domain::Email;

/// What a login is checked against.
#[derive(Clone, Queryable)]
pub struct Credentials {
    /// The user.
    pub user_id: UserId,
    /// The address as the person wrote it when they registered.
    pub email: String,
    /// Whether the user may not sign in.
    pub disabled: bool,
    /// The password's hash, unless the account has none.
    pub hash: Option<String>,
    /// When the person chose the password.
    pub password_changed_at: Option<NaiveDateTime>,
}

/// An account to be made.
#[derive(Clone)]
pub struct NewAccount {
    /// The user.
    pub id: UserId,
    /// The address.
    pub email: Email,
    /// Whether the person has shown that it is theirs.
    pub email_verified: bool,
    /// The password's hash.
    pub hash: String,
    /// Now.
    pub now: DateTime<Utc>,
}

/// An account as an operator sees it.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct AccountSummary {
    /// The user.
    pub id: UserId,
    /// The address.
    pub email: String,
    /// Whether the user may not sign in.
    pub disabled: bool,
    /// When the account was made.
    pub created_at: NaiveDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = users)]
struct UserRow<'a> {
    id: UserId,
    email: &'a str,
    email_key: String,
    email_verified: bool,
    disabled: bool,
    version: i64,
    created_at: NaiveDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = passwords)]
pub(super) struct PasswordRow<'a> {
    pub(super) user_id: UserId,
    pub(super) hash: &'a str,
    pub(super) changed_at: NaiveDateTime,
}

/// What a login with this address is checked against.
pub fn find_credentials(connection: &mut Connection, email: &Email) -> QueryResult<Option<Credentials>> {
    on_backend!(connection, |c| {
        users::table
            .left_join(passwords::table.on(passwords::user_id.eq(users::id)))
            .filter(users::email_key.eq(email.key()))
            .select((
                users::id,
                users::email,
                users::disabled,
                passwords::hash.nullable(),
                passwords::changed_at.nullable(),
            ))
            .first(c)
            .optional()
    })
}

/// Whether an account has this address.
pub fn email_is_taken(connection: &mut Connection, email: &Email) -> QueryResult<bool> {
    let same = users::table.filter(users::email_key.eq(email.key()));
    on_backend!(connection, |c| select(exists(same)).get_result(c))
}

/// Makes an account. `false` if another has the address, and then nothing is changed.
pub fn insert_account(
    connection: &mut Connection,
    account: &NewAccount,
    event: &NewEvent,
) -> QueryResult<bool> {
    connection.transaction(|connection| {
        let made = insert_account_rows(connection, account)?;
        if made {
            insert_event(connection, event)?;
        }
        Ok(made)
    })
}

/// The same, in a transaction that has begun.
pub(super) fn insert_account_rows(connection: &mut Connection, account: &NewAccount) -> QueryResult<bool> {
    let now = account.now.naive_utc();
    let user = UserRow {
        id: account.id,
        email: account.email.as_str(),
        email_key: account.email.key(),
        email_verified: account.email_verified,
        disabled: false,
        version: 1,
        created_at: now,
    };
    let password = PasswordRow { user_id: account.id, hash: &account.hash, changed_at: now };
    let inserted = on_backend!(&mut *connection, |c| {
        insert_into(users::table).values(&user).on_conflict(users::email_key).do_nothing().execute(c)
    })?;
    if inserted == 1 {
        on_backend!(connection, |c| insert_into(passwords::table).values(&password).execute(c))?;
    }
    Ok(inserted == 1)
}

/// When the user chose the password, if there is one.
pub(super) fn password_changed_at(
    connection: &mut Connection,
    user: UserId,
) -> QueryResult<Option<NaiveDateTime>> {
    on_backend!(connection, |c| {
        passwords::table.find(user).select(passwords::changed_at).first(c).optional()
    })
}

/// Puts a stronger hash of the same password in the place of `weaker`, if that still stands.
pub fn strengthen_hash(
    connection: &mut Connection,
    user: UserId,
    weaker: &str,
    stronger: &str,
) -> QueryResult<bool> {
    let same = passwords::table.filter(passwords::user_id.eq(user).and(passwords::hash.eq(weaker)));
    let changed = on_backend!(connection, |c| update(same).set(passwords::hash.eq(stronger)).execute(c))?;
    Ok(changed == 1)
}

/// Gives the user another password and ends all sessions. `None` if there is no such user.
pub fn set_password(
    connection: &mut Connection,
    user: UserId,
    hash: &str,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<Option<Change>> {
    let new = NewPassword { user, hash: hash.to_owned(), now, keep: Keep::None };
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, user)? else { return Ok(None) };
        put_password(connection, &new)?;
        insert_event(connection, event)?;
        record_change(connection, user, version, now).map(Some)
    })
}

/// Disables the user and ends all sessions, or lets them sign in again. `None` if there is no such user.
pub fn set_disabled(
    connection: &mut Connection,
    user: UserId,
    disabled: bool,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<Option<Change>> {
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, user)? else { return Ok(None) };
        on_backend!(&mut *connection, |c| {
            update(users::table.find(user)).set(users::disabled.eq(disabled)).execute(c)
        })?;
        if disabled {
            on_backend!(&mut *connection, |c| {
                delete(sessions::table.filter(sessions::user_id.eq(user))).execute(c)
            })?;
            delete_links_of(connection, user, None)?;
        }
        insert_event(connection, event)?;
        record_change(connection, user, version, now).map(Some)
    })
}

/// Deletes the account with all that belongs to it, what the audit log knows of it included; only that it was deleted
/// stays. `None` if there is no such user.
pub fn delete_account(
    connection: &mut Connection,
    user: UserId,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<Option<Change>> {
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, user)? else { return Ok(None) };
        on_backend!(&mut *connection, |c| delete(users::table.find(user)).execute(c))?;
        delete_events_of(connection, user)?;
        insert_event(connection, event)?;
        record_change(connection, user, version, now).map(Some)
    })
}

/// The account with this address.
pub fn find_account(connection: &mut Connection, email: &Email) -> QueryResult<Option<AccountSummary>> {
    on_backend!(connection, |c| {
        users::table
            .filter(users::email_key.eq(email.key()))
            .select(AccountSummary::as_select())
            .first(c)
            .optional()
    })
}

/// Accounts in the order in which they were made: at most `limit`, after the one with id `after`.
pub fn find_accounts(
    connection: &mut Connection,
    after: Option<UserId>,
    limit: i64,
) -> QueryResult<Vec<AccountSummary>> {
    on_backend!(connection, |c| {
        let mut query =
            users::table.select(AccountSummary::as_select()).order(users::id).limit(limit).into_boxed();
        if let Some(after) = after {
            query = query.filter(users::id.gt(after));
        }
        query.load(c)
    })
}
