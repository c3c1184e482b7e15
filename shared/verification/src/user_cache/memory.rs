use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError, RwLock},
    time::{Duration, Instant},
};

use super::{
    CacheLayer, CacheUnavailable, Delivery, Epoch, Pending, ToldKeys, Trust, UserCache, WATERMARK_MAX_AGE,
};
use crate::{token::KeysDigest, user_record::UserState};
use drawbridge_core::{bounded_cache::BoundedCache, id::UserId, metrics::Metrics};

/// How long it is remembered which version of a user was told: longer than any reader of the source is
/// under way, so that what it read before the change is not kept, even if the change itself had to
/// make room meanwhile.
const TOLD_FOR: Duration = Duration::from_mins(1);

/// The cache of a deployment that is one process.
pub struct MemoryUserCache {
    records: BoundedCache<UserId, UserState>,
    /// The versions told of late. Held while a record is replaced, too: one writer at a time.
    told: Mutex<HashMap<UserId, (i64, Instant)>>,
    watermark: RwLock<Option<Watermark>>,
}

#[derive(Debug, Clone)]
struct Watermark {
    delivered: Instant,
    keys: ToldKeys,
}

impl MemoryUserCache {
    /// An empty cache of at most so many bytes.
    pub fn new(bytes: u64) -> Self {
        let records =
            BoundedCache::new("records", bytes, |_, state: &UserState| state.weight(), &Metrics::new());
        Self { records, told: Mutex::default(), watermark: RwLock::new(None) }
    }

    /// Keeps `state` unless something as new is known. Tells whether it was kept.
    fn put_if_newer(&self, user: UserId, state: UserState, is_told: bool) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let held = self.records.get(&user).map(|held| held.version());
        let known = held.max(told.get(&user).map(|(version, _)| *version));
        if known >= Some(state.version()) {
            return false;
        }
        if is_told {
            // Looked through now and then, so that it stays as small as what was told in a minute.
            if told.len().is_power_of_two() {
                told.retain(|_, (_, at)| at.elapsed() < TOLD_FOR);
            }
            told.insert(user, (state.version(), Instant::now()));
        }
        self.records.insert(user, state);
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

/// A process that ends takes the cache along, so there is one epoch alone.
const EPOCH: Epoch = Epoch(0);

impl UserCache for MemoryUserCache {
    fn trust(&self) -> Option<Trust> {
        let watermark = self.watermark()?;
        let young = watermark.delivered.elapsed() < WATERMARK_MAX_AGE;
        young.then_some(Trust { epoch: EPOCH, keys: watermark.keys })
    }

    fn told_keys(&self) -> Option<ToldKeys> {
        Some(self.watermark()?.keys)
    }

    fn last_trusted(&self) -> Option<Instant> {
        self.watermark().map(|watermark| (watermark.delivered + WATERMARK_MAX_AGE).min(Instant::now()))
    }

    fn near(&self, user: UserId) -> Option<UserState> {
        self.records.get(&user)
    }

    fn get(
        &self,
        _: Epoch,
        user: UserId,
    ) -> Pending<'_, Result<Option<(UserState, CacheLayer)>, CacheUnavailable>> {
        Box::pin(async move { Ok(self.near(user).map(|state| (state, CacheLayer::Near))) })
    }

    fn last_known(&self, user: UserId) -> Pending<'_, Option<UserState>> {
        Box::pin(async move { self.near(user) })
    }

    fn fill(&self, _: Epoch, user: UserId, state: UserState) -> Pending<'_, Result<bool, CacheUnavailable>> {
        Box::pin(async move { Ok(self.put_if_newer(user, state, false)) })
    }

    fn learn(&self, user: UserId, state: &UserState) {
        self.put_if_newer(user, state.clone(), false);
    }

    fn is_up(&self) -> Pending<'_, bool> {
        Box::pin(async { true })
    }
}

impl Delivery for MemoryUserCache {
    fn epoch(&self) -> Option<Epoch> {
        Some(EPOCH)
    }

    fn deliver(
        &self,
        _: Epoch,
        user: UserId,
        state: UserState,
    ) -> Pending<'_, Result<bool, CacheUnavailable>> {
        Box::pin(async move {
            self.put_if_newer(user, state, true);
            Ok(true)
        })
    }

    fn raise_watermark(&self, ago: Duration, keys: KeysDigest) -> Pending<'_, Result<(), CacheUnavailable>> {
        Box::pin(async move {
            let Some(delivered) = Instant::now().checked_sub(ago) else { return Ok(()) };
            let mut watermark = self.watermark.write().unwrap_or_else(PoisonError::into_inner);
            if watermark.as_ref().is_none_or(|watermark| watermark.delivered < delivered) {
                let keys = ToldKeys::after(watermark.as_ref().map(|before| &before.keys), keys);
                *watermark = Some(Watermark { delivered, keys });
            }
            Ok(())
        })
    }

    fn is_up(&self) -> Pending<'_, bool> {
        Box::pin(async { true })
    }
}
