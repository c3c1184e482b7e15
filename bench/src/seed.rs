//! Fills a database with people, in the server itself: a million take seconds.

use auth_service::{config::TokenConfig, signing_keys::KeyVault, storage};
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use drawbridge_database::{Connection, on_backend};

use crate::{failure::Result, population::Population};

/// The password of those who have one.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// How many have a password: they all have the same hash.
pub(crate) const WITH_PASSWORD: u32 = 1000;

/// The cost of the hash: the lowest that is in use, so that a round holds many logins.
pub(crate) const BCRYPT_COST: u32 = 10;

/// Makes the schema, the first signing key and the people.
pub(crate) fn fill(
    connection: &mut Connection,
    people: &Population,
    (vault, tokens, now): (&KeyVault, &TokenConfig, DateTime<Utc>),
) -> Result<()> {
    storage::migrate(connection)?;
    vault.ensure_key(connection, now, tokens)?;
    on_backend!(connection, |c| c.batch_execute(&statements(people, &bcrypt::hash(PASSWORD, BCRYPT_COST)?)))?;
    // Not in one batch with others, which would be a transaction.
    on_backend!(connection, |c| c.batch_execute("VACUUM ANALYZE"))?;
    Ok(())
}

fn statements(people: &Population, hash: &str) -> String {
    let Population { born, count } = people;
    let (users, sessions) = (people.user_prefix(), people.session_prefix());
    let (born, ends) = (born.naive_utc(), people.sessions_end().naive_utc());
    let digits = "lpad(to_hex(n), 8, '0')";
    let id = |prefix: &str| format!("decode('{prefix}' || {digits}, 'hex')");
    let (user, session) = (id(&users), id(&sessions));
    let email = format!("'user-' || {digits} || '@bench.example'");
    let everybody = format!("generate_series(0, {count} - 1) AS n");
    let with_password = format!("generate_series(0, least({count}, {WITH_PASSWORD}) - 1) AS n");
    // What refers to what is right by construction.
    format!(
        "SET session_replication_role = replica;
         INSERT INTO users (id, email, email_key, email_verified, disabled, version, created_at)
            SELECT {user}, {email}, {email}, true, false, 1, '{born}' FROM {everybody};
         INSERT INTO sessions (id, user_id, created_at, expires_at)
            SELECT {session}, {user}, '{born}', '{ends}' FROM {everybody};
         INSERT INTO passwords (user_id, hash, changed_at)
            SELECT {user}, '{hash}', '{born}' FROM {with_password};
         SET session_replication_role = origin"
    )
}
