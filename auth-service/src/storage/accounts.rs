use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    ExpressionMethods, Insertable, JoinOnDsl, NullableExpressionMethods, OptionalExtension, QueryDsl,
    QueryResult, Queryable, RunQueryDsl, Selectable, SelectableHelper, delete,
    dsl::{exists, select},
    insert_into, update,
};
use drawbridge_core::id::UserId;
use drawbridge_database::{
    Connection, on_backend,
    schema::{passwords, sessions, users},
};

use super::{
    audit::{NewEvent, delete_events_of, insert_event},
    links::delete_links_of,
    outbox::{UserChange, bump_version, record_change},
    passwords::{PasswordRow, insert_password},
};
use crate::domain::Email;

/// What a sign-in is checked against.
#[derive(Clone, Queryable)]
pub struct Credentials {
    /// The user.
    pub user_id: UserId,
    /// The address as entered at sign-up.
    pub email: String,
    /// Whether the account is disabled.
    pub disabled: bool,
    /// The hash of the password, if the account has one.
    pub hash: Option<String>,
    /// When the password was set.
    pub password_changed_at: Option<NaiveDateTime>,
}

/// An account to create.
#[derive(Clone)]
pub struct NewAccount {
    /// The user.
    pub id: UserId,
    /// The address.
    pub email: Email,
    /// Whether the address was confirmed.
    pub email_verified: bool,
    /// The hash of the password.
    pub hash: String,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// An account in a list for operators.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = users)]
pub struct AccountSummary {
    /// The user.
    pub id: UserId,
    /// The address.
    pub email: String,
    /// Whether the address was confirmed.
    pub email_verified: bool,
    /// Whether the account is disabled.
    pub disabled: bool,
    /// When the account was created.
    pub created_at: NaiveDateTime,
}

#[derive(Insertable)]
#[diesel(table_name = users)]
pub(super) struct NewUserRow<'a> {
    pub(super) id: UserId,
    pub(super) email: &'a str,
    pub(super) email_key: String,
    pub(super) email_verified: bool,
    pub(super) disabled: bool,
    pub(super) version: i64,
    pub(super) created_at: NaiveDateTime,
}

/// Loads what a sign-in with this address is checked against.
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

/// Returns true if an account has this address.
pub fn email_is_taken(connection: &mut Connection, email: &Email) -> QueryResult<bool> {
    let same = users::table.filter(users::email_key.eq(email.key()));
    on_backend!(connection, |c| select(exists(same)).get_result(c))
}

/// Creates an account. Returns false, and changes nothing, if another account has the address.
pub fn insert_account(
    connection: &mut Connection,
    account: &NewAccount,
    event: &NewEvent,
) -> QueryResult<bool> {
    connection.transaction(|connection| {
        let is_created = insert_account_rows(connection, account)?;
        if is_created {
            insert_event(connection, event)?;
        }
        Ok(is_created)
    })
}

/// Inserts the rows of an account within a transaction, without an audit event. Returns false if another account has
/// the address.
pub(super) fn insert_account_rows(connection: &mut Connection, account: &NewAccount) -> QueryResult<bool> {
    let now = account.now.naive_utc();
    let user = NewUserRow {
        id: account.id,
        email: account.email.as_str(),
        email_key: account.email.key(),
        email_verified: account.email_verified,
        disabled: false,
        version: 1,
        created_at: now,
    };
    let password = PasswordRow { user_id: account.id, hash: &account.hash, changed_at: now };
    let is_created = insert_user(connection, &user)?;
    if is_created {
        insert_password(connection, &password)?;
    }
    Ok(is_created)
}

/// Inserts a user. Returns false if another user has the address.
pub(super) fn insert_user(connection: &mut Connection, user: &NewUserRow<'_>) -> QueryResult<bool> {
    let inserted = on_backend!(connection, |c| {
        insert_into(users::table).values(user).on_conflict(users::email_key).do_nothing().execute(c)
    })?;
    Ok(inserted == 1)
}

/// Disables an account and ends all its sessions, or enables it again. Returns `None` if there is no such account.
pub fn set_disabled(
    connection: &mut Connection,
    user: UserId,
    disabled: bool,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<Option<UserChange>> {
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, user)? else { return Ok(None) };
        on_backend!(&mut *connection, |c| {
            update(users::table.find(user)).set(users::disabled.eq(disabled)).execute(c)
        })?;
        if disabled {
            on_backend!(&mut *connection, |c| {
                delete(sessions::table.filter(sessions::user_id.eq(user))).execute(c)
            })?;
            delete_links_of(connection, user)?;
        }
        insert_event(connection, event)?;
        record_change(connection, user, version, now).map(Some)
    })
}

/// Deletes an account with all its data and audit events; only `event` remains. Returns `None` if there is no such
/// account.
pub fn delete_account(
    connection: &mut Connection,
    user: UserId,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<Option<UserChange>> {
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, user)? else { return Ok(None) };
        let event = event.before_address_changes(connection)?;
        on_backend!(&mut *connection, |c| delete(users::table.find(user)).execute(c))?;
        delete_events_of(connection, user)?;
        insert_event(connection, &event)?;
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

/// Finds at most `limit` accounts in the order of their creation, starting after `after`.
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

/// Locks a user until the end of the transaction, for changes that do not affect the user's record.
pub(super) fn lock_user(connection: &mut Connection, user: UserId) -> QueryResult<()> {
    on_backend!(connection, |c| {
        update(users::table.find(user)).set(users::disabled.eq(users::disabled)).execute(c)
    })
    .map(drop)
}
