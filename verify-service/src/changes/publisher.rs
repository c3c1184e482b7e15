//! Turns what the cache announces into events, once for all followers.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use actix_web::web::Bytes;
use drawbridge_core::{clock::SharedClock, id::UserId};
use drawbridge_verification::{
    KeyRing, Source,
    token::KeysDigest,
    user_cache::{Announcement, Announcements, Epoch, UserCache},
};
use futures_util::{StreamExt, stream};
use tokio::sync::{Semaphore, broadcast};

use super::event::{self, FeedClock};

/// The minimum time between two watermarks: twice a second, with room for what the cache takes to announce one.
const WATERMARK_INTERVAL: Duration = Duration::from_millis(450);

/// How many events a follower may be behind before it is sent a reset instead.
const BUFFERED_EVENTS: usize = 4096;

/// How many versions are looked up at the same time.
const CONCURRENT_LOOK_UPS: usize = 32;

/// How many versions are looked up in the database at the same time.
const CONCURRENT_SOURCE_LOOK_UPS: usize = 2;

/// The version of a user who does not exist, and whose ID is never used again: the largest integer of JavaScript.
const VERSION_OF_NO_USER: i64 = (1 << 53) - 1;

/// Publishes the events.
pub(crate) struct Publisher {
    cache: Arc<dyn UserCache>,
    source: Arc<dyn Source>,
    source_look_ups: Semaphore,
    key_ring: KeyRing,
    clock: FeedClock,
    published: Mutex<Published>,
}

struct Published {
    events: broadcast::Sender<Bytes>,
    /// True if followers have received no watermark since the last reset. They remember nothing then.
    is_reset: bool,
    /// The newest keys.
    keys: Option<PublishedKeys>,
}

struct PublishedKeys {
    digest: KeysDigest,
    event: Bytes,
}

/// A follower's view of the feed: how it begins, and what follows.
pub(super) struct Subscription {
    pub(super) beginning: Vec<Bytes>,
    pub(super) events: broadcast::Receiver<Bytes>,
}

impl Publisher {
    /// A publisher of what `cache` announces. It publishes while [`Publisher::run`] runs.
    pub(crate) fn new(
        cache: Arc<dyn UserCache>,
        source: Arc<dyn Source>,
        key_ring: KeyRing,
        clock: &SharedClock,
    ) -> Self {
        let events = broadcast::Sender::new(BUFFERED_EVENTS);
        let published = Published { events, is_reset: false, keys: None };
        Self {
            cache,
            source,
            source_look_ups: Semaphore::new(CONCURRENT_SOURCE_LOOK_UPS),
            key_ring,
            clock: FeedClock::start(clock.now()),
            published: Mutex::new(published),
        }
    }

    /// Follows the feed from now on.
    pub(super) fn subscribe(&self) -> Subscription {
        // Under the lock, so that the keys are the newest before any event that follows.
        let published = self.published();
        let keys = published.keys.as_ref().map(|keys| keys.event.clone());
        let beginning = [event::reset(self.clock)].into_iter().chain(keys).collect();
        Subscription { beginning, events: published.events.subscribe() }
    }

    /// Publishes events until the cache is closed.
    pub(crate) async fn run(self: Arc<Self>) {
        let mut announcements = self.cache.follow();
        let mut last_watermark: Option<Instant> = None;
        let mut next = announcements.next().await;
        while let Some(announcement) = next {
            next = match announcement {
                Announcement::User { id, version } => {
                    self.publish_users(id, version, &mut announcements).await
                }
                Announcement::AnyUser => {
                    self.reset();
                    None
                }
                Announcement::Watermark { delivered_until, keys, .. } => {
                    let is_due = last_watermark.is_none_or(|last| last.elapsed() >= WATERMARK_INTERVAL);
                    if is_due && self.has_followers() && self.has_published_keys(&keys).await {
                        self.publish(event::watermark(self.clock, delivered_until));
                        self.published().is_reset = false;
                        last_watermark = Some(Instant::now());
                    }
                    None
                }
            };
            if next.is_none() {
                next = announcements.next().await;
            }
        }
    }

    /// Publishes a change and all changes that have been announced right after it. Returns the announcement that
    /// follows them, if there is one yet.
    async fn publish_users(
        &self,
        id: UserId,
        version: Option<i64>,
        announcements: &mut Announcements,
    ) -> Option<Announcement> {
        let mut unknown = BTreeSet::new();
        let mut next = Some(Announcement::User { id, version });
        while let Some(Announcement::User { id, version }) = next {
            match version {
                Some(version) => self.publish(event::user(id, version)),
                None => drop(unknown.insert(id)),
            }
            next = announcements.try_next();
        }
        if !unknown.is_empty() && self.has_followers() {
            self.publish_versions(unknown).await;
        }
        next
    }

    /// Looks up the versions of users that have changed.
    async fn publish_versions(&self, users: BTreeSet<UserId>) {
        // The epoch is the one in which these changes were announced, or a newer one. After a newer one began, every
        // follower is sent a reset before the next watermark.
        let Some(epoch) = self.cache.trust().map(|trust| trust.epoch) else {
            return self.reset();
        };
        let look_up = |user| async move { (user, self.find_version(epoch, user).await) };
        let mut found = stream::iter(users).map(look_up).buffer_unordered(CONCURRENT_LOOK_UPS);
        while let Some((user, version)) = found.next().await {
            match version {
                Some(version) => self.publish(event::user(user, version)),
                None => self.reset(),
            }
        }
    }

    /// The version of a user's record; `None` if it cannot be found now.
    async fn find_version(&self, epoch: Epoch, user: UserId) -> Option<i64> {
        if let Some(cached) = self.cache.get(epoch, user).await.ok()? {
            return Some(cached.state.version());
        }
        // The record has expired, or this version of the service cannot read it.
        let _turn = self.source_look_ups.acquire().await.ok()?;
        let record = self.source.find_user(user, "").await.ok()?;
        Some(record.map_or(VERSION_OF_NO_USER, |record| record.version))
    }

    /// Publishes the keys with this digest, unless they are the newest that were published. Returns false if they cannot
    /// be found now: then no watermark may be published, because it vouches for the keys as well.
    async fn has_published_keys(&self, digest: &KeysDigest) -> bool {
        if self.published().keys.as_ref().is_some_and(|keys| keys.digest == *digest) {
            return true;
        }
        let Ok(found) = self.key_ring.find_published().await else { return false };
        let kids = found.keys.iter().filter_map(|key| key.common.key_id.as_deref());
        if KeysDigest::from_kids(kids) != *digest {
            return false;
        }
        let event = event::keys(&found);
        let mut published = self.published();
        published.keys = Some(PublishedKeys { digest: digest.clone(), event: event.clone() });
        // An error means that the followers are gone.
        drop(published.events.send(event));
        true
    }

    /// The number of followers.
    pub(crate) fn followers(&self) -> usize {
        self.published().events.receiver_count()
    }

    fn has_followers(&self) -> bool {
        self.followers() > 0
    }

    /// Has all followers forget what they remember, unless they have just done so.
    fn reset(&self) {
        let mut published = self.published();
        if !published.is_reset {
            published.is_reset = true;
            drop(published.events.send(event::reset(self.clock)));
        }
    }

    fn publish(&self, event: Bytes) {
        // Without followers, nothing has to be sent.
        drop(self.published().events.send(event));
    }

    fn published(&self) -> MutexGuard<'_, Published> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
