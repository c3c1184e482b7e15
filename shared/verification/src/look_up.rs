//! Who is asked for a user, in which order, and what is kept of the answers.

use std::{sync::Arc, time::Instant};

use crate::{
    flights::Flights,
    measures::Layer,
    recent::Recent,
    refusal::Refusal,
    source::{Source, SourceUnavailable},
    tolerance::Tolerance,
};
use crate::{
    user_cache::{CacheLayer, Epoch, Trust, UserCache},
    user_record::{UserRecord, UserState},
};
use drawbridge_core::{id::UserId, metrics::Metrics};

/// The cache, the source behind it, and what the source said last.
pub(super) struct LookUp {
    cache: Option<Arc<dyn UserCache>>,
    source: Arc<dyn Source>,
    tolerance: Tolerance,
    recent: Arc<Recent>,
    flights: Flights,
    /// Of those who want no answer from before they asked.
    next_flights: Flights,
}

impl LookUp {
    pub(super) fn new(
        cache: Option<Arc<dyn UserCache>>,
        source: Arc<dyn Source>,
        tolerance: Tolerance,
        metrics: &Metrics,
    ) -> Self {
        let recent = Arc::new(Recent::new(metrics));
        let (flights, next_flights) = (Flights::default(), Flights::default());
        Self { cache, source, tolerance, recent, flights, next_flights }
    }

    /// What is known of a user, and who knew it. `token` is one of theirs with a good signature.
    pub(super) async fn find(
        &self,
        trust: Option<Trust>,
        id: UserId,
        token: &str,
    ) -> Result<(UserState, Layer), Refusal> {
        let Some(cache) = self.cache() else {
            let found = self.source.find_user(id, token).await?;
            return Ok((found.map_or(UserState::UNKNOWN, UserState::from), Layer::Source));
        };
        let found = match trust {
            Some(trust) => self.find_through(cache, trust.epoch, id, token).await,
            None => self.find_without(id, token).await,
        };
        match found {
            Ok(found) => Ok(found),
            Err(error) => {
                let known = self.find_last_known(cache, id).await.ok_or(Refusal::from(error))?;
                Ok((known, Layer::LastKnown))
            }
        }
    }

    /// While the watermark is young: the cache, and the source on a miss.
    async fn find_through(
        &self,
        cache: &dyn UserCache,
        epoch: Epoch,
        id: UserId,
        token: &str,
    ) -> Result<(UserState, Layer), SourceUnavailable> {
        match cache.get(epoch, id).await {
            Ok(Some((state, CacheLayer::Near))) => return Ok((state, Layer::Near)),
            Ok(Some((state, CacheLayer::Shared))) => return Ok((state, Layer::Shared)),
            Ok(None) => {}
            Err(error) => {
                tracing::debug!(%error, "the source is asked instead");
                return self.find_without(id, token).await;
            }
        }
        if self.recent.is_unknown(id) {
            return Ok((UserState::UNKNOWN, Layer::Source));
        }
        Ok((self.ask_source(id, token, Some(epoch)).await?, Layer::Source))
    }

    /// Without a young watermark: the source, whose answer holds for a moment.
    async fn find_without(&self, id: UserId, token: &str) -> Result<(UserState, Layer), SourceUnavailable> {
        let trusted = self.cache.as_ref().and_then(|cache| cache.last_trusted());
        match self.recent.get(id) {
            // What it said while the cache was still believed may be older than what the cache told.
            Some((state, at)) if at.elapsed() < self.tolerance.stale_max && Some(at) > trusted => {
                Ok((state, Layer::Recent))
            }
            _ => Ok((self.ask_source(id, token, None).await?, Layer::Source)),
        }
    }

    /// Without anybody to ask: what was known when everything was last well.
    async fn find_last_known(&self, cache: &dyn UserCache, id: UserId) -> Option<UserState> {
        let grace = self.tolerance.outage_grace;
        let recent = self.recent.get(id).filter(|(_, at)| at.elapsed() < grace);
        let trusted = cache.last_trusted().filter(|at| at.elapsed() < grace);
        match (recent, trusted) {
            // What the source said after the cache could last be believed is the last word.
            (Some((state, asked)), trusted) if trusted.is_none_or(|trusted| asked > trusted) => Some(state),
            // What it said before may have changed since, and this process has forgotten into what.
            (_, Some(_)) => cache.last_known(id).await,
            (_, None) => None,
        }
    }

    /// Asks the source, and fills the cache with its answer; whoever asks for the same user meanwhile
    /// gets the same answer.
    ///
    /// The epoch is the one that there was before the source was asked. So it is the asker who fills, and
    /// nobody who joined later and knows a later one. Without an epoch the cache only learns.
    async fn ask_source(
        &self,
        id: UserId,
        token: &str,
        epoch: Option<Epoch>,
    ) -> Result<UserState, SourceUnavailable> {
        let (source, recent, token) = (self.source.clone(), self.recent.clone(), token.to_owned());
        let cache = self.cache.clone();
        let look_up = move || async move {
            let asked = Instant::now();
            let state = source.find_user(id, &token).await?.map_or(UserState::UNKNOWN, UserState::from);
            recent.keep(id, state.clone(), asked);
            match (cache, epoch) {
                (Some(cache), Some(epoch)) if state != UserState::UNKNOWN => {
                    Ok(fill(&*cache, epoch, id, state).await)
                }
                (Some(cache), None) => {
                    cache.learn(id, &state);
                    Ok(state)
                }
                _ => Ok(state),
            }
        };
        self.flights.join(id, look_up).await
    }

    /// What the source says of a user, asked no sooner than now.
    pub(super) async fn ask_now(&self, id: UserId, token: &str) -> Result<UserState, SourceUnavailable> {
        let (source, recent, token) = (self.source.clone(), self.recent.clone(), token.to_owned());
        let look_up = move || async move {
            let asked = Instant::now();
            let state = source.find_user(id, &token).await?.map_or(UserState::UNKNOWN, UserState::from);
            recent.keep(id, state.clone(), asked);
            Ok(state)
        };
        self.next_flights.join_next(id, look_up).await
    }

    /// The same for another verifier, which keeps the answer itself.
    pub(super) async fn read(
        &self,
        id: UserId,
        token: &str,
    ) -> Result<Option<UserRecord>, SourceUnavailable> {
        if self.recent.is_unknown(id) {
            return Ok(None);
        }
        self.source.find_user(id, token).await
    }

    /// What the source said of a user last, and when it was asked.
    pub(super) fn said_last(&self, id: UserId) -> Option<(UserState, Instant)> {
        self.recent.get(id)
    }

    /// What this process holds of a user. Whether it may be believed is another question.
    pub(super) fn near(&self, id: UserId) -> Option<UserState> {
        self.cache.as_ref()?.near(id)
    }

    pub(super) fn cache(&self) -> Option<&dyn UserCache> {
        self.cache.as_deref()
    }

    pub(super) fn source(&self) -> &dyn Source {
        &*self.source
    }

    pub(super) fn tolerance(&self) -> Tolerance {
        self.tolerance
    }
}

/// Fills the cache; what is the newest then.
async fn fill(cache: &dyn UserCache, epoch: Epoch, id: UserId, state: UserState) -> UserState {
    match cache.fill(epoch, id, state.clone()).await {
        Ok(true) => state,
        // Something newer came while the source was asked.
        Ok(false) => match cache.get(epoch, id).await {
            Ok(Some((newer, _))) => newer,
            _ => state,
        },
        Err(error) => {
            tracing::debug!(%error, "the record is not kept");
            state
        }
    }
}
