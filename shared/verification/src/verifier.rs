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

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::jwk::JwkSet;

use crate::{
    answer::Grant,
    checked_tokens::CheckedTokens,
    key_ring::{KeyRing, WantedKeys},
    look_up::LookUp,
    measures::{Layer, Measures},
    refusal::Refusal,
    source::Source,
    tolerance::Tolerance,
};
use crate::{
    token::{Signed, TokenFault},
    user_cache::{Trust, UserCache},
    user_record::{UserRecord, UserState},
};
use drawbridge_core::{clock::SharedClock, metrics::Metrics};

/// How long after its beginning, beyond `stale_max`, a session that is not known is asked for once more:
/// the age of a watermark that is still believed, and what the clocks may be apart.
const YOUNG: Duration = Duration::from_secs(5);

/// How far the clocks may be apart that say when a session began and when the source was asked.
const CLOCK_SKEW: Duration = Duration::from_secs(1);

/// What a first look at a token showed: that its signature was checked before, or nothing.
#[derive(Default)]
pub struct Glimpse(Option<(Trust, Arc<Signed>)>);

/// Answers whose a token is and whether it is good.
pub struct Verifier {
    keys: KeyRing,
    users: LookUp,
    clock: SharedClock,
    checked: CheckedTokens,
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
            users: LookUp::new(cache, source, tolerance, metrics),
            clock,
            checked: CheckedTokens::new(token_bytes, metrics),
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
        let hot = self.users.near(token.user);
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
        let keys = self.keys.held(&trust.keys.digest)?;
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
        let (known, found_in) = self.users.find(trust, signed.user, token).await?;
        *layer = found_in;
        let version = known.version();
        match judge(known, signed.clone(), now) {
            // What is known may be a moment older than the session itself.
            Err(_) if self.is_young(&signed, version) => {
                *layer = Layer::Source;
                let state = self.users.ask_now(signed.user, token).await?;
                judge(state, signed, now)
            }
            verdict => verdict,
        }
    }

    /// Whether the session began so lately that a record of this version may be from before it. It is not
    /// if the source was asked since and knew nothing newer.
    fn is_young(&self, token: &Signed, version: i64) -> bool {
        let age = self.clock.now() - token.session.created_at();
        let is_from_the_future = age < TimeDelta::zero();
        let Ok(age) = age.abs().to_std() else { return false };
        let asked_since = || {
            self.users.said_last(token.user).is_some_and(|(state, asked)| {
                state.version() <= version && asked.elapsed() + CLOCK_SKEW < age
            })
        };
        age < self.users.tolerance().stale_max + YOUNG && (is_from_the_future || !asked_since())
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
            Err(TokenFault::UnknownKey) => self.keys.newer_than(&keys).await?.check(token),
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
        Ok(self.users.read(signed.user, token).await?.map(Arc::new))
    }

    /// The public keys as the source has them now, for a verifier that may not ask it itself.
    ///
    /// # Errors
    /// When the source is out of reach.
    pub async fn find_keys(&self) -> Result<JwkSet, Refusal> {
        Ok(self.users.source().find_keys().await?)
    }

    fn trust(&self) -> Option<Trust> {
        self.users.cache()?.trust()
    }

    /// Which set of keys is the right one, as far as the cache says.
    fn wanted_keys(&self, trust: Option<&Trust>) -> WantedKeys {
        match (self.users.cache(), trust) {
            // Nobody tells of a key that was revoked.
            (None, _) => WantedKeys::YoungerThan(KeyRing::FRESH_FOR, None),
            (Some(_), Some(trust)) => WantedKeys::These(trust.keys.clone()),
            (Some(cache), None) => {
                WantedKeys::YoungerThan(self.users.tolerance().stale_max, cache.told_keys())
            }
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
