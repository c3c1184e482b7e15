use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use drawbridge_core::{bounded_cache::BoundedCache, id::UserId, metrics::Metrics};
use futures_util::future::BoxFuture;

use super::{
    announcements::{Announcement, Announcements, Announcer},
    cache::{CacheLayer, CacheUnavailable, CachedState, UserCache},
    delivery::Delivery,
    trust::{AnnouncedKeys, Epoch, Trust, WATERMARK_MAX_AGE},
};
use crate::{token::KeysDigest, user_record::UserState};

/// How long the version of a delivered change is remembered. A read from the source takes less time, so a
/// record that was read before the change is rejected even if the change itself has been evicted.
const DELIVERED_VERSION_TTL: Duration = Duration::from_mins(1);

/// The data ends with the process, so there is a single epoch.
const ONLY_EPOCH: Epoch = Epoch(0);

/// The cache of a deployment that is a single process.
pub struct MemoryUserCache {
    records: BoundedCache<UserId, UserState>,
    /// Recently delivered versions. Also locked while a record is replaced, so that there is one writer at a
    /// time.
    delivered: Mutex<HashMap<UserId, DeliveredVersion>>,
    watermark: RwLock<Option<Watermark>>,
    announcer: Announcer,
}

#[derive(Clone, Copy)]
struct DeliveredVersion {
    version: i64,
    at: Instant,
}

/// Who stores a record.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// auth-service, which delivers a change.
    Delivery,
    /// A verifier, which has read the record from the source.
    Verifier,
}

#[derive(Debug, Clone)]
struct Watermark {
    delivered_until: Instant,
    keys: AnnouncedKeys,
}

impl MemoryUserCache {
    /// An empty cache of at most `bytes`.
    pub fn new(bytes: u64) -> Self {
        let records =
            BoundedCache::new("records", bytes, |_, state: &UserState| state.weight(), &Metrics::new());
        Self {
            records,
            delivered: Mutex::default(),
            watermark: RwLock::new(None),
            announcer: Announcer::new(),
        }
    }

    /// Stores `state`, unless the same or a newer version is known. Returns true if it was stored.
    fn put_if_newer(&self, user: UserId, state: UserState, writer: Writer) -> bool {
        let mut delivered = self.delivered.lock().unwrap_or_else(PoisonError::into_inner);
        let cached_version = self.records.get(&user).map(|cached| cached.version());
        let known_version = cached_version.max(delivered.get(&user).map(|delivered| delivered.version));
        if known_version >= Some(state.version()) {
            return false;
        }
        if writer == Writer::Delivery {
            // Cleaned up now and then, so that the map holds about one minute of deliveries.
            if delivered.len().is_power_of_two() {
                delivered.retain(|_, delivered| delivered.at.elapsed() < DELIVERED_VERSION_TTL);
            }
            delivered.insert(user, DeliveredVersion { version: state.version(), at: Instant::now() });
        }
        let version = Some(state.version());
        self.records.insert(user, state);
        self.announcer.announce(Announcement::User { id: user, version });
        true
    }

    fn watermark(&self) -> Option<Watermark> {
        self.watermark.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for MemoryUserCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryUserCache(..)")
    }
}

impl UserCache for MemoryUserCache {
    fn trust(&self) -> Option<Trust> {
        let watermark = self.watermark()?;
        let is_current = watermark.delivered_until.elapsed() < WATERMARK_MAX_AGE;
        is_current.then_some(Trust { epoch: ONLY_EPOCH, keys: watermark.keys })
    }

    fn last_trusted(&self) -> Option<Instant> {
        self.watermark().map(|watermark| (watermark.delivered_until + WATERMARK_MAX_AGE).min(Instant::now()))
    }

    fn announced_keys(&self) -> Option<AnnouncedKeys> {
        Some(self.watermark()?.keys)
    }

    fn near(&self, user: UserId) -> Option<UserState> {
        self.records.get(&user)
    }

    fn get(&self, _: Epoch, user: UserId) -> BoxFuture<'_, Result<Option<CachedState>, CacheUnavailable>> {
        Box::pin(
            async move { Ok(self.near(user).map(|state| CachedState { state, layer: CacheLayer::Near })) },
        )
    }

    fn last_known(&self, user: UserId) -> BoxFuture<'_, Option<UserState>> {
        Box::pin(async move { self.near(user) })
    }

    fn fill(
        &self,
        _: Epoch,
        user: UserId,
        state: UserState,
    ) -> BoxFuture<'_, Result<bool, CacheUnavailable>> {
        Box::pin(async move { Ok(self.put_if_newer(user, state, Writer::Verifier)) })
    }

    fn update_near(&self, user: UserId, state: &UserState) {
        self.put_if_newer(user, state.clone(), Writer::Verifier);
    }

    fn follow(&self) -> Announcements {
        self.announcer.follow()
    }

    fn is_up(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { true })
    }
}

impl Delivery for MemoryUserCache {
    fn epoch(&self) -> Option<Epoch> {
        Some(ONLY_EPOCH)
    }

    fn deliver(
        &self,
        _: Epoch,
        user: UserId,
        state: UserState,
    ) -> BoxFuture<'_, Result<bool, CacheUnavailable>> {
        Box::pin(async move {
            self.put_if_newer(user, state, Writer::Delivery);
            Ok(true)
        })
    }

    fn raise_watermark(
        &self,
        age: Duration,
        keys: KeysDigest,
    ) -> BoxFuture<'_, Result<(), CacheUnavailable>> {
        Box::pin(async move {
            let Some(delivered_until) = Instant::now().checked_sub(age) else { return Ok(()) };
            let mut watermark = self.watermark.write().unwrap_or_else(PoisonError::into_inner);
            if watermark.as_ref().is_none_or(|previous| previous.delivered_until < delivered_until) {
                let previous = watermark.as_ref().map(|previous| &previous.keys);
                let announcement =
                    Announcement::Watermark { epoch: ONLY_EPOCH, delivered_until, keys: keys.clone() };
                let keys = AnnouncedKeys::succeed(previous, keys);
                *watermark = Some(Watermark { delivered_until, keys });
                self.announcer.announce(announcement);
            }
            Ok(())
        })
    }

    fn is_up(&self) -> BoxFuture<'_, bool> {
        Box::pin(async { true })
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
