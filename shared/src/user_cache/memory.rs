use std::{
    sync::{PoisonError, RwLock},
    time::{Duration, Instant},
};

use moka::{
    ops::compute::{CompResult, Op},
    sync::Cache,
};

use super::{CacheUnavailable, Delivery, Epoch, Layer, Pending, UserCache, WATERMARK_MAX_AGE};
use crate::{id::UserId, token::KeysDigest, user_record::UserState};

/// How much memory the records may take, in bytes.
const CAPACITY_BYTES: u64 = 64 * 1024 * 1024;

/// How long a record is kept without being replaced.
const TIME_TO_LIVE: Duration = Duration::from_hours(1);

/// The cache of a deployment that is one process.
#[derive(Debug)]
pub struct MemoryUserCache {
    records: Cache<UserId, UserState>,
    watermark: RwLock<Option<Watermark>>,
}

#[derive(Debug, Clone)]
struct Watermark {
    delivered: Instant,
    keys: KeysDigest,
}

impl MemoryUserCache {
    /// An empty cache.
    pub fn new() -> Self {
        let records = Cache::builder()
            .max_capacity(CAPACITY_BYTES)
            .weigher(|_, state| weight(state))
            .time_to_live(TIME_TO_LIVE)
            .build();
        Self { records, watermark: RwLock::new(None) }
    }
}

impl Default for MemoryUserCache {
    fn default() -> Self {
        Self::new()
    }
}

/// Roughly the bytes that an entry takes.
pub(super) fn weight(state: &UserState) -> u32 {
    let variable = match state {
        UserState::Present(record) => {
            let roles: usize = record.roles.iter().map(|role| role.len() + 24).sum();
            record.email.len() + roles + record.sessions.len() * 48
        }
        UserState::Deleted { .. } => 0,
    };
    u32::try_from(variable + 256).unwrap_or(u32::MAX)
}

impl MemoryUserCache {
    fn put_if_newer(&self, user: UserId, state: UserState) -> bool {
        let result = self.records.entry(user).and_compute_with(|held| match held {
            Some(held) if held.value().version() >= state.version() => Op::Nop,
            _ => Op::Put(state),
        });
        matches!(result, CompResult::Inserted(_) | CompResult::ReplacedWith(_))
    }

    fn watermark(&self) -> Option<Watermark> {
        self.watermark.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn young_watermark(&self) -> Option<Watermark> {
        self.watermark().filter(|watermark| watermark.delivered.elapsed() < WATERMARK_MAX_AGE)
    }
}

/// A process that ends takes the cache along, so there is one epoch alone.
const EPOCH: Epoch = Epoch(0);

impl UserCache for MemoryUserCache {
    fn trusted_epoch(&self) -> Option<Epoch> {
        self.young_watermark().map(|_| EPOCH)
    }

    fn published_keys(&self) -> Option<KeysDigest> {
        self.young_watermark().map(|watermark| watermark.keys)
    }

    fn last_trusted(&self) -> Option<Instant> {
        self.watermark().map(|watermark| (watermark.delivered + WATERMARK_MAX_AGE).min(Instant::now()))
    }

    fn get(
        &self,
        _: Epoch,
        user: UserId,
    ) -> Pending<'_, Result<Option<(UserState, Layer)>, CacheUnavailable>> {
        Box::pin(async move { Ok(self.records.get(&user).map(|state| (state, Layer::Near))) })
    }

    fn last_known(&self, user: UserId) -> Pending<'_, Option<UserState>> {
        Box::pin(async move { self.records.get(&user) })
    }

    fn fill(&self, _: Epoch, user: UserId, state: UserState) -> Pending<'_, Result<bool, CacheUnavailable>> {
        Box::pin(async move { Ok(self.put_if_newer(user, state)) })
    }

    fn is_up(&self) -> Pending<'_, bool> {
        Box::pin(async { true })
    }
}

impl Delivery for MemoryUserCache {
    fn deliver(&self, user: UserId, state: UserState) -> Pending<'_, Result<bool, CacheUnavailable>> {
        Box::pin(async move {
            self.put_if_newer(user, state);
            Ok(true)
        })
    }

    fn raise_watermark(&self, ago: Duration, keys: KeysDigest) -> Pending<'_, Result<(), CacheUnavailable>> {
        Box::pin(async move {
            let Some(delivered) = Instant::now().checked_sub(ago) else { return Ok(()) };
            let mut watermark = self.watermark.write().unwrap_or_else(PoisonError::into_inner);
            if watermark.as_ref().is_none_or(|watermark| watermark.delivered < delivered) {
                *watermark = Some(Watermark { delivered, keys });
            }
            Ok(())
        })
    }

    fn is_up(&self) -> Pending<'_, bool> {
        Box::pin(async { true })
    }
}
