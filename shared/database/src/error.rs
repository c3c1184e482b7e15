use diesel::result::Error as QueryError;

/// A query failed. The text is for the log.
///
/// Every failure counts as an outage: queries that can fail because of their input report that in their own result
/// types, so what remains is a lost connection, a lock or a full disk.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the database is unreachable: {0}")]
pub struct DatabaseUnavailable(pub String);

impl From<QueryError> for DatabaseUnavailable {
    fn from(error: QueryError) -> Self {
        Self(error.to_string())
    }
}
