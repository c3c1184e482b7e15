use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    ExpressionMethods, QueryDsl, QueryResult, QueryableByName, RunQueryDsl, sql_query,
    sql_types::{Array, BigInt, Binary, Bool, Text, Timestamp},
};
use drawbridge_core::{id::UserId, random::Random};
use drawbridge_database::{Connection, on_backend, schema::users};

use super::{
    accounts::{NewUserRow, insert_user},
    passwords::{PasswordRow, insert_password},
    roles::{RoleRow, insert_role},
};
use crate::domain::{Email, PasswordHash, Role};

/// An account from another system.
#[derive(Debug, Clone)]
pub struct ImportedAccount {
    /// The address.
    pub email: Email,
    /// The hash of the password; without one, the user has to reset the password.
    pub hash: Option<PasswordHash>,
    /// Whether the address was confirmed.
    pub email_verified: bool,
    /// Whether the account is disabled.
    pub disabled: bool,
    /// When the account was created in the other system.
    pub created_at: DateTime<Utc>,
    /// The roles, without duplicates.
    pub roles: Vec<Role>,
}

#[derive(QueryableByName)]
struct CreatedCount {
    #[diesel(sql_type = BigInt)]
    created: i64,
}

/// Fills the three tables in one statement and therefore in one transaction. With one array per column, the same query
/// plan works for any number of rows; a list of values would need a plan for each number of rows.
const INSERT_ACCOUNTS: &str = "
    WITH created AS (
        INSERT INTO users (id, email, email_key, email_verified, disabled, version, created_at)
        SELECT id, email, email_key, email_verified, disabled, 1, created_at
        FROM unnest($1, $2, $3, $4, $5, $6)
            AS new (id, email, email_key, email_verified, disabled, created_at)
        ON CONFLICT (email_key) DO NOTHING
        RETURNING id
    ), with_password AS (
        INSERT INTO passwords (user_id, hash, changed_at)
        SELECT id, hash, changed_at FROM unnest($7, $8, $9) AS new (id, hash, changed_at) JOIN created USING (id)
    ), with_role AS (
        INSERT INTO user_roles (user_id, role)
        SELECT id, role FROM unnest($10, $11) AS new (id, role) JOIN created USING (id)
    )
    SELECT count(*) AS created FROM created";

/// An account to create, with its new ID.
struct ImportRow<'a> {
    id: UserId,
    email_key: String,
    account: &'a ImportedAccount,
}

/// The values of [`INSERT_ACCOUNTS`], one list for each column.
#[derive(Default)]
struct ImportColumns<'a> {
    ids: Vec<UserId>,
    emails: Vec<&'a str>,
    email_keys: Vec<&'a str>,
    email_verified: Vec<bool>,
    disabled: Vec<bool>,
    created_at: Vec<NaiveDateTime>,
    ids_with_hash: Vec<UserId>,
    hashes: Vec<&'a str>,
    hashes_changed_at: Vec<NaiveDateTime>,
    ids_with_role: Vec<UserId>,
    roles: Vec<&'a str>,
}

impl<'a> ImportColumns<'a> {
    fn new(rows: &'a [ImportRow<'a>]) -> Self {
        let mut columns = Self::default();
        for ImportRow { id, email_key, account } in rows {
            let created_at = account.created_at.naive_utc();
            columns.ids.push(*id);
            columns.emails.push(account.email.as_str());
            columns.email_keys.push(email_key);
            columns.email_verified.push(account.email_verified);
            columns.disabled.push(account.disabled);
            columns.created_at.push(created_at);
            if let Some(hash) = &account.hash {
                columns.ids_with_hash.push(*id);
                columns.hashes.push(hash.expose());
                columns.hashes_changed_at.push(created_at);
            }
            columns.ids_with_role.extend(account.roles.iter().map(|_| *id));
            columns.roles.extend(account.roles.iter().map(Role::as_str));
        }
        columns
    }
}

/// Creates the accounts whose address has no account yet, in one transaction. Returns how many were created.
///
/// No outbox rows are needed: the IDs are new, so no cache can contain them.
pub fn import_accounts(
    connection: &mut Connection,
    accounts: &[ImportedAccount],
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    let mut rows: Vec<_> = accounts
        .iter()
        .map(|account| {
            let id = UserId::generate(Random, now);
            ImportRow { id, email_key: account.email.key(), account }
        })
        .collect();
    // Concurrent imports lock addresses in the same order. The sort is stable: of several rows with the same address,
    // the first wins.
    rows.sort_by(|a, b| a.email_key.cmp(&b.email_key));
    match connection {
        Connection::Postgres(c) => {
            let columns = ImportColumns::new(&rows);
            let insert = sql_query(INSERT_ACCOUNTS)
                .bind::<Array<Binary>, _>(columns.ids)
                .bind::<Array<Text>, _>(columns.emails)
                .bind::<Array<Text>, _>(columns.email_keys)
                .bind::<Array<Bool>, _>(columns.email_verified)
                .bind::<Array<Bool>, _>(columns.disabled)
                .bind::<Array<Timestamp>, _>(columns.created_at)
                .bind::<Array<Binary>, _>(columns.ids_with_hash)
                .bind::<Array<Text>, _>(columns.hashes)
                .bind::<Array<Timestamp>, _>(columns.hashes_changed_at)
                .bind::<Array<Binary>, _>(columns.ids_with_role)
                .bind::<Array<Text>, _>(columns.roles);
            let count: CreatedCount = insert.get_result(c)?;
            Ok(usize::try_from(count.created).unwrap_or_default())
        }
        Connection::Sqlite(_) => connection.transaction(|connection| {
            let mut created = 0;
            for row in rows {
                created += usize::from(insert_one(connection, row)?);
            }
            Ok(created)
        }),
    }
}

/// Creates one account. SQLite runs in this process, so a statement for each row costs no round trip.
fn insert_one(connection: &mut Connection, row: ImportRow<'_>) -> QueryResult<bool> {
    let ImportRow { id, email_key, account } = row;
    let created_at = account.created_at.naive_utc();
    let user = NewUserRow {
        id,
        email: account.email.as_str(),
        email_key,
        email_verified: account.email_verified,
        disabled: account.disabled,
        version: 1,
        created_at,
    };
    if !insert_user(connection, &user)? {
        return Ok(false);
    }
    if let Some(hash) = &account.hash {
        let password = PasswordRow { user_id: id, hash: hash.expose(), changed_at: created_at };
        insert_password(connection, &password)?;
    }
    for role in &account.roles {
        insert_role(connection, &RoleRow { user_id: id, role: role.as_str() })?;
    }
    Ok(true)
}

/// Returns those of the e-mail `keys` that belong to an account.
pub fn find_known_email_keys(connection: &mut Connection, keys: &[String]) -> QueryResult<Vec<String>> {
    on_backend!(connection, |c| {
        users::table.filter(users::email_key.eq_any(keys)).select(users::email_key).load(c)
    })
}
