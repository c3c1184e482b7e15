//! New tokens for people who come through a gateway: auth-service makes them, this service hands
//! them on.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use actix_web::http::header::{HeaderMap, HeaderValue, SET_COOKIE};
use drawbridge_core::{id::SessionId, metrics::Metrics, origin::Origin, settings::Timeouts};
use drawbridge_http::{
    replicas::{OutOfReach, Replicas, Retry},
    request_id::{REQUEST_ID, RequestId},
};
use prometheus_client::metrics::counter::Counter;
use quick_cache::unsync::Cache;

/// How long a session is left alone after its token was renewed: a gateway that does not hand
/// `Set-Cookie` on costs one call in that time and no more.
const PAUSE: Duration = Duration::from_secs(30);

/// How long an answer that is good waits for a new token.
const PATIENCE: Duration = Duration::from_millis(300);

/// How many sessions are remembered for that.
const SESSIONS: usize = 10_000;

/// Has tokens renewed by auth-service.
pub(crate) struct Renewal {
    auth_service: Replicas,
    lately: Mutex<Cache<SessionId, Instant>>,
    renewals: Counter,
}

impl Renewal {
    pub(crate) fn new(auth_service: Vec<Origin>, timeouts: Timeouts, metrics: &Metrics) -> Self {
        Self {
            auth_service: Replicas::new("auth-service", auth_service, timeouts, metrics),
            lately: Mutex::new(Cache::new(SESSIONS)),
            renewals: metrics.renewals.get_or_create_owned(&[]),
        }
    }

    /// Whether the session's token was not renewed a moment ago.
    pub(crate) fn is_open_for(&self, session: SessionId) -> bool {
        let lately = self.lately.lock().unwrap_or_else(PoisonError::into_inner);
        lately.peek(&session).is_none_or(|at| at.elapsed() > PAUSE)
    }

    /// Adds the cookie with a new token to an answer. Where that is not possible just now, the next
    /// request will do: the old one is good for as long again.
    pub(crate) async fn renew(
        &self,
        session: SessionId,
        token: &str,
        id: Option<RequestId>,
        headers: &mut HeaderMap,
    ) {
        self.lately.lock().unwrap_or_else(PoisonError::into_inner).insert(session, Instant::now());
        let answer = self.auth_service.send(Retry::Idempotent, |client, origin| {
            let request = client.post(format!("{origin}/api/refresh")).bearer_auth(token);
            match &id {
                Some(id) => request.header(REQUEST_ID.as_str(), id.as_str()),
                None => request,
            }
        });
        let answer = tokio::time::timeout(PATIENCE, answer).await;
        match answer.unwrap_or_else(|late| Err(OutOfReach(late.to_string()))) {
            Ok(answer) if answer.status().is_success() => {
                for cookie in answer.headers().get_all(SET_COOKIE.as_str()) {
                    if let Ok(cookie) = HeaderValue::from_bytes(cookie.as_bytes()) {
                        headers.append(SET_COOKIE, cookie);
                    }
                }
                self.renewals.inc();
            }
            Ok(answer) => tracing::warn!(status = %answer.status(), "the token is renewed another time"),
            Err(error) => tracing::warn!(%error, "the token is renewed another time"),
        }
    }
}
