//! Finds the user behind a token: which layer is asked, in which order, and how old an answer may be.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::{id::UserId, metrics::Metrics};

use crate::{
    flights::Flights,
    key_ring::WantedKeys,
    layer::Layer,
    recent::{RecentAnswer, RecentAnswers},
    refusal::Refusal,
    source::{Source, SourceUnavailable},
    token::SignedToken,
    tolerance::Tolerance,
    user_cache::{Epoch, Trust, UserCache},
    user_record::{UserRecord, UserState},
};

/// How long after its start, beyond `stale_max`, a session may be missing from a record: the age of a trusted
/// watermark plus the difference between clocks.
const SESSION_VISIBILITY_DELAY: Duration = Duration::from_secs(5);

/// How far the clock that sets the start of sessions may differ from the clock of this process.
const MAX_CLOCK_SKEW: Duration = Duration::from_secs(1);

/// The layers that know users: the caches, the source and its recent answers.
pub(crate) struct LookUp {
    cache: Option<Arc<dyn UserCache>>,
    source: Arc<dyn Source>,
    tolerance: Tolerance,
    recent: Arc<RecentAnswers>,
    flights: Flights,
    /// For requests that need an answer no older than themselves.
    fresh_flights: Flights,
}

/// A user, and the layer that knew them.
pub(crate) struct Found {
    pub(crate) state: UserState,
    pub(crate) layer: Layer,
}

impl LookUp {
    pub(crate) fn new(
        cache: Option<Arc<dyn UserCache>>,
        source: Arc<dyn Source>,
        tolerance: Tolerance,
        metrics: &Metrics,
    ) -> Self {
        Self {
            cache,
            source,
            tolerance,
            recent: Arc::new(RecentAnswers::new(metrics)),
            flights: Flights::default(),
            fresh_flights: Flights::default(),
        }
    }

    /// What the watermark says, if it is current and the cache can be trusted.
    pub(crate) fn trust(&self) -> Option<Trust> {
        self.cache.as_ref()?.trust()
    }

    /// The user in the near cache. The result is valid only if [`LookUp::trust`] returned a value before.
    pub(crate) fn find_near(&self, user: UserId) -> Option<UserState> {
        self.cache.as_ref()?.near(user)
    }

    /// The public keys that a verification with this trust may use.
    pub(crate) fn wanted_keys(&self, trust: Option<&Trust>) -> WantedKeys {
        match (&self.cache, trust) {
            (None, _) => WantedKeys::WITHOUT_ANNOUNCEMENTS,
            (Some(_), Some(trust)) => WantedKeys::Announced(trust.keys.clone()),
            (Some(cache), None) => WantedKeys::FetchedWithin {
                max_age: self.tolerance.stale_max,
                last_announced: cache.announced_keys(),
            },
        }
    }

    /// Finds a user. `token` is a validly signed token of theirs.
    pub(crate) async fn find(
        &self,
        trust: Option<Trust>,
        user: UserId,
        token: &str,
    ) -> Result<Found, Refusal> {
        let Some(cache) = self.cache.as_deref() else {
            let state = self.source.find_user(user, token).await?.into();
            return Ok(Found { state, layer: Layer::Source });
        };
        let found = match trust {
            Some(trust) => self.find_in_cache_or_source(cache, trust.epoch, user, token).await,
            None => self.find_in_source(user, token).await,
        };
        match found {
            Ok(found) => Ok(found),
            Err(error) => {
                let state = self.find_last_known(cache, user).await.ok_or(Refusal::from(error))?;
                Ok(Found { state, layer: Layer::LastKnown })
            }
        }
    }

    /// While the cache is trusted: asks the cache, and the source on a miss.
    async fn find_in_cache_or_source(
        &self,
        cache: &dyn UserCache,
        epoch: Epoch,
        user: UserId,
        token: &str,
    ) -> Result<Found, SourceUnavailable> {
        match cache.get(epoch, user).await {
            Ok(Some(cached)) => return Ok(Found { state: cached.state, layer: cached.layer.into() }),
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(%error, "cannot read the cache; asking the source");
                return self.find_in_source(user, token).await;
            }
        }
        if self.recent.is_unknown(user) {
            return Ok(Found { state: UserState::UNKNOWN, layer: Layer::Source });
        }
        let state = self.ask_source(user, token, Some(epoch)).await?;
        Ok(Found { state, layer: Layer::Source })
    }

    /// While the cache is not trusted: asks the source, unless its last answer is recent enough.
    async fn find_in_source(&self, user: UserId, token: &str) -> Result<Found, SourceUnavailable> {
        let last_trusted = self.cache.as_ref().and_then(|cache| cache.last_trusted());
        match self.recent.get(user) {
            // The cache may have announced a later change while it was still trusted.
            Some(recent)
                if recent.asked_at.elapsed() < self.tolerance.stale_max
                    && Some(recent.asked_at) > last_trusted =>
            {
                Ok(Found { state: recent.state, layer: Layer::Recent })
            }
            _ => Ok(Found { state: self.ask_source(user, token, None).await?, layer: Layer::Source }),
        }
    }

    /// While the cache is not trusted and the source does not answer: uses the last known record, during the
    /// outage grace.
    async fn find_last_known(&self, cache: &dyn UserCache, user: UserId) -> Option<UserState> {
        let grace = self.tolerance.outage_grace;
        let recent = self.recent.get(user).filter(|recent| recent.asked_at.elapsed() < grace);
        let last_trusted = cache.last_trusted().filter(|at| at.elapsed() < grace);
        match (recent, last_trusted) {
            // An answer from after the cache was last trusted is the newest that is known.
            (Some(recent), trusted) if trusted.is_none_or(|trusted| recent.asked_at > trusted) => {
                Some(recent.state)
            }
            // An earlier answer may be outdated by a change that the cache has seen.
            (_, Some(_)) => cache.last_known(user).await,
            (_, None) => None,
        }
    }

    /// Asks the source and fills the cache with its answer. Concurrent calls for the same user share the
    /// answer.
    ///
    /// `epoch` must have been read before the source is asked. That is why the caller that starts the flight
    /// fills the cache, not one that joins later and may know a newer epoch. Without an epoch, only older
    /// records are replaced.
    async fn ask_source(
        &self,
        user: UserId,
        token: &str,
        epoch: Option<Epoch>,
    ) -> Result<UserState, SourceUnavailable> {
        let (source, recent, token) = (self.source.clone(), self.recent.clone(), token.to_owned());
        let cache = self.cache.clone();
        let look_up = move || async move {
            let asked_at = Instant::now();
            let state = UserState::from(source.find_user(user, &token).await?);
            recent.insert(user, RecentAnswer { state: state.clone(), asked_at });
            match (cache, epoch) {
                (Some(cache), Some(epoch)) if state != UserState::UNKNOWN => {
                    Ok(fill(&*cache, epoch, user, state).await)
                }
                (Some(cache), None) => {
                    cache.update_near(user, &state);
                    Ok(state)
                }
                _ => Ok(state),
            }
        };
        self.flights.join(user, look_up).await
    }

    /// Asks the source again about a session that the known record lacks, if the session is so new that the
    /// record may predate it. Returns `None` if the known record counts.
    pub(crate) async fn find_newer(
        &self,
        signed: &SignedToken,
        known_version: i64,
        now: DateTime<Utc>,
        token: &str,
    ) -> Result<Option<UserState>, SourceUnavailable> {
        if !self.may_predate_session(signed, known_version, now) {
            return Ok(None);
        }
        let (source, recent, token) = (self.source.clone(), self.recent.clone(), token.to_owned());
        let user = signed.user;
        let look_up = move || async move {
            let asked_at = Instant::now();
            let state = UserState::from(source.find_user(user, &token).await?);
            recent.insert(user, RecentAnswer { state: state.clone(), asked_at });
            Ok(state)
        };
        self.fresh_flights.join_next(user, look_up).await.map(Some)
    }

    /// Returns true if the session is so new that the record of this version may predate it. The record
    /// cannot predate it if the source was asked after the session started and knew no newer version.
    fn may_predate_session(&self, signed: &SignedToken, known_version: i64, now: DateTime<Utc>) -> bool {
        let age = now - signed.session.created_at();
        let is_in_the_future = age < TimeDelta::zero();
        let Ok(age) = age.abs().to_std() else { return false };
        let was_asked_since = || {
            self.recent.get(signed.user).is_some_and(|recent| {
                recent.state.version() <= known_version && recent.asked_at.elapsed() + MAX_CLOCK_SKEW < age
            })
        };
        age < self.tolerance.stale_max + SESSION_VISIBILITY_DELAY && (is_in_the_future || !was_asked_since())
    }

    /// Returns true if the source was asked within `max_age` and knew no newer record than this one.
    pub(crate) fn was_asked_within(&self, record: &UserRecord, max_age: Duration) -> bool {
        self.recent.get(record.id).is_some_and(|recent| {
            recent.asked_at.elapsed() < max_age && recent.state.version() <= record.version
        })
    }

    /// Asks the source on behalf of another verifier, which caches the answer itself.
    pub(crate) async fn find_for_other_verifier(
        &self,
        user: UserId,
        token: &str,
    ) -> Result<Option<UserRecord>, SourceUnavailable> {
        if self.recent.is_unknown(user) {
            return Ok(None);
        }
        self.source.find_user(user, token).await
    }
}

/// Fills the cache and returns the newest state that is known then.
async fn fill(cache: &dyn UserCache, epoch: Epoch, user: UserId, state: UserState) -> UserState {
    match cache.fill(epoch, user, state.clone()).await {
        Ok(true) => state,
        // A newer record arrived while the source was asked.
        Ok(false) => match cache.get(epoch, user).await {
            Ok(Some(newer)) => newer.state,
            _ => state,
        },
        Err(error) => {
            tracing::debug!(%error, "cannot fill the cache");
            state
        }
    }
}
