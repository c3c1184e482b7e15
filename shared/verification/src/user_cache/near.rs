use std::{
    hash::{BuildHasher, RandomState},
    sync::atomic::{AtomicU64, Ordering::SeqCst},
};

use crate::user_record::UserState;
use drawbridge_core::{bounded_cache::BoundedCache, id::UserId, metrics::Metrics};

/// Changes are counted in this many groups of users; a change of one user in a group keeps what is
/// fetched of the others at that moment out of the cache, which costs a fetch and nothing else.
const GROUPS: usize = 1024;

/// The records that this process keeps, and the changes that reach it while it fetches others.
///
/// A record that is fetched while its user's change arrives must not be kept: the change was told
/// before the record was there, and is not told again. So whoever fetches takes a [`Ticket`] first,
/// and the record is kept only if the ticket still holds.
pub(super) struct Near {
    records: BoundedCache<UserId, UserState>,
    changes: Box<[AtomicU64]>,
    hasher: RandomState,
}

/// What was known of changes before a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

impl Near {
    pub(super) fn new(bytes: u64, metrics: &Metrics) -> Self {
        Self {
            records: BoundedCache::new("records", bytes, |_, state| state.weight(), metrics),
            changes: (0..GROUPS).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }

    pub(super) fn get(&self, user: UserId) -> Option<UserState> {
        self.records.get(&user)
    }

    pub(super) fn ticket(&self, user: UserId) -> Ticket {
        Ticket(self.group(user).map_or(0, |changes| changes.load(SeqCst)))
    }

    /// Keeps what was fetched after `ticket` was taken, unless a change has come meanwhile.
    pub(super) fn keep(&self, ticket: Ticket, user: UserId, state: UserState) {
        if self.ticket(user) != ticket {
            return;
        }
        self.records.insert(user, state);
        // The change may have come between the check and the insertion.
        if self.ticket(user) != ticket {
            self.records.remove(&user);
        }
    }

    /// Replaces what is kept of a user by what the source says, if that is newer.
    pub(super) fn learn(&self, user: UserId, state: &UserState) {
        let ticket = self.ticket(user);
        if self.records.get(&user).is_some_and(|held| held.version() < state.version()) {
            self.keep(ticket, user, state.clone());
        }
    }

    /// The user has changed: what is kept is dropped, and what is being fetched will not be kept.
    pub(super) fn changed(&self, user: UserId) {
        if let Some(changes) = self.group(user) {
            changes.fetch_add(1, SeqCst);
        }
        self.records.remove(&user);
    }

    /// Nobody knows who has changed: everything is dropped.
    pub(super) fn clear(&self) {
        for changes in &self.changes {
            changes.fetch_add(1, SeqCst);
        }
        self.records.clear();
    }

    fn group(&self, user: UserId) -> Option<&AtomicU64> {
        let hash = usize::try_from(self.hasher.hash_one(user) % GROUPS as u64).unwrap_or(0);
        self.changes.get(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_core::{
        clock::{Clock, SystemClock},
        random::Random,
    };

    #[test]
    fn what_is_fetched_while_its_user_changes_is_not_kept() {
        let near = Near::new(1 << 20, &Metrics::new());
        let user = UserId::generate(Random, SystemClock.now());
        let state = |version| UserState::Deleted { version };
        let ticket = near.ticket(user);
        near.keep(ticket, user, state(1));
        assert_eq!(near.get(user), Some(state(1)));
        near.changed(user);
        assert_eq!(near.get(user), None);
        near.keep(ticket, user, state(1));
        assert_eq!(near.get(user), None, "it was fetched before the change");
        let ticket = near.ticket(user);
        near.clear();
        near.keep(ticket, user, state(2));
        assert_eq!(near.get(user), None, "it was fetched before all was dropped");
        near.learn(user, &state(2));
        assert_eq!(near.get(user), None, "what is learned replaces and is not kept by itself");
        near.keep(near.ticket(user), user, state(2));
        near.learn(user, &state(1));
        assert_eq!(near.get(user), Some(state(2)));
        near.learn(user, &state(3));
        assert_eq!(near.get(user), Some(state(3)));
    }
}
