//! The verification engine: whose token is this, and is it still valid?

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use drawbridge_core::{clock::SharedClock, metrics::Metrics};
use jsonwebtoken::jwk::JwkSet;

use crate::{
    answer::Grant,
    checked_tokens::CheckedTokens,
    key_ring::KeyRing,
    layer::Layer,
    look_up::{Found, LookUp},
    measures::Measures,
    refusal::Refusal,
    source::Source,
    token::{AcceptedTokens, SignedToken, TokenFault},
    tolerance::Tolerance,
    user_cache::{Trust, UserCache, WATERMARK_MAX_AGE},
    user_record::UserRecord,
};

/// A follower of the change feed may remember an answer only if it includes every change that was committed this long
/// before the question. It is longer than a trusted watermark may be old.
pub const FOLLOWER_RECORD_MAX_AGE: Duration = Duration::from_secs(2);

/// An answer for a follower of the change feed.
#[derive(Debug, Clone)]
pub struct FollowerGrant {
    /// The valid token.
    pub grant: Grant,
    /// True if the record includes every change that was committed [`FOLLOWER_RECORD_MAX_AGE`] before the question.
    pub is_current: bool,
}

/// What [`Verifier::verify_hot`] has established about a token that it could not accept.
#[derive(Default)]
pub struct HotMiss(Option<CheckedToken>);

/// A token whose signature was checked before, and the trust according to which its key is still published.
struct CheckedToken {
    trust: Trust,
    signed: Arc<SignedToken>,
}

/// Verifies tokens.
pub struct Verifier {
    keys: KeyRing,
    users: LookUp,
    clock: SharedClock,
    checked: CheckedTokens,
    measures: Measures,
}

impl Verifier {
    /// A verifier over these layers, with at most `token_bytes` of checked tokens. Without a cache, every
    /// verification asks the source, and earlier answers are never used. This is right for auth-service,
    /// which owns the data.
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

    /// The public keys.
    pub fn key_ring(&self) -> &KeyRing {
        &self.keys
    }

    /// Accepts a token from memory: its signature was checked before, and the near cache is trusted and has
    /// the user's record. Waits for nothing and copies nothing.
    ///
    /// # Errors
    /// The token is not valid, or memory does not suffice. Continue with [`Verifier::verify_after_miss`];
    /// only then is the verification counted.
    pub fn verify_hot(&self, token: &str, accepted: AcceptedTokens) -> Result<Grant, HotMiss> {
        let started = Instant::now();
        let Some(checked) = self.find_checked_token(token, accepted) else { return Err(HotMiss(None)) };
        let state = self.users.find_near(checked.signed.user);
        match state.map(|state| Grant::from_record(state, checked.signed.clone(), self.clock.now())) {
            Some(Ok(grant)) => {
                self.measures.record(None, Layer::Near, started.elapsed());
                Ok(grant)
            }
            _ => Err(HotMiss(Some(checked))),
        }
    }

    fn find_checked_token(&self, token: &str, accepted: AcceptedTokens) -> Option<CheckedToken> {
        let trust = self.users.trust()?;
        let keys = self.keys.held(&trust.keys.digest)?;
        let signed = self.checked.get(token, &keys, self.clock.now())?;
        signed.purpose.is_accepted(accepted).then_some(CheckedToken { trust, signed })
    }

    /// Verifies a token that [`Verifier::verify_hot`] could not accept.
    ///
    /// # Errors
    /// Like [`Verifier::verify_request`].
    pub async fn verify_after_miss(
        &self,
        token: &str,
        accepted: AcceptedTokens<'_>,
        miss: HotMiss,
    ) -> Result<Grant, Refusal> {
        let started = Instant::now();
        let mut layer = Layer::Token;
        let result = match miss.0 {
            Some(CheckedToken { trust, signed }) => {
                self.verify_session(Some(trust), signed, token, &mut layer).await
            }
            None => self.verify(token, accepted, &mut layer).await,
        };
        self.measures.record(result.as_ref().err(), layer, started.elapsed());
        result
    }

    /// Verifies the tokens sent with one request.
    ///
    /// Several tokens mean that a sibling host has planted a cookie. The request is then accepted only if
    /// exactly one of them is valid.
    ///
    /// # Errors
    /// Why the request is refused. An outage is always [`Refusal::Unavailable`].
    pub async fn verify_request(
        &self,
        tokens: &[String],
        accepted: AcceptedTokens<'_>,
    ) -> Result<Grant, Refusal> {
        let started = Instant::now();
        let mut layer = Layer::Token;
        let result = self.verify_all(tokens, accepted, &mut layer).await;
        self.measures.record(result.as_ref().err(), layer, started.elapsed());
        result
    }

    /// Verifies the token of a follower of the change feed.
    ///
    /// # Errors
    /// Like [`Verifier::verify_request`].
    pub async fn verify_for_follower(
        &self,
        token: &str,
        accepted: AcceptedTokens<'_>,
    ) -> Result<FollowerGrant, Refusal> {
        let started = Instant::now();
        let mut layer = Layer::Token;
        let result = self.verify(token, accepted, &mut layer).await;
        self.measures.record(result.as_ref().err(), layer, started.elapsed());
        let grant = result?;
        let is_current = match layer {
            // The watermark was current when the verification started.
            Layer::Near | Layer::Shared => WATERMARK_MAX_AGE + started.elapsed() < FOLLOWER_RECORD_MAX_AGE,
            // The lookup may have started before the verification.
            Layer::Source | Layer::Recent => {
                self.users.was_asked_within(grant.record(), FOLLOWER_RECORD_MAX_AGE)
            }
            Layer::Token | Layer::LastKnown => false,
        };
        Ok(FollowerGrant { grant, is_current })
    }

    async fn verify_all(
        &self,
        tokens: &[String],
        accepted: AcceptedTokens<'_>,
        layer: &mut Layer,
    ) -> Result<Grant, Refusal> {
        let mut valid = None;
        let mut refusal = Refusal::MissingToken;
        for token in tokens {
            match self.verify(token, accepted, layer).await {
                Ok(_) if valid.is_some() => return Err(Refusal::InvalidToken),
                Ok(grant) => valid = Some(grant),
                Err(Refusal::Unavailable(cause)) => return Err(Refusal::Unavailable(cause)),
                Err(first) if refusal == Refusal::MissingToken => refusal = first,
                Err(_) => {}
            }
        }
        valid.ok_or(refusal)
    }

    async fn verify(
        &self,
        token: &str,
        accepted: AcceptedTokens<'_>,
        layer: &mut Layer,
    ) -> Result<Grant, Refusal> {
        let trust = self.users.trust();
        let signed = self.check(token, trust.as_ref()).await?;
        if !signed.purpose.is_accepted(accepted) {
            return Err(Refusal::InvalidToken);
        }
        self.verify_session(trust, signed, token, layer).await
    }

    /// Verifies the session of a validly signed token.
    async fn verify_session(
        &self,
        trust: Option<Trust>,
        signed: Arc<SignedToken>,
        token: &str,
        layer: &mut Layer,
    ) -> Result<Grant, Refusal> {
        let now = self.clock.now();
        if signed.has_expired(now) {
            return Err(Refusal::ExpiredToken);
        }
        let Found { state, layer: found_in } = self.users.find(trust, signed.user, token).await?;
        *layer = found_in;
        let version = state.version();
        let refusal = match Grant::from_record(state, signed.clone(), now) {
            Ok(grant) => return Ok(grant),
            Err(refusal) => refusal,
        };
        // The record may be slightly older than the session.
        let newer = self.users.find_newer(&signed, version, self.clock.now(), token).await;
        if !matches!(newer, Ok(None)) {
            *layer = Layer::Source;
        }
        newer?.map_or(Err(refusal), |newer| Grant::from_record(newer, signed, now))
    }

    /// Checks that one of our keys signed the token, and its purpose. The token may have expired, and its session may
    /// have ended.
    ///
    /// # Errors
    /// [`Refusal::InvalidToken`], or [`Refusal::Unavailable`] if there are no keys to check with.
    pub async fn check_signature(
        &self,
        token: &str,
        accepted: AcceptedTokens<'_>,
    ) -> Result<Arc<SignedToken>, Refusal> {
        let signed = self.check_signature_only(token).await?;
        if signed.purpose.is_accepted(accepted) { Ok(signed) } else { Err(Refusal::InvalidToken) }
    }

    /// Checks that one of our keys signed the token, which may have any purpose. The token may have expired, and its
    /// session may have ended.
    ///
    /// # Errors
    /// [`Refusal::InvalidToken`], or [`Refusal::Unavailable`] if there are no keys to check with.
    pub async fn check_signature_only(&self, token: &str) -> Result<Arc<SignedToken>, Refusal> {
        self.check(token, self.users.trust().as_ref()).await
    }

    async fn check(&self, token: &str, trust: Option<&Trust>) -> Result<Arc<SignedToken>, Refusal> {
        let keys = self.keys.current(self.users.wanted_keys(trust)).await?;
        if let Some(signed) = self.checked.get(token, &keys, self.clock.now()) {
            return Ok(signed);
        }
        let checked = match keys.check(token) {
            Err(TokenFault::UnknownKey) => self.keys.newer_than(&keys).await?.check(token),
            checked => checked,
        };
        let signed = Arc::new(checked.map_err(|_: TokenFault| Refusal::InvalidToken)?);
        if !signed.has_expired(self.clock.now()) {
            self.checked.insert(token, signed.clone());
        }
        Ok(signed)
    }

    /// Loads the record of the user named in a validly signed token, on behalf of a verifier without database
    /// access. The source is always asked: a shared answer could be older than that verifier's question.
    ///
    /// # Errors
    /// Why the token is refused, or that the source is out of reach.
    pub async fn find_record(&self, token: &str) -> Result<Option<Arc<UserRecord>>, Refusal> {
        let signed = self.check(token, self.users.trust().as_ref()).await?;
        if signed.has_expired(self.clock.now()) {
            return Err(Refusal::ExpiredToken);
        }
        Ok(self.users.find_for_other_verifier(signed.user, token).await?.map(Arc::new))
    }

    /// Loads the public keys from the source, on behalf of a verifier without database access.
    ///
    /// # Errors
    /// The source is out of reach.
    pub async fn find_keys(&self) -> Result<JwkSet, Refusal> {
        Ok(self.keys.find_published().await?)
    }
}
