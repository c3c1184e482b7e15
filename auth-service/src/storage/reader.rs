//! The database role of verify-service.

use diesel::{RunQueryDsl, sql_query};
use drawbridge_core::settings::{Reader, Setting};
use drawbridge_database::{Connection, DatabaseUnavailable};

const DATABASE_READER: Setting = Setting::new(
    "DATABASE_READER",
    "The PostgreSQL role of verify-service. At start-up, auth-service grants this role the right to read what \
     verification needs.",
)
.values("role name")
.default("none");

/// `DATABASE_READER`: a PostgreSQL role that can read what verification needs, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderRole(String);

impl ReaderRole {
    /// Reads `DATABASE_READER`.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        reader.optional(DATABASE_READER, Self::parse)
    }

    /// Parses the name of a role that needs no quotes in SQL.
    ///
    /// # Errors
    /// The name is not allowed. The message says which names are.
    pub fn parse(name: &str) -> Result<Self, String> {
        let is_plain = name.len() <= 63
            && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_plain {
            return Err("must be a role name of a-z, 0-9 and _, such as drawbridge_reader".into());
        }
        Ok(Self(name.to_owned()))
    }
}

/// What the role may read: no password hashes, private keys or keys of frontends.
const READABLE: &str = "SELECT ON users, user_roles, sessions, signing_keys";

/// What the role may read of the keys of frontends: enough to check one that it receives.
const READABLE_OF_FRONTEND_KEYS: &str = "SELECT (id, hash, expires_at) ON frontend_keys";

/// Grants the role the right to read users, roles, sessions, public keys, and the hashes of the keys of frontends.
///
/// # Errors
/// The role does not exist, or the database is unreachable or does not support roles.
pub fn grant_reading(connection: &mut Connection, reader: &ReaderRole) -> Result<(), DatabaseUnavailable> {
    let role = &reader.0;
    // PostgreSQL rejects concurrent changes to a table's privileges, so replicas take turns.
    connection.exclusively(|connection| {
        let Connection::Postgres(connection) = connection else {
            return Err(DatabaseUnavailable(
                "DATABASE_READER requires PostgreSQL; SQLite has no roles".into(),
            ));
        };
        [READABLE, READABLE_OF_FRONTEND_KEYS].into_iter().try_for_each(|readable| {
            let grant = format!("GRANT {readable} TO \"{role}\"");
            sql_query(grant).execute(connection).map(drop).map_err(|error| {
                DatabaseUnavailable(format!("cannot grant DATABASE_READER={role} the right to read: {error}"))
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_names_need_no_quotes() {
        for good in ["drawbridge_reader", "_r2"] {
            assert!(ReaderRole::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "2r", "Reader", "a b", "a\"; DROP TABLE users; --", &"a".repeat(64)] {
            assert!(ReaderRole::parse(bad).is_err(), "{bad}");
        }
    }
}
