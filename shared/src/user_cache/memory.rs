use std::time::Duration;

use moka::{
    ops::compute::{CompResult, Op},
    sync::Cache,
};

use super::{CacheUnavailable, Pending, UserCache};
use crate::{id::UserId, user_record::UserState};

/// How much memory the records may take, in bytes.
const CAPACITY_BYTES: u64 = 64 * 1024 * 1024;

/// How long a record is kept without being replaced.
const TIME_TO_LIVE: Duration = Duration::from_hours(1);

/// The cache of a deployment that is one process.
#[derive(Debug)]
pub struct MemoryUserCache(Cache<UserId, UserState>);

impl MemoryUserCache {
    /// An empty cache.
    pub fn new() -> Self {
        let cache = Cache::builder()
            .max_capacity(CAPACITY_BYTES)
            .weigher(|_, state| weight(state))
            .time_to_live(TIME_TO_LIVE)
            .build();
        Self(cache)
    }
}

impl Default for MemoryUserCache {
    fn default() -> Self {
        Self::new()
    }
}

/// Roughly the bytes that an entry takes.
fn weight(state: &UserState) -> u32 {
    let variable = match state {
        UserState::Present(record) => {
            let roles: usize = record.roles.iter().map(|role| role.len() + 24).sum();
            record.email.len() + roles + record.sessions.len() * 48
        }
        UserState::Deleted { .. } => 0,
    };
    u32::try_from(variable + 256).unwrap_or(u32::MAX)
}

impl UserCache for MemoryUserCache {
    fn get(&self, user: UserId) -> Pending<'_, Result<Option<UserState>, CacheUnavailable>> {
        Box::pin(async move { Ok(self.0.get(&user)) })
    }

    fn put_if_newer(&self, user: UserId, state: UserState) -> Pending<'_, Result<bool, CacheUnavailable>> {
        Box::pin(async move {
            let result = self.0.entry(user).and_compute_with(|held| match held {
                Some(held) if held.value().version() >= state.version() => Op::Nop,
                _ => Op::Put(state),
            });
            Ok(matches!(result, CompResult::Inserted(_) | CompResult::ReplacedWith(_)))
        })
    }

    fn is_up(&self) -> Pending<'_, bool> {
        Box::pin(async { true })
    }
}
