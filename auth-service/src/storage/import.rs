use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    ExpressionMethods, Insertable, QueryDsl, QueryableByName, RunQueryDsl, insert_into, sql_query,
    sql_types::{Array, BigInt, Binary, Bool, Text, Timestamp},
};
use drawbridge_core::{id::UserId, random::Random};
use drawbridge_database::{
    Connection, on_backend,
    schema::{passwords, user_roles, users},
};

use super::QueryResult;
use crate::domain::{Email, PasswordHash, Role};

/// An account that comes from another system.
#[derive(Debug, Clone)]
pub struct ImportedAccount {
    /// The address.
    pub email: Email,
    /// The password's hash; without one the person asks for a new password.
    pub hash: Option<PasswordHash>,
    /// Whether the person has shown that the address is theirs.
    pub email_verified: bool,
    /// Whether the user may not sign in.
    pub disabled: bool,
    /// When the account was made, there.
    pub created_at: DateTime<Utc>,
    /// Its roles, each once.
    pub roles: Vec<Role>,
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

#[derive(Insertable)]
#[diesel(table_name = user_roles)]
struct RoleRow<'a> {
    user_id: UserId,
    role: &'a str,
}

#[derive(QueryableByName)]
struct Made {
    #[diesel(sql_type = BigInt)]
    made: i64,
}

/// The three tables in one statement, and so in one transaction. An array for each column: one plan
/// whatever the number of rows, where a list of values would be planned anew for each.
const INSERT: &str = "
    WITH made AS (
        INSERT INTO users (id, email, email_key, email_verified, disabled, version, created_at)
        SELECT id, email, email_key, email_verified, disabled, 1, created_at
        FROM unnest($1, $2, $3, $4, $5, $6)
            AS new (id, email, email_key, email_verified, disabled, created_at)
        ON CONFLICT (email_key) DO NOTHING
        RETURNING id
    ), with_password AS (
        INSERT INTO passwords (user_id, hash, changed_at)
        SELECT id, hash, changed_at FROM unnest($7, $8, $9) AS new (id, hash, changed_at) JOIN made USING (id)
    ), with_role AS (
        INSERT INTO user_roles (user_id, role)
        SELECT id, role FROM unnest($10, $11) AS new (id, role) JOIN made USING (id)
    )
    SELECT count(*) AS made FROM made";

/// Makes those of the accounts whose address has none, in one transaction. How many that were.
///
/// Nothing waits in the outbox for them: nobody can have asked for an id that is made here.
pub fn import_accounts(
    connection: &mut Connection,
    accounts: &[ImportedAccount],
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let mut rows: Vec<_> = accounts
        .iter()
        .map(|account| (UserId::generate(Random, now), account.email.key(), account))
        .collect();
    // Two imports at once wait for each other in the same order. Of one address the first row stays first.
    rows.sort_by(|(_, a, _), (_, b, _)| a.cmp(b));
    match connection {
        Connection::Postgres(c) => {
            let mut users: (Vec<_>, Vec<_>, Vec<_>, Vec<_>, Vec<_>, Vec<_>) = Default::default();
            let mut passwords: (Vec<_>, Vec<_>, Vec<_>) = Default::default();
            let mut roles: (Vec<_>, Vec<_>) = Default::default();
            for (id, key, account) in &rows {
                let created_at = account.created_at.naive_utc();
                users.extend([(
                    *id,
                    account.email.as_str(),
                    key.as_str(),
                    account.email_verified,
                    account.disabled,
                    created_at,
                )]);
                passwords.extend(account.hash.iter().map(|hash| (*id, hash.expose(), created_at)));
                roles.extend(account.roles.iter().map(|role| (*id, role.as_str())));
            }
            let insert = sql_query(INSERT)
                .bind::<Array<Binary>, _>(users.0)
                .bind::<Array<Text>, _>(users.1)
                .bind::<Array<Text>, _>(users.2)
                .bind::<Array<Bool>, _>(users.3)
                .bind::<Array<Bool>, _>(users.4)
                .bind::<Array<Timestamp>, _>(users.5)
                .bind::<Array<Binary>, _>(passwords.0)
                .bind::<Array<Text>, _>(passwords.1)
                .bind::<Array<Timestamp>, _>(passwords.2)
                .bind::<Array<Binary>, _>(roles.0)
                .bind::<Array<Text>, _>(roles.1);
            let Made { made } = insert.get_result(c)?;
            Ok(usize::try_from(made).unwrap_or_default())
        }
        Connection::Sqlite(_) => connection.transaction(|connection| {
            let mut made = 0;
            for (id, key, account) in rows {
                made += usize::from(insert_one(connection, id, key, account)?);
            }
            Ok(made)
        }),
    }
}

/// SQLite is in the process: a statement for each row costs no way to a server.
fn insert_one(
    connection: &mut Connection,
    id: UserId,
    email_key: String,
    account: &ImportedAccount,
) -> QueryResult<bool> {
    let created_at = account.created_at.naive_utc();
    let user = UserRow {
        id,
        email: account.email.as_str(),
        email_key,
        email_verified: account.email_verified,
        disabled: account.disabled,
        version: 1,
        created_at,
    };
    let made = on_backend!(&mut *connection, |c| {
        insert_into(users::table).values(&user).on_conflict(users::email_key).do_nothing().execute(c)
    })?;
    if made == 0 {
        return Ok(false);
    }
    if let Some(hash) = &account.hash {
        let row = PasswordRow { user_id: id, hash: hash.expose(), changed_at: created_at };
        on_backend!(&mut *connection, |c| insert_into(passwords::table).values(&row).execute(c))?;
    }
    for role in &account.roles {
        let row = RoleRow { user_id: id, role: role.as_str() };
        on_backend!(&mut *connection, |c| insert_into(user_roles::table).values(&row).execute(c))?;
    }
    Ok(true)
}

/// Which of these keys of addresses have an account.
pub fn find_known_keys(connection: &mut Connection, keys: &[String]) -> QueryResult<Vec<String>> {
    on_backend!(connection, |c| {
        users::table.filter(users::email_key.eq_any(keys)).select(users::email_key).load(c)
    })
}
