use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use drawbridge_core::{bounded_cache::BoundedCache, id::UserId, metrics::Metrics};

use crate::user_record::UserState;

/// Memory for recent answers. Their records are shared with the near cache if they were loaded by this
/// process.
const RECENT_ANSWERS_BYTES: u64 = 8 * 1024 * 1024;

/// Memory for the IDs of users that do not exist.
const UNKNOWN_USERS_BYTES: u64 = 2 * 1024 * 1024;

/// How long a user counts as unknown without asking again. IDs are never reused.
const UNKNOWN_USER_TTL: Duration = Duration::from_secs(30);

/// The last answer of the source about each user.
pub(crate) struct RecentAnswers {
    answers: BoundedCache<UserId, RecentAnswer>,
    unknown: BoundedCache<UserId, Instant>,
    /// Held by a writer, so that an older answer never replaces a newer one.
    write_lock: Mutex<()>,
}

/// One answer of the source.
#[derive(Clone)]
pub(crate) struct RecentAnswer {
    pub(crate) state: UserState,
    pub(crate) asked_at: Instant,
}

impl RecentAnswers {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let weigh_answer = |_: &UserId, answer: &RecentAnswer| answer.state.weight();
        Self {
            answers: BoundedCache::new("recent", RECENT_ANSWERS_BYTES, weigh_answer, metrics),
            unknown: BoundedCache::new("unknown", UNKNOWN_USERS_BYTES, |_, _| 96, metrics),
            write_lock: Mutex::new(()),
        }
    }

    pub(crate) fn get(&self, user: UserId) -> Option<RecentAnswer> {
        self.answers.get(&user)
    }

    /// Returns true if the source has recently answered that there is no such user.
    pub(crate) fn is_unknown(&self, user: UserId) -> bool {
        self.unknown.get(&user).is_some_and(|since| since.elapsed() < UNKNOWN_USER_TTL)
    }

    /// Stores an answer, unless the answer to a later question is already stored.
    pub(crate) fn insert(&self, user: UserId, answer: RecentAnswer) {
        if answer.state == UserState::UNKNOWN {
            self.unknown.insert(user, Instant::now());
        } else {
            self.unknown.remove(&user);
        }
        let _guard = self.write_lock.lock().unwrap_or_else(PoisonError::into_inner);
        if self.answers.get(&user).is_none_or(|stored| stored.asked_at <= answer.asked_at) {
            self.answers.insert(user, answer);
        }
    }
}
