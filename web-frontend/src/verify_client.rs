//! The client of verify-service for `POST /api/verify`, which this origin offers to applications that cannot reach
//! verify-service itself. The guard has a client of its own.

mod change_feed;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderName},
    },
};
use drawbridge_cookies::session_cookie::SessionCookie;
use drawbridge_core::{metrics::Metrics, origin::Origin, settings::Timeouts};
use drawbridge_guard::Refusal;
use drawbridge_http::{
    REQUEST_ID, RequestId,
    problem::Problem,
    replicas::{Replicas, Retry},
    token_headers,
};
use serde_json::Value;

/// The path of the endpoint, here and at verify-service.
pub(crate) const VERIFY_PATH: &str = "/api/verify";

/// The name of the dependency in metrics and logs. The guard calls its own `verify-service`.
const DEPENDENCY: &str = "verify-service for applications";

/// The headers of a request that verify-service receives, besides the tokens.
const REQUEST_HEADERS: [HeaderName; 2] = [header::ACCEPT, header::CONTENT_TYPE];

/// The headers of a response that the client receives.
const RESPONSE_HEADERS: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::CACHE_CONTROL, header::RETRY_AFTER, header::WWW_AUTHENTICATE];

/// Asks verify-service on behalf of clients of this origin.
pub(crate) struct VerifyClient {
    replicas: Replicas,
    cookie: SessionCookie,
}

impl VerifyClient {
    pub(crate) fn new(
        origins: Vec<Origin>,
        timeouts: Timeouts,
        cookie: SessionCookie,
        metrics: &Metrics,
    ) -> Self {
        Self { replicas: Replicas::new(DEPENDENCY, origins, timeouts, metrics), cookie }
    }

    /// Passes a request on, and returns what verify-service answers.
    ///
    /// # Errors
    /// verify-service cannot be reached, or something else answers in its place.
    pub(crate) async fn verify(&self, request: &HttpRequest, body: &[u8]) -> Result<HttpResponse, Problem> {
        let tokens = self.cookie.forward(&self.cookie.tokens(&token_headers(request.headers())));
        let id = RequestId::of(request);
        let received = self
            .replicas
            .send(Retry::Idempotent, |client, origin| {
                let mut outgoing = client.post(format!("{origin}{VERIFY_PATH}")).body(body.to_vec());
                for name in REQUEST_HEADERS {
                    if let Some(value) = request.headers().get(&name) {
                        outgoing = outgoing.header(name.as_str(), value.as_bytes());
                    }
                }
                if let Some(tokens) = &tokens {
                    outgoing = outgoing.header(tokens.header, &tokens.value);
                }
                if let Some(id) = &id {
                    outgoing = outgoing.header(REQUEST_ID.as_str(), id.as_str());
                }
                outgoing
            })
            .await
            .map_err(|error| outage(error.to_string()))?;
        respond(received).await
    }
}

/// The response to the client. Only verify-service answers with data or with a code.
async fn respond(received: reqwest::Response) -> Result<HttpResponse, Problem> {
    let status = received.status();
    let headers = received.headers().clone();
    let body = received.bytes().await.map_err(|error| outage(format!("verify-service: {error:?}")))?;
    let member = if status == reqwest::StatusCode::OK { "data" } else { "code" };
    let is_answer = serde_json::from_slice::<Value>(&body).is_ok_and(|answer| answer.get(member).is_some());
    let status = StatusCode::from_u16(status.as_u16()).ok().filter(|_| is_answer).ok_or_else(|| {
        outage(format!("verify-service, or a program in front of it, answered {status} without {member}"))
    })?;
    let mut response = HttpResponse::build(status);
    for name in RESPONSE_HEADERS {
        if let Some(value) = headers.get(name.as_str()) {
            response.insert_header((name, value.as_bytes()));
        }
    }
    Ok(response.body(body))
}

fn outage(cause: String) -> Problem {
    Refusal::Unavailable(cause).into()
}
