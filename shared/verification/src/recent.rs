use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::user_record::UserState;
use drawbridge_core::{bounded_cache::BoundedCache, id::UserId, metrics::Metrics};

/// How much memory the last answers of the source may take. The records themselves are shared with
/// the hot ones as far as those came from here.
const KNOWN_BYTES: u64 = 8 * 1024 * 1024;

/// How much memory the users may take that do not exist.
const UNKNOWN_BYTES: u64 = 2 * 1024 * 1024;

/// How long it is remembered that there is no such user. An id is never given out twice.
const UNKNOWN_FOR: Duration = Duration::from_secs(30);

/// What the source said last, and when it was asked.
pub(super) struct Recent {
    known: BoundedCache<UserId, (UserState, Instant)>,
    unknown: BoundedCache<UserId, Instant>,
    /// One writer at a time: what is newer stays.
    writing: Mutex<()>,
}

impl Recent {
    pub(super) fn new(metrics: &Metrics) -> Self {
        Self {
            known: BoundedCache::new("recent", KNOWN_BYTES, |_, (state, _)| state.weight(), metrics),
            unknown: BoundedCache::new("unknown", UNKNOWN_BYTES, |_, _| 96, metrics),
            writing: Mutex::new(()),
        }
    }

    pub(super) fn get(&self, user: UserId) -> Option<(UserState, Instant)> {
        self.known.get(&user)
    }

    pub(super) fn is_unknown(&self, user: UserId) -> bool {
        self.unknown.get(&user).is_some_and(|since| since.elapsed() < UNKNOWN_FOR)
    }

    /// Keeps what the source said when it was asked at `asked`, unless it said something newer since.
    pub(super) fn keep(&self, user: UserId, state: UserState, asked: Instant) {
        if state == UserState::UNKNOWN {
            self.unknown.insert(user, Instant::now());
        } else {
            self.unknown.remove(&user);
        }
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.known.get(&user).is_none_or(|(_, held)| held <= asked) {
            self.known.insert(user, (state, asked));
        }
    }
}
