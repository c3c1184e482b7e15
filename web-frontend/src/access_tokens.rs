//! Access tokens for upstreams: exchanged at auth-service, kept, and renewed at half their lifetime, so that an outage
//! of auth-service ends nothing.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::{
    audience::Audience, bounded_cache::BoundedCache, clock::SharedClock, metrics::Metrics,
};
use drawbridge_http::problem::Problem;

use crate::auth_client::{AuthClient, BrowserContext};

/// How much memory the tokens may use.
const CACHE_BYTES: u64 = 16 * 1024 * 1024;

/// The size of an entry besides the token: the digest, the times and the share of the tables.
const ENTRY_BYTES: u64 = 224;

/// The minimum time between two attempts to renew a token.
const RENEWAL_RETRY_INTERVAL: Duration = Duration::from_secs(5);

/// Access tokens by session token and audience. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AccessTokens {
    auth: Arc<AuthClient>,
    clock: SharedClock,
    cache: Arc<BoundedCache<TokenKey, Arc<AccessToken>>>,
}

/// The SHA-256 of a session token and an audience.
type TokenKey = [u8; 32];

/// An access token.
pub(crate) struct AccessToken {
    text: String,
    renew_at: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    last_renewal: Mutex<Option<Instant>>,
}

impl fmt::Debug for AccessToken {
    /// Leaves the token out, which is secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl AccessToken {
    /// A token that was received at `now` and is valid for `lifetime`.
    pub(crate) fn new(text: String, now: DateTime<Utc>, lifetime: TimeDelta) -> Self {
        Self {
            text,
            renew_at: now + lifetime / 2,
            expires_at: now + lifetime,
            last_renewal: Mutex::new(None),
        }
    }

    /// The token as text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns true once per [`RENEWAL_RETRY_INTERVAL`].
    fn may_renew(&self) -> bool {
        let mut last = self.last_renewal.lock().unwrap_or_else(PoisonError::into_inner);
        let may = last.is_none_or(|last| last.elapsed() >= RENEWAL_RETRY_INTERVAL);
        if may {
            *last = Some(Instant::now());
        }
        may
    }
}

impl AccessTokens {
    pub(crate) fn new(auth: Arc<AuthClient>, clock: SharedClock, metrics: &Metrics) -> Self {
        let weigh = |_: &TokenKey, token: &Arc<AccessToken>| token.text.len() as u64 + ENTRY_BYTES;
        let cache = Arc::new(BoundedCache::new("access_tokens", CACHE_BYTES, weigh, metrics));
        Self { auth, clock, cache }
    }

    /// An access token for the session of a token that was just verified; `None` if auth-service refuses it.
    ///
    /// # Errors
    /// No token is kept, and auth-service cannot be reached.
    pub(crate) async fn get(
        &self,
        session_token: &str,
        audience: &Audience,
        browser: impl FnOnce() -> BrowserContext,
    ) -> Result<Option<Arc<AccessToken>>, Problem> {
        let key = token_key(session_token, audience);
        let Some(kept) = self.find_kept(&key) else {
            return self.exchange(key, session_token, audience, browser()).await;
        };
        if kept.renew_at <= self.clock.now() && kept.may_renew() {
            let (tokens, session_token, audience) =
                (self.clone(), session_token.to_owned(), audience.clone());
            let browser = browser();
            actix_web::rt::spawn(async move {
                if let Err(problem) = tokens.exchange(key, &session_token, &audience, browser).await {
                    let cause = problem.cause().unwrap_or_else(|| problem.detail());
                    tracing::warn!(cause, "access token not renewed; retrying shortly");
                }
            });
        }
        Ok(Some(kept))
    }

    /// A token that is kept and has not expired, for use while nobody can say whether the session is still valid. The
    /// upstream verifies it.
    pub(crate) fn find_kept_for(&self, session_token: &str, audience: &Audience) -> Option<Arc<AccessToken>> {
        self.find_kept(&token_key(session_token, audience))
    }

    fn find_kept(&self, key: &TokenKey) -> Option<Arc<AccessToken>> {
        self.cache.get(key).filter(|token| token.expires_at > self.clock.now())
    }

    async fn exchange(
        &self,
        key: TokenKey,
        session_token: &str,
        audience: &Audience,
        browser: BrowserContext,
    ) -> Result<Option<Arc<AccessToken>>, Problem> {
        let exchanged = self.auth.exchange(session_token, audience, browser).await?;
        let Some(token) = exchanged.map(Arc::new) else {
            self.cache.remove(&key);
            return Ok(None);
        };
        self.cache.insert(key, token.clone());
        Ok(Some(token))
    }
}

fn token_key(session_token: &str, audience: &Audience) -> TokenKey {
    let text = format!("{session_token} {audience}");
    digest(&SHA256, text.as_bytes()).as_ref().try_into().unwrap_or_default()
}
