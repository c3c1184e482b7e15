use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use moka::sync::Cache;

use crate::token::{KeySet, Signed};

/// How much memory the tokens may take, in bytes.
const CAPACITY_BYTES: u64 = 32 * 1024 * 1024;

/// How long a token is kept that nobody brings any more.
const IDLE: Duration = Duration::from_hours(1);

/// The tokens whose signature this process has checked already. They are told apart by their whole
/// text, so that no two can be taken for one another.
pub(super) struct CheckedTokens(Cache<TokenText, Arc<Signed>>);

type TokenText = Box<str>;

impl CheckedTokens {
    pub(super) fn new() -> Self {
        let cache = Cache::builder()
            .max_capacity(CAPACITY_BYTES)
            .weigher(|token: &TokenText, _| u32::try_from(token.len() + 512).unwrap_or(u32::MAX))
            .time_to_idle(IDLE)
            .build();
        Self(cache)
    }

    /// What a token says that was checked before, while its key is still in the set.
    pub(super) fn get(&self, token: &str, keys: &KeySet, now: DateTime<Utc>) -> Option<Signed> {
        let signed = self.0.get(token)?;
        let alive = keys.has(&signed.kid) && now < signed.claims.expires_at();
        if !alive {
            self.0.invalidate(token);
            return None;
        }
        Some((*signed).clone())
    }

    /// Remembers a token that has not expired.
    pub(super) fn keep(&self, token: &str, signed: &Signed) {
        if !signed.expired {
            self.0.insert(token.into(), Arc::new(signed.clone()));
        }
    }
}
