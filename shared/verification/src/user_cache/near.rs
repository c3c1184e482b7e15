use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering::SeqCst},
};

use drawbridge_core::{bounded_cache::BoundedCache, id::UserId, metrics::Metrics};

use super::announcements::{Announcement, Announcements, Announcer};
use crate::user_record::UserState;

/// How many groups the users are divided into. Each group has a change counter. A change of one user also
/// discards records of the same group that are being fetched at that moment, which only costs another fetch.
const CHANGE_COUNTERS: usize = 1024;

/// The near cache: the records in the memory of this process, and the changes that arrive while records are
/// being fetched.
///
/// A record fetched while its user's change arrives must not be kept: the change was announced before the
/// record was here, and is not announced again. A reader therefore takes a [`Ticket`] before it fetches, and
/// the record is kept only if the ticket is still valid.
pub(super) struct NearCache {
    records: BoundedCache<UserId, UserState>,
    changes: Box<[AtomicU64]>,
    hasher: RandomState,
    announcer: Announcer,
}

/// The number of changes seen before a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

impl NearCache {
    pub(super) fn new(bytes: u64, metrics: &Metrics) -> Self {
        Self {
            records: BoundedCache::new("records", bytes, |_, state| state.weight(), metrics),
            changes: (0..CHANGE_COUNTERS).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
            announcer: Announcer::new(),
        }
    }

    pub(super) fn get(&self, user: UserId) -> Option<UserState> {
        self.records.get(&user)
    }

    pub(super) fn ticket(&self, user: UserId) -> Ticket {
        Ticket(self.change_counter(user).map_or(0, |changes| changes.load(SeqCst)))
    }

    /// Keeps a record fetched after `ticket` was taken, unless a change has arrived meanwhile.
    pub(super) fn insert(&self, ticket: Ticket, user: UserId, state: UserState) {
        if self.ticket(user) != ticket {
            return;
        }
        self.records.insert(user, state);
        // The change may have arrived between the check and the insertion.
        if self.ticket(user) != ticket {
            self.records.remove(&user);
        }
    }

    /// Replaces an older record of the user with a state from the source. Does not add a record.
    pub(super) fn update(&self, user: UserId, state: &UserState) {
        let ticket = self.ticket(user);
        if self.records.get(&user).is_some_and(|cached| cached.version() < state.version()) {
            self.insert(ticket, user, state.clone());
        }
    }

    /// Drops the user's record after a change. A record that is being fetched will not be kept.
    pub(super) fn invalidate(&self, user: UserId) {
        if let Some(changes) = self.change_counter(user) {
            changes.fetch_add(1, SeqCst);
        }
        self.records.remove(&user);
        self.announcer.announce(Announcement::User { id: user, version: None });
    }

    /// Drops every record, because any user may have changed.
    pub(super) fn clear(&self) {
        for changes in &self.changes {
            changes.fetch_add(1, SeqCst);
        }
        self.records.clear();
        self.announcer.announce(Announcement::AnyUser);
    }

    /// Announces a watermark. Every change that it covers must have been applied.
    pub(super) fn announce_watermark(&self, watermark: Announcement) {
        self.announcer.announce(watermark);
    }

    pub(super) fn follow(&self) -> Announcements {
        self.announcer.follow()
    }

    fn change_counter(&self, user: UserId) -> Option<&AtomicU64> {
        let index = usize::try_from(self.hasher.hash_one(user) % CHANGE_COUNTERS as u64).unwrap_or(0);
        self.changes.get(index)
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_core::{
        clock::{Clock, SystemClock},
        random::Random,
    };

    use super::*;

    fn near_cache() -> NearCache {
        NearCache::new(1 << 20, &Metrics::new())
    }

    fn user() -> UserId {
        UserId::generate(Random, SystemClock.now())
    }

    fn state(version: i64) -> UserState {
        UserState::Deleted { version }
    }

    #[test]
    fn a_record_is_kept_until_its_user_changes() {
        let (near, user) = (near_cache(), user());
        near.insert(near.ticket(user), user, state(1));
        assert_eq!(near.get(user), Some(state(1)));

        near.invalidate(user);

        assert_eq!(near.get(user), None);
    }

    #[test]
    fn a_record_fetched_during_a_change_is_not_kept() {
        let (near, user) = (near_cache(), user());
        let ticket = near.ticket(user);

        near.invalidate(user);
        near.insert(ticket, user, state(1));

        assert_eq!(near.get(user), None);
    }

    #[test]
    fn a_record_fetched_during_a_clear_is_not_kept() {
        let (near, user) = (near_cache(), user());
        let ticket = near.ticket(user);

        near.clear();
        near.insert(ticket, user, state(1));

        assert_eq!(near.get(user), None);
    }

    #[test]
    fn an_update_replaces_only_an_older_record() {
        let (near, user) = (near_cache(), user());

        near.update(user, &state(2));
        assert_eq!(near.get(user), None, "nothing to replace");

        near.insert(near.ticket(user), user, state(2));
        near.update(user, &state(1));
        assert_eq!(near.get(user), Some(state(2)), "an older state");

        near.update(user, &state(3));
        assert_eq!(near.get(user), Some(state(3)), "a newer state");
    }
}
