use std::sync::{
    Arc, PoisonError,
    atomic::{AtomicU64, Ordering::SeqCst},
};
use std::{
    hash::{BuildHasher, RandomState},
    sync::RwLock,
};

use moka::sync::Cache;

use super::memory::weight;
use crate::{id::UserId, user_record::UserState};

/// How much memory the records may take, in bytes.
const CAPACITY_BYTES: u64 = 64 * 1024 * 1024;

/// Changes are counted in this many groups of users; a change of one user in a group keeps what is
/// fetched of the others at that moment out of the cache, which costs a fetch and nothing else.
const GROUPS: usize = 1024;

/// The records that this process keeps, and the changes that reach it while it fetches others.
///
/// A record that is fetched while its user's change arrives must not be kept: the change was told
/// before the record was there, and is not told again. So whoever fetches takes a [`Ticket`] first,
/// and the record is kept only if the ticket still holds.
pub(super) struct Near {
    records: RwLock<Cache<UserId, Arc<UserState>>>,
    changes: Box<[AtomicU64]>,
    hasher: RandomState,
}

/// What was known of changes before a fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

impl Near {
    pub(super) fn new() -> Self {
        Self {
            records: RwLock::new(empty()),
            changes: (0..GROUPS).map(|_| AtomicU64::new(0)).collect(),
            hasher: RandomState::new(),
        }
    }

    pub(super) fn get(&self, user: UserId) -> Option<Arc<UserState>> {
        self.records().get(&user)
    }

    pub(super) fn ticket(&self, user: UserId) -> Ticket {
        Ticket(self.group(user).map_or(0, |changes| changes.load(SeqCst)))
    }

    /// Keeps what was fetched after `ticket` was taken, unless a change has come meanwhile.
    pub(super) fn keep(&self, ticket: Ticket, user: UserId, state: UserState) {
        if self.ticket(user) != ticket {
            return;
        }
        let records = self.records();
        records.insert(user, Arc::new(state));
        // The change may have come between the check and the insertion.
        if self.ticket(user) != ticket {
            records.invalidate(&user);
        }
    }

    /// The user has changed: what is kept is dropped, and what is being fetched will not be kept.
    pub(super) fn changed(&self, user: UserId) {
        if let Some(changes) = self.group(user) {
            changes.fetch_add(1, SeqCst);
        }
        self.records().invalidate(&user);
    }

    /// Nobody knows who has changed: everything is dropped.
    pub(super) fn clear(&self) {
        for changes in &self.changes {
            changes.fetch_add(1, SeqCst);
        }
        *self.records.write().unwrap_or_else(PoisonError::into_inner) = empty();
    }

    fn records(&self) -> Cache<UserId, Arc<UserState>> {
        self.records.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn group(&self, user: UserId) -> Option<&AtomicU64> {
        let hash = usize::try_from(self.hasher.hash_one(user) % GROUPS as u64).unwrap_or(0);
        self.changes.get(hash)
    }
}

fn empty() -> Cache<UserId, Arc<UserState>> {
    Cache::builder().max_capacity(CAPACITY_BYTES).weigher(|_, state: &Arc<UserState>| weight(state)).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::{Clock, SystemClock},
        random::Random,
    };

    #[test]
    fn what_is_fetched_while_its_user_changes_is_not_kept() {
        let near = Near::new();
        let user = UserId::generate(Random, SystemClock.now());
        let state = |version| UserState::Deleted { version };
        let ticket = near.ticket(user);
        near.keep(ticket, user, state(1));
        assert_eq!(near.get(user).as_deref(), Some(&state(1)));
        near.changed(user);
        assert_eq!(near.get(user), None);
        near.keep(ticket, user, state(1));
        assert_eq!(near.get(user), None, "it was fetched before the change");
        let ticket = near.ticket(user);
        near.clear();
        near.keep(ticket, user, state(2));
        assert_eq!(near.get(user), None, "it was fetched before all was dropped");
        near.keep(near.ticket(user), user, state(2));
        assert_eq!(near.get(user).as_deref(), Some(&state(2)));
    }
}
