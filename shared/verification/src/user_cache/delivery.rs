use std::time::Duration;

use drawbridge_core::id::UserId;
use futures_util::future::BoxFuture;

use super::{cache::CacheUnavailable, trust::Epoch};
use crate::{token::KeysDigest, user_record::UserState};

/// auth-service's side of the cache.
pub trait Delivery: Send + Sync {
    /// The current epoch, as far as this process knows. Read it before you read a state to deliver: a state
    /// that was read before an epoch started must not be delivered to it.
    fn epoch(&self) -> Option<Epoch>;

    /// Delivers a committed change. Returns true if every verifier is sure to see it, and false if another
    /// epoch has started in the meantime and the change must be delivered again.
    fn deliver(
        &self,
        epoch: Epoch,
        user: UserId,
        state: UserState,
    ) -> BoxFuture<'_, Result<bool, CacheUnavailable>>;

    /// Announces that everything committed before the time `age` ago has been delivered, and which keys were
    /// published then. Starts an epoch if there is none or the cache may have lost data.
    fn raise_watermark(&self, age: Duration, keys: KeysDigest)
    -> BoxFuture<'_, Result<(), CacheUnavailable>>;

    /// Returns true if the cache answers.
    fn is_up(&self) -> BoxFuture<'_, bool>;
}
