use drawbridge_core::id::UserId;
use jsonwebtoken::jwk::JwkSet;

use crate::{user_cache::Pending, user_record::UserRecord};

/// Where the truth is: the database for a verifier that may read it, a verify-service for one that
/// may not.
pub trait Source: Send + Sync {
    /// The user's record, or `None` if there is no such user. `token` is one of theirs with a good
    /// signature, for a source that wants to see one.
    fn find_user<'a>(
        &'a self,
        user: UserId,
        token: &'a str,
    ) -> Pending<'a, Result<Option<UserRecord>, SourceUnavailable>>;

    /// The public keys that tokens may be signed with.
    fn find_keys(&self) -> Pending<'_, Result<JwkSet, SourceUnavailable>>;
}

/// The source did not answer; the text is for the log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the source of users is out of reach: {0}")]
pub struct SourceUnavailable(pub String);
