//! What a cache announces to followers: which users have changed, and up to when no change is missing.

use std::time::Instant;

use drawbridge_core::id::UserId;
use tokio::sync::broadcast::{
    self,
    error::{RecvError, TryRecvError},
};

use super::trust::Epoch;
use crate::token::KeysDigest;

/// How many announcements a follower may be behind. After that, it learns that any user may have changed.
const BUFFERED_ANNOUNCEMENTS: usize = 4096;

/// Something that the cache has learned. The order of announcements matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announcement {
    /// The user's record may have changed.
    User {
        /// The user.
        id: UserId,
        /// The new version, if the cache knows it.
        version: Option<i64>,
    },
    /// Any user may have changed.
    AnyUser,
    /// Everything committed before `delivered_until` has been announced.
    Watermark {
        /// The epoch in which it was delivered.
        epoch: Epoch,
        /// The moment.
        delivered_until: Instant,
        /// The set of keys that is published.
        keys: KeysDigest,
    },
}

/// The sending side. Cheap to clone.
#[derive(Clone)]
pub(super) struct Announcer(broadcast::Sender<Announcement>);

impl Announcer {
    pub(super) fn new() -> Self {
        Self(broadcast::Sender::new(BUFFERED_ANNOUNCEMENTS))
    }

    pub(super) fn announce(&self, announcement: Announcement) {
        // Without followers, nothing has to be sent.
        drop(self.0.send(announcement));
    }

    pub(super) fn follow(&self) -> Announcements {
        Announcements(self.0.subscribe())
    }
}

/// The announcements of a cache from some moment on.
#[derive(Debug)]
pub struct Announcements(broadcast::Receiver<Announcement>);

impl Announcements {
    /// The next announcement; `None` once the cache is closed.
    pub async fn next(&mut self) -> Option<Announcement> {
        match self.0.recv().await {
            Ok(announcement) => Some(announcement),
            Err(RecvError::Lagged(_)) => Some(Announcement::AnyUser),
            Err(RecvError::Closed) => None,
        }
    }

    /// The next announcement, if it has arrived.
    pub fn try_next(&mut self) -> Option<Announcement> {
        match self.0.try_recv() {
            Ok(announcement) => Some(announcement),
            Err(TryRecvError::Lagged(_)) => Some(Announcement::AnyUser),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_core::{
        clock::{Clock, SystemClock},
        random::Random,
    };

    use super::*;

    #[tokio::test]
    async fn a_follower_that_falls_behind_learns_that_any_user_may_have_changed() {
        let announcer = Announcer::new();
        let mut slow = announcer.follow();
        let id = UserId::generate(Random, SystemClock.now());

        for version in 0..=BUFFERED_ANNOUNCEMENTS {
            announcer.announce(Announcement::User { id, version: i64::try_from(version).ok() });
        }

        assert_eq!(slow.next().await, Some(Announcement::AnyUser));
        assert_eq!(slow.next().await, Some(Announcement::User { id, version: Some(1) }));
    }
}
