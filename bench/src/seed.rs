//! Fills a database with users. SQL statements generate the rows in the server, so that creating a million
//! users takes seconds.

use auth_service::{
    signing_keys::{KeyVault, TokenConfig},
    storage,
};
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use drawbridge_database::{Connection, on_backend};

use crate::{error::Result, population::Population};

/// Password of the users who have one.
pub(crate) const SEEDED_PASSWORD: &str = "correct horse battery";

/// Number of users who have a password. They share one hash.
pub(crate) const USERS_WITH_PASSWORD: u32 = 1000;

/// Cost of the hash: the lowest that `BCRYPT_COST` allows, so that a round contains many logins.
pub(crate) const SEEDED_HASH_COST: u32 = 10;

/// Creates the schema, the first signing key and the users.
pub(crate) fn fill(
    connection: &mut Connection,
    population: &Population,
    vault: &KeyVault,
    tokens: &TokenConfig,
    now: DateTime<Utc>,
) -> Result<()> {
    storage::migrate(connection)?;
    vault.ensure_key(connection, now, tokens)?;
    let statements = statements(population, &bcrypt::hash(SEEDED_PASSWORD, SEEDED_HASH_COST)?);
    on_backend!(connection, |c| c.batch_execute(&statements))?;
    // A batch is a transaction, in which VACUUM cannot run.
    on_backend!(connection, |c| c.batch_execute("VACUUM ANALYZE"))?;
    Ok(())
}

fn statements(population: &Population, password_hash: &str) -> String {
    let count = population.count;
    let registered_at = population.registered_at.naive_utc();
    let expires_at = population.session_expiry().naive_utc();
    let digits = "lpad(to_hex(n), 8, '0')";
    let id = |prefix: String| format!("decode('{prefix}' || {digits}, 'hex')");
    let user = id(population.user_id_prefix());
    let session = id(population.session_id_prefix());
    let email = format!("'user-' || {digits} || '@bench.example'");
    let all_users = format!("generate_series(0, {count} - 1) AS n");
    let users_with_password = format!("generate_series(0, least({count}, {USERS_WITH_PASSWORD}) - 1) AS n");
    // The role `replica` skips the foreign key checks. The references are correct by construction.
    format!(
        "SET session_replication_role = replica;
         INSERT INTO users (id, email, email_key, email_verified, disabled, version, created_at)
            SELECT {user}, {email}, {email}, true, false, 1, '{registered_at}' FROM {all_users};
         INSERT INTO sessions (id, user_id, created_at, expires_at)
            SELECT {session}, {user}, '{registered_at}', '{expires_at}' FROM {all_users};
         INSERT INTO passwords (user_id, hash, changed_at)
            SELECT {user}, '{password_hash}', '{registered_at}' FROM {users_with_password};
         SET session_replication_role = origin"
    )
}
