use std::time::Instant;

use drawbridge_core::{breaker::BreakerOpen, id::UserId};
use futures_util::future::BoxFuture;

use super::{
    announcements::Announcements,
    trust::{AnnouncedKeys, Epoch, Trust},
};
use crate::{layer::Layer, user_record::UserState};

/// The cache did not answer; the text is for the log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the cache is out of reach: {0}")]
pub struct CacheUnavailable(pub String);

impl From<BreakerOpen> for CacheUnavailable {
    fn from(open: BreakerOpen) -> Self {
        Self(open.to_string())
    }
}

/// The part of the cache that had a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheLayer {
    /// The near cache, in the memory of this process.
    Near,
    /// The shared cache.
    Shared,
}

impl From<CacheLayer> for Layer {
    fn from(layer: CacheLayer) -> Self {
        match layer {
            CacheLayer::Near => Self::Near,
            CacheLayer::Shared => Self::Shared,
        }
    }
}

/// A cached user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedState {
    /// The user.
    pub state: UserState,
    /// The part of the cache that had it.
    pub layer: CacheLayer,
}

/// The verifiers' side of the cache.
pub trait UserCache: Send + Sync {
    /// What the watermark says, while it is current and the cache may be trusted.
    fn trust(&self) -> Option<Trust>;

    /// When the cache was last trusted.
    fn last_trusted(&self) -> Option<Instant>;

    /// The published keys that the last watermark names, trusted or not.
    fn announced_keys(&self) -> Option<AnnouncedKeys>;

    /// The user in the near cache. Call [`UserCache::trust`] first.
    fn near(&self, user: UserId) -> Option<UserState>;

    /// The cached user. Call [`UserCache::trust`] first. On a miss, ask the source.
    fn get(&self, epoch: Epoch, user: UserId)
    -> BoxFuture<'_, Result<Option<CachedState>, CacheUnavailable>>;

    /// The user as last known while the cache was trusted.
    fn last_known(&self, user: UserId) -> BoxFuture<'_, Option<UserState>>;

    /// Stores `state`, unless the cache has the same or a newer version. Returns true if it was stored.
    ///
    /// `epoch` must have been read before the source was asked for `state`.
    fn fill(
        &self,
        epoch: Epoch,
        user: UserId,
        state: UserState,
    ) -> BoxFuture<'_, Result<bool, CacheUnavailable>>;

    /// Replaces an older record in the near cache with `state`, which the source returned while the cache was
    /// not trusted. Otherwise the older record could become the last known one if the source went away, too.
    fn update_near(&self, user: UserId, state: &UserState);

    /// Follows what the cache announces from now on.
    fn follow(&self) -> Announcements;

    /// Returns true if the cache answers.
    fn is_up(&self) -> BoxFuture<'_, bool>;
}
