//! Renewal of tokens for users behind a gateway: auth-service issues the new token, and this service passes
//! it on.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use actix_web::http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use drawbridge_core::{
    id::SessionId,
    metrics::Metrics,
    origin::Origin,
    settings::{Reader, Setting},
};
use drawbridge_http::{
    replicas::{Replicas, Retry, Unreachable},
    request_id::{REQUEST_ID, RequestId},
};
use prometheus_client::metrics::counter::Counter;
use quick_cache::unsync::Cache;

const AUTH_SERVICE_URL: Setting = Setting::new(
    "AUTH_SERVICE_URL",
    "Where verify-service renews tokens for users behind a gateway, and has proofs for the change feed checked; if this \
     is unset, no tokens are renewed, and the feed accepts only keys.",
)
.values("origins, separated by commas");

/// The minimum time between two renewals of one session. Even a gateway that does not pass on `Set-Cookie`
/// causes only one call in this time.
const RENEWAL_COOLDOWN: Duration = Duration::from_secs(30);

/// How long a response waits for the new token.
const RENEWAL_TIMEOUT: Duration = Duration::from_millis(300);

/// How many recently renewed sessions are remembered.
const MAX_REMEMBERED_SESSIONS: usize = 10_000;

/// Has auth-service renew tokens.
pub(crate) struct Renewal {
    auth_service: Replicas,
    /// When sessions were last renewed.
    recent: Mutex<Cache<SessionId, Instant>>,
    renewals: Counter,
}

impl Renewal {
    /// Reads `AUTH_SERVICE_URL`.
    pub(crate) fn read_origins(reader: &mut Reader) -> Vec<Origin> {
        reader.optional(AUTH_SERVICE_URL, Origin::parse_list).unwrap_or_default()
    }

    pub(crate) fn new(auth_service: Replicas, metrics: &Metrics) -> Self {
        Self {
            auth_service,
            recent: Mutex::new(Cache::new(MAX_REMEMBERED_SESSIONS)),
            renewals: metrics.renewals.get_or_create_owned(&[]),
        }
    }

    /// Returns true if the session was not renewed during the last [`RENEWAL_COOLDOWN`].
    pub(crate) fn may_renew(&self, session: SessionId) -> bool {
        self.recent().peek(&session).is_none_or(|at| at.elapsed() > RENEWAL_COOLDOWN)
    }

    /// Adds a cookie with a new token to a response. If that fails, a later request tries again, because the
    /// old token stays valid until it expires.
    pub(crate) async fn renew(
        &self,
        session: SessionId,
        token: &str,
        request_id: Option<&RequestId>,
        headers: &mut HeaderMap,
    ) {
        self.recent().insert(session, Instant::now());
        let answer = self.auth_service.send(Retry::Idempotent, |client, origin| {
            let request = client.post(format!("{origin}/api/refresh")).bearer_auth(token);
            match request_id {
                Some(id) => request.header(REQUEST_ID.as_str(), id.as_str()),
                None => request,
            }
        });
        let answer = tokio::time::timeout(RENEWAL_TIMEOUT, answer).await;
        match answer.unwrap_or_else(|elapsed| Err(Unreachable(elapsed.to_string()))) {
            Ok(answer) if answer.status().is_success() => {
                for cookie in answer.headers().get_all(SET_COOKIE.as_str()) {
                    if let Ok(cookie) = HeaderValue::from_bytes(cookie.as_bytes()) {
                        headers.append(SET_COOKIE, cookie);
                    }
                }
                self.renewals.inc();
            }
            Ok(answer) => {
                let status = answer.status();
                tracing::warn!(%status, "token renewal failed; retrying on a later request");
            }
            Err(error) => tracing::warn!(%error, "token renewal failed; retrying on a later request"),
        }
    }

    fn recent(&self) -> MutexGuard<'_, Cache<SessionId, Instant>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
