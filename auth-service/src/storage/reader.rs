//! The role that verify-service reads with.

use diesel::{RunQueryDsl, sql_query};
use drawbridge_database::{Connection, DatabaseUnavailable};

/// `DATABASE_READER`: a role of PostgreSQL that reads what a verifier needs, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderRole(String);

impl ReaderRole {
    /// Takes a role's name that PostgreSQL takes without quotes.
    ///
    /// # Errors
    /// A sentence that says what a name consists of.
    pub fn parse(name: &str) -> Result<Self, String> {
        let is_plain = name.len() <= 63
            && name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_plain {
            return Err("must be a role's name of a-z, 0-9 and _, such as drawbridge_reader".into());
        }
        Ok(Self(name.to_owned()))
    }
}

/// Lets the role read users, roles, sessions and public keys: no password's hash, no private key.
///
/// # Errors
/// When the role is not there, or the database is out of reach or has no roles.
pub fn grant_reading(connection: &mut Connection, reader: &ReaderRole) -> Result<(), DatabaseUnavailable> {
    let role = &reader.0;
    // One replica at a time: PostgreSQL refuses to change one table's rights twice at once.
    connection.exclusively(|connection| {
        let Connection::Postgres(connection) = connection else {
            return Err(DatabaseUnavailable("DATABASE_READER is for PostgreSQL; SQLite has no roles".into()));
        };
        let grant = format!("GRANT SELECT ON users, user_roles, sessions, signing_keys TO \"{role}\"");
        sql_query(grant).execute(connection).map(drop).map_err(|error| {
            DatabaseUnavailable(format!("DATABASE_READER={role} cannot be let read: {error}"))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_a_plain_name() {
        for good in ["drawbridge_reader", "_r2"] {
            assert!(ReaderRole::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "2r", "Reader", "a b", "a\"; DROP TABLE users; --", &"a".repeat(64)] {
            assert!(ReaderRole::parse(bad).is_err(), "{bad}");
        }
    }
}
