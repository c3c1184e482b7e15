use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

use super::{Source, SourceUnavailable};
use crate::{config::TokenParties, token::KeySet};

/// How long a set of keys is used before the source is asked again.
const FRESH_FOR: Duration = Duration::from_mins(1);

/// The least time between two look-ups, so that tokens with invented `kid`s cost nothing.
const PAUSE: Duration = Duration::from_secs(5);

/// The public keys, fetched when they are first needed and again when they may have changed.
pub struct KeyRing {
    source: Arc<dyn Source>,
    parties: TokenParties,
    held: RwLock<Option<Held>>,
    /// Held by whoever asks the source: one look-up at a time. The instant of the last attempt.
    fetching: Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Held {
    keys: Arc<KeySet>,
    fetched: Instant,
}

impl KeyRing {
    /// An empty ring over `source`.
    pub fn new(source: Arc<dyn Source>, parties: TokenParties) -> Self {
        Self { source, parties, held: RwLock::new(None), fetching: Mutex::new(None) }
    }

    /// The keys as they were at most a minute ago; older ones while the source is out of reach.
    ///
    /// # Errors
    /// When there were never any.
    pub async fn current(&self) -> Result<Arc<KeySet>, SourceUnavailable> {
        let Some(held) = self.held() else {
            let mut last_attempt = self.fetching.lock().await;
            return match self.held() {
                Some(held) => Ok(held.keys),
                None => self.fetch(&mut last_attempt).await,
            };
        };
        // Whoever finds the set too old renews it; all others go on with what there is.
        if held.fetched.elapsed() >= FRESH_FOR
            && let Ok(mut last_attempt) = self.fetching.try_lock()
            && last_attempt.is_none_or(|at| at.elapsed() >= PAUSE)
        {
            match self.fetch(&mut last_attempt).await {
                Ok(keys) => return Ok(keys),
                Err(error) => tracing::warn!(%error, "the keys are not renewed"),
            }
        }
        Ok(held.keys)
    }

    /// A set that was fetched after `seen`, asking the source if enough time has passed.
    pub async fn newer_than(&self, seen: &Arc<KeySet>) -> Option<Arc<KeySet>> {
        let mut last_attempt = self.fetching.lock().await;
        let held = self.held()?;
        if !Arc::ptr_eq(&held.keys, seen) {
            return Some(held.keys);
        }
        if last_attempt.is_some_and(|at| at.elapsed() < PAUSE) {
            return None;
        }
        self.fetch(&mut last_attempt).await.ok()
    }

    fn held(&self) -> Option<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn fetch(&self, last_attempt: &mut Option<Instant>) -> Result<Arc<KeySet>, SourceUnavailable> {
        *last_attempt = Some(Instant::now());
        let keys = Arc::new(KeySet::new(self.source.find_keys().await?, &self.parties));
        if keys.is_empty() {
            return Err(SourceUnavailable("there are no signing keys yet; start auth-service".into()));
        }
        let held = Held { keys: keys.clone(), fetched: Instant::now() };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
        Ok(keys)
    }
}
