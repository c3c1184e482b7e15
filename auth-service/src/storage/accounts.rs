use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, JoinOnDsl, NullableExpressionMethods,
    OptionalExtension, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper, delete,
    dsl::{exists, select},
    insert_into, update,
};
use shared::{
    database::{
        Connection, on_backend,
        schema::{passwords, sessions, users},
    },
    id::UserId,
};

use super::{
    Change, QueryResult,
    outbox::{bump_version, record_change},
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
struct PasswordRow<'a> {
    user_id: UserId,
    hash: &'a str,
    changed_at: NaiveDateTime,
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
pub fn insert_account(connection: &mut Connection, account: &NewAccount) -> QueryResult<bool> {
    let now = account.now.naive_utc();
    let user = UserRow {
        id: account.id,
        email: account.email.as_str(),
        email_key: account.email.key(),
        email_verified: false,
        disabled: false,
        version: 1,
        created_at: now,
    };
    let password = PasswordRow { user_id: account.id, hash: &account.hash, changed_at: now };
    connection.transaction(|connection| {
        let inserted = on_backend!(&mut *connection, |c| {
            insert_into(users::table).values(&user).on_conflict(users::email_key).do_nothing().execute(c)
        })?;
        if inserted == 1 {
            on_backend!(connection, |c| insert_into(passwords::table).values(&password).execute(c))?;
        }
        Ok(inserted == 1)
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
) -> QueryResult<Option<Change>> {
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, user)? else { return Ok(None) };
        let row = PasswordRow { user_id: user, hash, changed_at: now.naive_utc() };
        on_backend!(&mut *connection, |c| {
            insert_into(passwords::table)
                .values(&row)
                .on_conflict(passwords::user_id)
                .do_update()
                .set((passwords::hash.eq(hash), passwords::changed_at.eq(now.naive_utc())))
                .execute(c)
        })?;
        on_backend!(&mut *connection, |c| {
            delete(sessions::table.filter(sessions::user_id.eq(user))).execute(c)
        })?;
        record_change(connection, user, version, now).map(Some)
    })
}

/// Disables the user and ends all sessions, or lets them sign in again. `None` if there is no such user.
pub fn set_disabled(
    connection: &mut Connection,
    user: UserId,
    disabled: bool,
    now: DateTime<Utc>,
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
        }
        record_change(connection, user, version, now).map(Some)
    })
}

/// Deletes the account with all that belongs to it. `None` if there is no such user.
pub fn delete_account(
    connection: &mut Connection,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Change>> {
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, user)? else { return Ok(None) };
        on_backend!(&mut *connection, |c| delete(users::table.find(user)).execute(c))?;
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
