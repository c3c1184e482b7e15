use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

use crate::source::{Source, SourceUnavailable};
use crate::{
    token::{KeySet, KeysDigest, TokenParties},
    user_cache::ToldKeys,
};

/// The least time between two look-ups for `kid`s that are unknown, so that invented ones cost nothing.
/// Whoever comes sooner waits: a key that is made in need signs at once.
const PAUSE: Duration = Duration::from_millis(200);

/// The same after a look-up that failed: nobody waits for a source that is known to be away.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// The same after one that brought another set than the cache told of: one of the two is behind.
const PAUSE_AFTER_MISMATCH: Duration = Duration::from_millis(200);

/// How long a set of keys is used after the cache has told of another, while the source does not say
/// which: one of them may have been revoked.
const BEHIND_FOR: Duration = Duration::from_secs(2);

/// Which set of keys is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WantedKeys {
    /// The one that the cache says is published.
    These(ToldKeys),
    /// Any that was fetched less than this ago; the cache told of a set last, if it ever did.
    YoungerThan(Duration, Option<ToldKeys>),
}

impl WantedKeys {
    fn accepts(&self, held: &Held) -> bool {
        match self {
            Self::These(told) => held.digest == told.digest,
            Self::YoungerThan(age, _) => held.fetched.elapsed() < *age,
        }
    }

    /// Whether what is held may be used while the source is out of reach. It may not for long once the cache
    /// has told of another set: one of the keys may have been revoked.
    fn tolerates(&self, held: &Held) -> bool {
        let (Self::These(told) | Self::YoungerThan(_, Some(told))) = self else { return true };
        held.digest == told.digest || held.fetched > told.since || told.since.elapsed() < BEHIND_FOR
    }
}

/// The public keys, fetched when they are first needed and again when they may have changed. Cheap
/// to clone.
#[derive(Clone)]
pub struct KeyRing(Arc<Inner>);

struct Inner {
    source: Arc<dyn Source>,
    parties: TokenParties,
    held: RwLock<Option<Held>>,
    /// Held by whoever asks the source: one look-up at a time.
    last_attempt: Mutex<Option<Attempt>>,
}

#[derive(Clone)]
struct Held {
    keys: Arc<KeySet>,
    digest: KeysDigest,
    fetched: Instant,
}

struct Attempt {
    at: Instant,
    failure: Option<SourceUnavailable>,
}

impl KeyRing {
    /// An empty ring over `source`.
    pub fn new(source: Arc<dyn Source>, parties: TokenParties) -> Self {
        Self(Arc::new(Inner { source, parties, held: RwLock::new(None), last_attempt: Mutex::new(None) }))
    }

    /// How long a set of keys is used where nobody tells of changes.
    pub const FRESH_FOR: Duration = Duration::from_secs(1);

    /// The keys that are wanted, fetched if need be; those that are held while the source is out of
    /// reach, but for a moment only if the cache has told of others.
    ///
    /// # Errors
    /// When there are none that may be used.
    pub async fn current(&self, wanted: WantedKeys) -> Result<Arc<KeySet>, SourceUnavailable> {
        match self.0.held() {
            Some(held) if wanted.accepts(&held) => Ok(held.keys),
            held => self.0.renew(held, &wanted).await,
        }
    }

    /// The keys that are held, if they are those of this digest.
    pub(super) fn held(&self, digest: &KeysDigest) -> Option<Arc<KeySet>> {
        let held = self.0.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().filter(|held| held.digest == *digest).map(|held| held.keys.clone())
    }

    /// A set that was fetched after `seen`, asking the source once enough time has passed.
    ///
    /// # Errors
    /// When the source is out of reach, so that nobody knows whether there is one.
    pub async fn newer_than(&self, seen: &Arc<KeySet>) -> Result<Arc<KeySet>, SourceUnavailable> {
        loop {
            let mut last_attempt = self.0.last_attempt.lock().await;
            if let Some(held) = self.0.held()
                && !Arc::ptr_eq(&held.keys, seen)
            {
                return Ok(held.keys);
            }
            let pause = match &*last_attempt {
                Some(Attempt { failure: Some(failure), at }) if at.elapsed() < PAUSE_AFTER_FAILURE => {
                    return Err(failure.clone());
                }
                Some(attempt) => PAUSE.saturating_sub(attempt.at.elapsed()),
                None => Duration::ZERO,
            };
            if pause.is_zero() {
                return self.0.fetch(&mut last_attempt).await;
            }
            // Not with the lock in hand: whoever needs the keys that everybody knows does not wait here.
            drop(last_attempt);
            tokio::time::sleep(pause).await;
        }
    }
}

impl Inner {
    fn held(&self) -> Option<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whoever comes while another asks waits for the same answer: a key may have been revoked.
    async fn renew(
        &self,
        before: Option<Held>,
        wanted: &WantedKeys,
    ) -> Result<Arc<KeySet>, SourceUnavailable> {
        let mut last_attempt = self.last_attempt.lock().await;
        let held = self.held();
        let is_new = |held: &Held| {
            before.as_ref().is_none_or(|before| before.fetched != held.fetched)
                || held.fetched.elapsed() < PAUSE_AFTER_MISMATCH
        };
        if let Some(held) = held.as_ref().filter(|held| wanted.accepts(held) || is_new(held)) {
            return Ok(held.keys.clone());
        }
        let failed = match &*last_attempt {
            Some(Attempt { failure: Some(failure), at }) if at.elapsed() < PAUSE_AFTER_FAILURE => {
                failure.clone()
            }
            _ => match self.fetch(&mut last_attempt).await {
                Ok(keys) => return Ok(keys),
                Err(error) => error,
            },
        };
        tracing::debug!(error = %failed, "the keys are not renewed");
        held.filter(|held| wanted.tolerates(held)).map(|held| held.keys).ok_or(failed)
    }

    async fn fetch(&self, last_attempt: &mut Option<Attempt>) -> Result<Arc<KeySet>, SourceUnavailable> {
        let fetched = self.source.find_keys().await.and_then(|jwks| {
            let keys = KeySet::new(jwks, &self.parties);
            let none = || SourceUnavailable("there are no signing keys yet; start auth-service".into());
            if keys.is_empty() { Err(none()) } else { Ok(Arc::new(keys)) }
        });
        *last_attempt = Some(Attempt { at: Instant::now(), failure: fetched.as_ref().err().cloned() });
        let keys = fetched?;
        let held = Held { digest: keys.digest(), keys: keys.clone(), fetched: Instant::now() };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
        Ok(keys)
    }
}
