use std::time::{Duration, Instant};

use moka::sync::Cache;

use super::UNKNOWN;
use crate::{id::UserId, user_record::UserState};

/// How many users are remembered.
const CAPACITY: u64 = 100_000;

/// How long it is remembered that there is no such user. An id is never given out twice.
const UNKNOWN_FOR: Duration = Duration::from_secs(30);

/// What the source said last, and when it was asked.
pub(super) struct Recent {
    known: Cache<UserId, (UserState, Instant)>,
    unknown: Cache<UserId, ()>,
}

impl Recent {
    pub(super) fn new() -> Self {
        Self {
            known: Cache::new(CAPACITY),
            unknown: Cache::builder().max_capacity(CAPACITY).time_to_live(UNKNOWN_FOR).build(),
        }
    }

    pub(super) fn get(&self, user: UserId) -> Option<(UserState, Instant)> {
        self.known.get(&user)
    }

    pub(super) fn is_unknown(&self, user: UserId) -> bool {
        self.unknown.contains_key(&user)
    }

    /// Keeps what the source said when it was asked at `asked`, unless it said something newer since.
    pub(super) fn keep(&self, user: UserId, state: UserState, asked: Instant) {
        if state == UNKNOWN {
            self.unknown.insert(user, ());
        }
        self.known.entry(user).and_upsert_with(|held| match held {
            Some(held) if held.value().1 > asked => held.into_value(),
            _ => (state, asked),
        });
    }
}
