use drawbridge_core::id::UserId;
use futures_util::future::BoxFuture;
use jsonwebtoken::jwk::JwkSet;

use crate::user_record::UserRecord;

/// Where a verifier finds out what is true: the database, or verify-service for a verifier without database
/// access.
pub trait Source: Send + Sync {
    /// Loads the user's record; `None` if there is no such user. `token` is a validly signed token of this
    /// user, for a source that requires one.
    fn find_user<'a>(
        &'a self,
        user: UserId,
        token: &'a str,
    ) -> BoxFuture<'a, Result<Option<UserRecord>, SourceUnavailable>>;

    /// Loads the public keys that tokens may be signed with.
    fn find_keys(&self) -> BoxFuture<'_, Result<JwkSet, SourceUnavailable>>;
}

/// The source did not answer; the text is for the log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the source of user records is out of reach: {0}")]
pub struct SourceUnavailable(pub String);
