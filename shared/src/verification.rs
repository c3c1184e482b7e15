//! The verification engine: whose token is this, and is it still good?
//!
//! The keys check the signature, the user's record says whether the session is alive. Who is asked
//! for the record:
//!
//! 1. while the watermark is young, the cache (this process's own part of it, then the shared one),
//!    and the source on a miss, which then fills the cache by compare-and-set;
//! 2. without a young watermark, the source alone; its answer is used for at most `stale_max`;
//! 3. without the source, too, what was known when the cache could last be believed, for at most
//!    `outage_grace`; after that nobody is let in, and everybody is told why.
//!
//! [`Verifier::verify_hot`] is the first of these as far as this process can go by itself: it waits
//! for nobody and copies nothing.

mod answer;
mod checked_tokens;
mod flights;
mod key_ring;
mod measures;
mod recent;
mod refusal;
#[cfg(feature = "client")]
mod remote_source;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::JwkSet;

pub use answer::{Grant, Verified, VerifiedSession, VerifiedUser};
pub use key_ring::{KeyRing, WantedKeys};
pub use measures::Layer;
pub use refusal::Refusal;
#[cfg(feature = "client")]
pub use remote_source::{KEYS_PATH, RECORD_PATH, RecordAnswer, RemoteSource};

use crate::{
    clock::SharedClock,
    id::UserId,
    metrics::Metrics,
    token::{Signed, TokenFault},
    user_cache::{CacheLayer, Epoch, Pending, Trust, UserCache},
    user_record::{UserRecord, UserState},
};
use checked_tokens::CheckedTokens;
use flights::Flights;
use measures::Measures;
use recent::Recent;

/// Where the truth is: the database for a verifier that may read it, a verify-service for one that
/// may not.
pub trait Source: Send + Sync {
    /// The user's record, or `None` if there is no such user. `token` is one of theirs with a good
    /// signature, for a source that wants to see one.
    fn find_user<'a>(
        &'a self,
        user: UserId,
        token: &'a str,
    ) -> Pending<'a, Result<Option<UserRecord>, SourceUnavailable>>;

    /// The public keys that tokens may be signed with.
    fn find_keys(&self) -> Pending<'_, Result<JwkSet, SourceUnavailable>>;
}

/// The source did not answer; the text is for the log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the source of users is out of reach: {0}")]
pub struct SourceUnavailable(pub String);

/// How long an answer of the source is believed when nothing else can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tolerance {
    /// `STALE_MAX`: without a young watermark, how old an answer of the source may be.
    pub stale_max: Duration,
    /// `OUTAGE_GRACE`: without the source, too, how long the last known records are honoured.
    pub outage_grace: Duration,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self { stale_max: Duration::from_secs(2), outage_grace: Duration::from_mins(5) }
    }
}

/// How long after its beginning, beyond `stale_max`, a session that is not known is asked for once more:
/// the age of a watermark that is still believed, and what the clocks may be apart.
const YOUNG: Duration = Duration::from_secs(5);

/// Without a cache, how long a set of keys is used: a key that was revoked counts no longer than this.
const KEYS_FRESH_FOR: Duration = Duration::from_secs(1);

/// How far the clocks may be apart that say when a session began and when the source was asked.
const CLOCK_SKEW: Duration = Duration::from_secs(1);

/// What a first look at a token showed: that its signature was checked before, or nothing.
#[derive(Default)]
pub struct Glimpse(Option<(Trust, Arc<Signed>)>);

/// Answers whose a token is and whether it is good.
pub struct Verifier {
    keys: KeyRing,
    cache: Option<Arc<dyn UserCache>>,
    source: Arc<dyn Source>,
    clock: SharedClock,
    tolerance: Tolerance,
    checked: CheckedTokens,
    recent: Arc<Recent>,
    flights: Flights,
    measures: Measures,
}

impl Verifier {
    /// An engine over these layers, with at most `token_bytes` of checked tokens. Without a cache it
    /// asks the source alone, every time: such a verifier stands beside the source and tolerates
    /// nothing.
    pub fn new(
        keys: KeyRing,
        cache: Option<Arc<dyn UserCache>>,
        source: Arc<dyn Source>,
        clock: SharedClock,
        tolerance: Tolerance,
        token_bytes: u64,
        metrics: &Metrics,
    ) -> Self {
        Self {
            keys,
            cache,
            source,
            clock,
            tolerance,
            checked: CheckedTokens::new(token_bytes, metrics),
            recent: Arc::new(Recent::new(metrics)),
            flights: Flights::default(),
            measures: Measures::new(metrics),
        }
    }

    /// The keys that tokens are checked against.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// Judges a token by what this process knows already: its signature was checked before, and its
    /// user's record is hot and believed.
    ///
    /// # Errors
    /// If somebody has to be asked, or the token is not good: what [`Verifier::verify_further`] goes on
    /// with.
    pub fn verify_hot(&self, token: &str) -> Result<Grant, Glimpse> {
        let started = Instant::now();
        let glimpse = self.glimpse(token).unwrap_or_default();
        let Some((_, token)) = &glimpse.0 else { return Err(glimpse) };
        let hot = self.cache.as_ref().and_then(|cache| cache.near(token.user));
        match hot.map(|user| judge(user, token.clone(), self.clock.now())) {
            Some(Ok(grant)) => {
                self.measures.note(None, Layer::Near, started.elapsed());
                Ok(grant)
            }
            _ => Err(glimpse),
        }
    }

    /// The claims of a token whose signature was checked before with keys that are still published.
    fn glimpse(&self, token: &str) -> Option<Glimpse> {
        let trust = self.trust()?;
        let keys = self.keys.held(&trust.keys)?;
        let signed = self.checked.get(token, &keys, self.clock.now())?;
        Some(Glimpse(Some((trust, signed))))
    }

    /// Judges a token, by asking, that [`Verifier::verify_hot`] has had a look at a moment ago.
    ///
    /// # Errors
    /// As [`Verifier::verify_request`].
    pub async fn verify_further(&self, token: &str, seen: Glimpse) -> Result<Grant, Refusal> {
        let started = Instant::now();
        let mut layer = Layer::Token;
        let result = match seen.0 {
            Some((trust, signed)) => self.verify_session(Some(trust), signed, token, &mut layer).await,
            None => self.verify(token, &mut layer).await,
        };
        self.measures.note(result.as_ref().err(), layer, started.elapsed());
        result
    }

    /// Judges the tokens that one request brought.
    ///
    /// More than one means that somebody planted a cookie: the request passes only if exactly one
    /// of them is good.
    ///
    /// # Errors
    /// Why the request is not let through. An outage is never told as a bad token.
    pub async fn verify_request(&self, tokens: &[String]) -> Result<Grant, Refusal> {
        let started = Instant::now();
        let mut layer = Layer::Token;
        let result = self.verify_all(tokens, &mut layer).await;
        self.measures.note(result.as_ref().err(), layer, started.elapsed());
        result
    }

    async fn verify_all(&self, tokens: &[String], layer: &mut Layer) -> Result<Grant, Refusal> {
        let mut good = None;
        let mut refusal = Refusal::MissingToken;
        for token in tokens {
            match self.verify(token, layer).await {
                Ok(_) if good.is_some() => return Err(Refusal::InvalidToken),
                Ok(grant) => good = Some(grant),
                Err(Refusal::Unavailable(cause)) => return Err(Refusal::Unavailable(cause)),
                Err(other) if refusal == Refusal::MissingToken => refusal = other,
                Err(_) => {}
            }
        }
        good.ok_or(refusal)
    }

    async fn verify(&self, token: &str, layer: &mut Layer) -> Result<Grant, Refusal> {
        let trust = self.trust();
        let signed = self.check(token, trust.as_ref()).await?;
        self.verify_session(trust, signed, token, layer).await
    }

    /// Whether the session of a token is alive whose signature is good.
    async fn verify_session(
        &self,
        trust: Option<Trust>,
        signed: Arc<Signed>,
        token: &str,
        layer: &mut Layer,
    ) -> Result<Grant, Refusal> {
        let now = self.clock.now();
        if signed.has_expired(now) {
            return Err(Refusal::ExpiredToken);
        }
        let (known, found_in) = self.find_user(trust, signed.user, token).await?;
        *layer = found_in;
        let version = known.version();
        match judge(known, signed.clone(), now) {
            // What is known may be a moment older than the session itself.
            Err(_) if self.is_young(&signed, version) => {
                *layer = Layer::Source;
                let asked = Instant::now();
                let found = self.source.find_user(signed.user, token).await?;
                let state = found.map_or(UNKNOWN, UserState::from);
                self.recent.keep(signed.user, state.clone(), asked);
                judge(state, signed, now)
            }
            verdict => verdict,
        }
    }

    /// Whether the session began so lately that a record of this version may be from before it. It is not
    /// if the source was asked since and knew nothing newer.
    fn is_young(&self, token: &Signed, version: i64) -> bool {
        let age = (self.clock.now() - token.session.created_at()).abs();
        let Ok(age) = age.to_std() else { return false };
        let asked_since = || {
            self.recent.get(token.user).is_some_and(|(state, asked)| {
                state.version() <= version && asked.elapsed() + CLOCK_SKEW < age
            })
        };
        age < self.tolerance.stale_max + YOUNG && !asked_since()
    }

    /// What a token says that one of our keys signed. Says nothing of the session.
    ///
    /// # Errors
    /// [`Refusal::InvalidToken`], or [`Refusal::Unavailable`] without keys to check with.
    pub async fn check_signature(&self, token: &str) -> Result<Arc<Signed>, Refusal> {
        self.check(token, self.trust().as_ref()).await
    }

    async fn check(&self, token: &str, trust: Option<&Trust>) -> Result<Arc<Signed>, Refusal> {
        let keys = self.keys.current(self.wanted_keys(trust)).await?;
        if let Some(signed) = self.checked.get(token, &keys, self.clock.now()) {
            return Ok(signed);
        }
        let checked = match keys.check(token) {
            Err(TokenFault::UnknownKey) => match self.keys.newer_than(&keys).await? {
                Some(newer) => newer.check(token),
                None => Err(TokenFault::UnknownKey),
            },
            checked => checked,
        };
        let signed = Arc::new(checked.map_err(|_: TokenFault| Refusal::InvalidToken)?);
        if !signed.has_expired(self.clock.now()) {
            self.checked.keep(token, signed.clone());
        }
        Ok(signed)
    }

    /// What the source says of the user whom a token with a good signature names, for a verifier that
    /// may not ask the source itself. It is asked now: an answer to somebody who asked before would be
    /// older than the asker thinks.
    ///
    /// # Errors
    /// Why the token does not count, or that the source is out of reach.
    pub async fn find_record(&self, token: &str) -> Result<Option<Arc<UserRecord>>, Refusal> {
        let signed = self.check_signature(token).await?;
        if signed.has_expired(self.clock.now()) {
            return Err(Refusal::ExpiredToken);
        }
        if self.recent.is_unknown(signed.user) {
            return Ok(None);
        }
        Ok(self.source.find_user(signed.user, token).await?.map(Arc::new))
    }

    /// The public keys as the source has them now, for a verifier that may not ask it itself.
    ///
    /// # Errors
    /// When the source is out of reach.
    pub async fn find_keys(&self) -> Result<JwkSet, Refusal> {
        Ok(self.source.find_keys().await?)
    }

    fn trust(&self) -> Option<Trust> {
        self.cache.as_ref()?.trust()
    }

    /// Which set of keys is the right one, as far as the cache says.
    fn wanted_keys(&self, trust: Option<&Trust>) -> WantedKeys {
        match (&self.cache, trust) {
            // Nobody tells of a key that was revoked.
            (None, _) => WantedKeys::YoungerThan(KEYS_FRESH_FOR),
            (Some(_), Some(trust)) => WantedKeys::These(trust.keys.clone()),
            (Some(_), None) => WantedKeys::YoungerThan(self.tolerance.stale_max),
        }
    }

    async fn find_user(
        &self,
        trust: Option<Trust>,
        id: UserId,
        token: &str,
    ) -> Result<(UserState, Layer), Refusal> {
        let Some(cache) = &self.cache else {
            let found = self.source.find_user(id, token).await?;
            return Ok((found.map_or(UNKNOWN, UserState::from), Layer::Source));
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
        cache: &Arc<dyn UserCache>,
        epoch: Epoch,
        id: UserId,
        token: &str,
    ) -> Result<(UserState, Layer), SourceUnavailable> {
        match cache.get(epoch, id).await {
            Ok(Some((state, CacheLayer::Near))) => return Ok((state, Layer::Near)),
            Ok(Some((state, CacheLayer::Shared))) => return Ok((state, Layer::Shared)),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "the source is asked instead");
                return self.find_without(id, token).await;
            }
        }
        if self.recent.is_unknown(id) {
            return Ok((UNKNOWN, Layer::Source));
        }
        Ok((self.ask_source(id, token, Some((cache.clone(), epoch))).await?, Layer::Source))
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
    async fn find_last_known(&self, cache: &Arc<dyn UserCache>, id: UserId) -> Option<UserState> {
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
    /// nobody who joined later and knows a later one.
    async fn ask_source(
        &self,
        id: UserId,
        token: &str,
        fill: Option<(Arc<dyn UserCache>, Epoch)>,
    ) -> Result<UserState, SourceUnavailable> {
        let (source, recent, token) = (self.source.clone(), self.recent.clone(), token.to_owned());
        let look_up = move || async move {
            let asked = Instant::now();
            let state = source.find_user(id, &token).await?.map_or(UNKNOWN, UserState::from);
            recent.keep(id, state.clone(), asked);
            match fill {
                Some((cache, epoch)) if state != UNKNOWN => Ok(fill_with(&*cache, epoch, id, state).await),
                _ => Ok(state),
            }
        };
        self.flights.join(id, look_up).await
    }
}

/// Fills the cache; what is the newest then.
async fn fill_with(cache: &dyn UserCache, epoch: Epoch, id: UserId, state: UserState) -> UserState {
    match cache.fill(epoch, id, state.clone()).await {
        Ok(true) => state,
        // Something newer came while the source was asked.
        Ok(false) => match cache.get(epoch, id).await {
            Ok(Some((newer, _))) => newer,
            _ => state,
        },
        Err(error) => {
            tracing::warn!(%error, "the record is not kept");
            state
        }
    }
}

/// Whether what the record says lets this token pass.
fn judge(user: UserState, token: Arc<Signed>, now: DateTime<Utc>) -> Result<Grant, Refusal> {
    let UserState::Present(record) = user else { return Err(Refusal::UserNotFound) };
    if record.disabled {
        return Err(Refusal::UserDisabled);
    }
    let session_expires_at = record.sessions.get(token.session).ok_or(Refusal::SessionRevoked)?;
    if session_expires_at <= now {
        return Err(Refusal::ExpiredToken);
    }
    Ok(Grant { record, token, session_expires_at })
}

/// No such user, as far as the source says: older than anything that is ever known of one.
const UNKNOWN: UserState = UserState::Deleted { version: 0 };
