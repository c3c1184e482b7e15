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

mod checked_tokens;
mod flights;
mod key_ring;
mod recent;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use jsonwebtoken::jwk::JwkSet;
use serde::{Deserialize, Serialize};

pub use key_ring::{KeyRing, WantedKeys};

use crate::{
    clock::SharedClock,
    id::{SessionId, UserId},
    problem::{Code, Problem},
    token::{Claims, Signed, TokenFault},
    user_cache::{Epoch, Pending, UserCache},
    user_record::{UserRecord, UserState},
};
use checked_tokens::CheckedTokens;
use flights::Flights;
use recent::Recent;

/// Where the truth is: the database, for a verifier that may read it.
pub trait Source: Send + Sync {
    /// The user's record, or `None` if there is no such user.
    fn find_user(&self, user: UserId) -> Pending<'_, Result<Option<UserRecord>, SourceUnavailable>>;

    /// The public keys that tokens may be signed with.
    fn find_keys(&self) -> Pending<'_, Result<JwkSet, SourceUnavailable>>;
}

/// The source did not answer; the text is for the log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the source of users is out of reach: {0}")]
pub struct SourceUnavailable(pub String);

/// A token that is good, and what stands behind it: the `data` of `POST /api/verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// The user.
    pub user: VerifiedUser,
    /// The session.
    pub session: VerifiedSession,
}

/// The user of a verified token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedUser {
    /// The user's id.
    pub id: UserId,
    /// The address as the person wrote it, domain in lower case.
    pub email: String,
    /// Whether the person has shown that the address is theirs.
    pub email_verified: bool,
    /// What the user may do, in the words of the applications behind the guard.
    pub roles: Vec<String>,
}

/// The session of a verified token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedSession {
    /// The session's id.
    pub id: SessionId,
    /// When the person signed in.
    pub created_at: DateTime<Utc>,
    /// When the session ends whatever happens.
    pub expires_at: DateTime<Utc>,
    /// When this token was made.
    pub token_issued_at: DateTime<Utc>,
    /// When this token ends, unless it is renewed before.
    pub token_expires_at: DateTime<Utc>,
}

/// Why a request is not let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No token came.
    MissingToken,
    /// Not a token of ours, or more than one that is good.
    InvalidToken,
    /// Its time is over.
    ExpiredToken,
    /// Its user is gone.
    UserNotFound,
    /// Its user may not sign in.
    UserDisabled,
    /// Its session was ended.
    SessionRevoked,
    /// Nobody could be asked; the text is for the log.
    Unavailable(String),
}

impl Refusal {
    /// The refusal behind the `code` of a verifier's answer, if it is one about the token.
    pub fn from_code(code: &str) -> Option<Self> {
        let refusals = [
            (Code::MissingToken, Self::MissingToken),
            (Code::InvalidToken, Self::InvalidToken),
            (Code::ExpiredToken, Self::ExpiredToken),
            (Code::UserNotFound, Self::UserNotFound),
            (Code::UserDisabled, Self::UserDisabled),
            (Code::SessionRevoked, Self::SessionRevoked),
        ];
        refusals.into_iter().find_map(|(known, refusal)| (known.as_str() == code).then_some(refusal))
    }
}

impl From<SourceUnavailable> for Refusal {
    fn from(error: SourceUnavailable) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let again = "Sign in again.";
        let problem = match refusal {
            Refusal::MissingToken => {
                Self::new(Code::MissingToken, "Sign in, and send the cookie or Authorization: Bearer.")
            }
            Refusal::InvalidToken => Self::new(Code::InvalidToken, again),
            Refusal::ExpiredToken => Self::new(Code::ExpiredToken, again),
            Refusal::UserNotFound => Self::new(Code::UserNotFound, "The account was deleted."),
            Refusal::UserDisabled => Self::new(Code::UserDisabled, "Ask whoever runs this site."),
            Refusal::SessionRevoked => Self::new(Code::SessionRevoked, again),
            Refusal::Unavailable(cause) => {
                return Self::unavailable(
                    "Whether the session is good cannot be checked just now. Try again shortly.",
                    cause,
                );
            }
        };
        problem.unauthenticated()
    }
}

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

/// Answers whose a token is and whether it is good.
pub struct Verifier {
    keys: KeyRing,
    cache: Option<Arc<dyn UserCache>>,
    source: Arc<dyn Source>,
    clock: SharedClock,
    tolerance: Tolerance,
    checked: CheckedTokens,
    recent: Recent,
    flights: Flights,
}

impl Verifier {
    /// An engine over these layers. Without a cache it asks the source alone, every time: such a
    /// verifier stands beside the source and tolerates nothing.
    pub fn new(
        keys: KeyRing,
        cache: Option<Arc<dyn UserCache>>,
        source: Arc<dyn Source>,
        clock: SharedClock,
        tolerance: Tolerance,
    ) -> Self {
        let (checked, recent, flights) = (CheckedTokens::new(), Recent::new(), Flights::default());
        Self { keys, cache, source, clock, tolerance, checked, recent, flights }
    }

    /// The keys that tokens are checked against.
    pub fn keys(&self) -> &KeyRing {
        &self.keys
    }

    /// Judges the tokens that one request brought.
    ///
    /// More than one means that somebody planted a cookie: the request passes only if exactly one
    /// of them is good.
    ///
    /// # Errors
    /// Why the request is not let through. An outage is never told as a bad token.
    pub async fn verify_request(&self, tokens: &[String]) -> Result<Verified, Refusal> {
        let mut good = None;
        let mut refusal = Refusal::MissingToken;
        for token in tokens {
            match self.verify(token).await {
                Ok(_) if good.is_some() => return Err(Refusal::InvalidToken),
                Ok(verified) => good = Some(verified),
                Err(Refusal::Unavailable(cause)) => return Err(Refusal::Unavailable(cause)),
                Err(other) if refusal == Refusal::MissingToken => refusal = other,
                Err(_) => {}
            }
        }
        good.ok_or(refusal)
    }

    /// Judges one token.
    ///
    /// # Errors
    /// Why it is not good.
    pub async fn verify(&self, token: &str) -> Result<Verified, Refusal> {
        let Signed { claims, expired, .. } = self.check_signature(token).await?;
        if expired {
            return Err(Refusal::ExpiredToken);
        }
        let known = self.find_user(claims.sub).await?;
        match self.judge(known, &claims) {
            // What is known may be a moment older than the session itself.
            Err(_) if self.is_young(claims.sid) => {
                let now = self.source.find_user(claims.sub).await?;
                self.judge(now, &claims)
            }
            verdict => verdict,
        }
    }

    /// Whether what the record says lets this token pass.
    fn judge(&self, user: Option<UserRecord>, claims: &Claims) -> Result<Verified, Refusal> {
        let user = user.ok_or(Refusal::UserNotFound)?;
        if user.disabled {
            return Err(Refusal::UserDisabled);
        }
        let expires_at = *user.sessions.get(&claims.sid).ok_or(Refusal::SessionRevoked)?;
        if expires_at <= self.clock.now() {
            return Err(Refusal::ExpiredToken);
        }
        let session = VerifiedSession {
            id: claims.sid,
            created_at: claims.sid.created_at(),
            expires_at,
            token_issued_at: claims.issued_at(),
            token_expires_at: claims.expires_at(),
        };
        let UserRecord { id, email, email_verified, roles, .. } = user;
        Ok(Verified { user: VerifiedUser { id, email, email_verified, roles }, session })
    }

    /// Whether the session began so lately that a record from before it may still be in use.
    fn is_young(&self, session: SessionId) -> bool {
        let age = (self.clock.now() - session.created_at()).abs();
        age.to_std().is_ok_and(|age| age < self.tolerance.stale_max + YOUNG)
    }

    /// What a token says that one of our keys signed. Says nothing of the session.
    ///
    /// # Errors
    /// [`Refusal::InvalidToken`], or [`Refusal::Unavailable`] without keys to check with.
    pub async fn check_signature(&self, token: &str) -> Result<Signed, Refusal> {
        let now = self.clock.now();
        let keys = self.keys.current(self.wanted_keys()).await?;
        if let Some(signed) = self.checked.get(token, &keys, now) {
            return Ok(signed);
        }
        let checked = match keys.check(token, now) {
            Err(TokenFault::UnknownKey) => match self.keys.newer_than(&keys).await? {
                Some(newer) => newer.check(token, now),
                None => Err(TokenFault::UnknownKey),
            },
            checked => checked,
        };
        let signed = checked.map_err(|_: TokenFault| Refusal::InvalidToken)?;
        self.checked.keep(token, &signed);
        Ok(signed)
    }

    /// Which set of keys is the right one, as far as the cache says.
    fn wanted_keys(&self) -> WantedKeys {
        let Some(cache) = &self.cache else { return WantedKeys::YoungerThan(KeyRing::FRESH_FOR) };
        match cache.published_keys() {
            Some(digest) => WantedKeys::These(digest),
            None => WantedKeys::YoungerThan(self.tolerance.stale_max),
        }
    }

    async fn find_user(&self, id: UserId) -> Result<Option<UserRecord>, Refusal> {
        let Some(cache) = &self.cache else { return Ok(self.source.find_user(id).await?) };
        let state = match cache.trusted_epoch() {
            Some(epoch) => self.find_through(cache, epoch, id).await,
            None => self.find_without(id).await,
        };
        let state = match state {
            Ok(state) => state,
            Err(error) => self.find_last_known(cache, id).await.ok_or(Refusal::from(error))?,
        };
        Ok(match state {
            UserState::Present(record) => Some(record),
            UserState::Deleted { .. } => None,
        })
    }

    /// While the watermark is young: the cache, and the source on a miss.
    async fn find_through(
        &self,
        cache: &Arc<dyn UserCache>,
        epoch: Epoch,
        id: UserId,
    ) -> Result<UserState, SourceUnavailable> {
        match cache.get(epoch, id).await {
            Ok(Some((state, _))) => return Ok(state),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(%error, "the source is asked instead");
                return self.find_without(id).await;
            }
        }
        if self.recent.is_unknown(id) {
            return Ok(UNKNOWN);
        }
        let state = self.ask_source(id).await?;
        if state == UNKNOWN {
            return Ok(state);
        }
        match cache.fill(epoch, id, state.clone()).await {
            Ok(true) => {}
            // Something newer came while the source was asked.
            Ok(false) => {
                if let Ok(Some((newer, _))) = cache.get(epoch, id).await {
                    return Ok(newer);
                }
            }
            Err(error) => tracing::warn!(%error, "the record is not kept"),
        }
        Ok(state)
    }

    /// Without a young watermark: the source, whose answer holds for a moment.
    async fn find_without(&self, id: UserId) -> Result<UserState, SourceUnavailable> {
        match self.recent.get(id) {
            Some((state, at)) if at.elapsed() < self.tolerance.stale_max => Ok(state),
            _ => self.ask_source(id).await,
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
            (recent, Some(_)) => cache.last_known(id).await.or(recent.map(|(state, _)| state)),
            (_, None) => None,
        }
    }

    /// Asks the source; whoever asks for the same user meanwhile gets the same answer.
    async fn ask_source(&self, id: UserId) -> Result<UserState, SourceUnavailable> {
        let source = self.source.clone();
        let asked = Instant::now();
        let found = self.flights.join(id, move || async move { source.find_user(id).await }).await;
        let state = found?.map_or(UNKNOWN, UserState::Present);
        self.recent.keep(id, state.clone(), asked);
        Ok(state)
    }
}

/// No such user, as far as the source says: older than anything that is ever known of one.
const UNKNOWN: UserState = UserState::Deleted { version: 0 };
