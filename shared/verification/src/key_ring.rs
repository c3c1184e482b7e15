use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use jsonwebtoken::jwk::JwkSet;
use tokio::sync::Mutex;

use crate::{
    source::{Source, SourceUnavailable},
    token::{KeySet, KeysDigest, TokenParties},
    user_cache::AnnouncedKeys,
};

/// How long keys are used before they are fetched again, if no cache announces changes.
const MAX_AGE_WITHOUT_ANNOUNCEMENTS: Duration = Duration::from_secs(1);

/// The minimum time between two fetches for unknown key IDs, so that made-up IDs cost nothing. Callers wait,
/// because a key that replaces a leaked one signs immediately.
const UNKNOWN_KEY_FETCH_INTERVAL: Duration = Duration::from_millis(200);

/// The minimum time between two fetches after a failure. Callers do not wait for an unreachable source.
const FETCH_INTERVAL_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The minimum time between two fetches after the source returned a different set from the one that the cache
/// announced. One of the two is behind.
const FETCH_INTERVAL_AFTER_MISMATCH: Duration = Duration::from_millis(200);

/// How long a set is used after the cache announced another one, while the source cannot say which. One of
/// the keys may have been revoked.
const OUTDATED_KEYS_GRACE: Duration = Duration::from_secs(2);

/// The keys that a caller accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WantedKeys {
    /// The set that the cache announces.
    Announced(AnnouncedKeys),
    /// Any set fetched within `max_age`.
    FetchedWithin {
        max_age: Duration,
        /// The set that the cache announced last, if it ever did.
        last_announced: Option<AnnouncedKeys>,
    },
}

impl WantedKeys {
    /// The keys to use if no cache announces changes.
    pub(crate) const WITHOUT_ANNOUNCEMENTS: Self =
        Self::FetchedWithin { max_age: MAX_AGE_WITHOUT_ANNOUNCEMENTS, last_announced: None };

    fn accept(&self, held: &HeldKeys) -> bool {
        match self {
            Self::Announced(announced) => held.digest == announced.digest,
            Self::FetchedWithin { max_age, .. } => held.fetched_at.elapsed() < *max_age,
        }
    }

    /// Returns true if the held keys may be used although the source is out of reach. If the cache has
    /// announced another set, they may be used for a short time only, because one of the keys may have been
    /// revoked.
    fn tolerate(&self, held: &HeldKeys) -> bool {
        let (Self::Announced(announced) | Self::FetchedWithin { last_announced: Some(announced), .. }) = self
        else {
            return true;
        };
        held.digest == announced.digest
            || held.fetched_at > announced.since
            || announced.since.elapsed() < OUTDATED_KEYS_GRACE
    }
}

/// The public keys of a verifier, fetched when first needed and again when they may have changed. Cheap to
/// clone.
#[derive(Clone)]
pub struct KeyRing(Arc<Inner>);

struct Inner {
    source: Arc<dyn Source>,
    parties: TokenParties,
    held: RwLock<Option<HeldKeys>>,
    /// Locked during a fetch, so that there is only one at a time.
    last_fetch: Mutex<Option<Fetch>>,
}

#[derive(Clone)]
struct HeldKeys {
    keys: Arc<KeySet>,
    digest: KeysDigest,
    fetched_at: Instant,
}

struct Fetch {
    ended_at: Instant,
    error: Option<SourceUnavailable>,
}

impl Fetch {
    /// The error of this fetch, if it is so recent that the source should not be asked again.
    fn recent_error(&self) -> Option<SourceUnavailable> {
        let is_recent = self.ended_at.elapsed() < FETCH_INTERVAL_AFTER_FAILURE;
        self.error.as_ref().filter(|_| is_recent).cloned()
    }
}

impl KeyRing {
    /// An empty key ring that fetches from `source`.
    pub fn new(source: Arc<dyn Source>, parties: TokenParties) -> Self {
        Self(Arc::new(Inner { source, parties, held: RwLock::new(None), last_fetch: Mutex::new(None) }))
    }

    /// The keys, at most a second old unless the source is out of reach.
    ///
    /// # Errors
    /// The source is out of reach, and no keys were fetched before.
    pub async fn keys(&self) -> Result<Arc<KeySet>, SourceUnavailable> {
        self.current(WantedKeys::WITHOUT_ANNOUNCEMENTS).await
    }

    /// The wanted keys, fetched if necessary. Falls back to the held keys if the source is out of reach, but
    /// only for a short time if the cache has announced others.
    ///
    /// # Errors
    /// The source is out of reach, and there are no keys that may be used.
    pub(crate) async fn current(&self, wanted: WantedKeys) -> Result<Arc<KeySet>, SourceUnavailable> {
        match self.0.held() {
            Some(held) if wanted.accept(&held) => Ok(held.keys),
            held => self.0.renew(held, &wanted).await,
        }
    }

    /// The held keys, if they have this digest.
    pub(crate) fn held(&self, digest: &KeysDigest) -> Option<Arc<KeySet>> {
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|held| held.digest == *digest).map(|held| held.keys.clone())
    }

    /// The public keys as the source has them now. The key ring does not keep them.
    ///
    /// # Errors
    /// The source is out of reach.
    pub async fn find_published(&self) -> Result<JwkSet, SourceUnavailable> {
        self.0.source.find_keys().await
    }

    /// Keys fetched after `seen`. Waits until the source may be asked again.
    ///
    /// # Errors
    /// The source is out of reach.
    pub(crate) async fn newer_than(&self, seen: &Arc<KeySet>) -> Result<Arc<KeySet>, SourceUnavailable> {
        loop {
            let mut last_fetch = self.0.last_fetch.lock().await;
            if let Some(held) = self.0.held()
                && !Arc::ptr_eq(&held.keys, seen)
            {
                return Ok(held.keys);
            }
            if let Some(error) = last_fetch.as_ref().and_then(Fetch::recent_error) {
                return Err(error);
            }
            let delay = last_fetch.as_ref().map_or(Duration::ZERO, |fetch| {
                UNKNOWN_KEY_FETCH_INTERVAL.saturating_sub(fetch.ended_at.elapsed())
            });
            if delay.is_zero() {
                return self.0.fetch(&mut last_fetch).await;
            }
            // Release the lock, so that requests with known keys do not wait here.
            drop(last_fetch);
            tokio::time::sleep(delay).await;
        }
    }
}

impl Inner {
    fn held(&self) -> Option<HeldKeys> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches the keys. Calls during a fetch wait for its result, because a key may have been revoked.
    async fn renew(
        &self,
        seen: Option<HeldKeys>,
        wanted: &WantedKeys,
    ) -> Result<Arc<KeySet>, SourceUnavailable> {
        let mut last_fetch = self.last_fetch.lock().await;
        let held = self.held();
        let is_new = |held: &HeldKeys| {
            seen.as_ref().is_none_or(|seen| seen.fetched_at != held.fetched_at)
                || held.fetched_at.elapsed() < FETCH_INTERVAL_AFTER_MISMATCH
        };
        if let Some(held) = held.as_ref().filter(|held| wanted.accept(held) || is_new(held)) {
            return Ok(held.keys.clone());
        }
        let error = match last_fetch.as_ref().and_then(Fetch::recent_error) {
            Some(error) => error,
            None => match self.fetch(&mut last_fetch).await {
                Ok(keys) => return Ok(keys),
                Err(error) => error,
            },
        };
        tracing::debug!(%error, "cannot fetch the public keys");
        held.filter(|held| wanted.tolerate(held)).map(|held| held.keys).ok_or(error)
    }

    async fn fetch(&self, last_fetch: &mut Option<Fetch>) -> Result<Arc<KeySet>, SourceUnavailable> {
        let fetched = self.source.find_keys().await.and_then(|jwks| {
            let keys = KeySet::new(jwks, &self.parties);
            let no_keys = || SourceUnavailable("no signing key exists yet; start auth-service".into());
            if keys.is_empty() { Err(no_keys()) } else { Ok(Arc::new(keys)) }
        });
        *last_fetch = Some(Fetch { ended_at: Instant::now(), error: fetched.as_ref().err().cloned() });
        let keys = fetched?;
        let held = HeldKeys { digest: keys.digest(), keys: keys.clone(), fetched_at: Instant::now() };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
        Ok(keys)
    }
}
