//! The client of auth-service. It forwards the session token and the properties of the browser, turns tokens
//! in responses into cookies, and distinguishes refusals from outages.

pub(crate) mod bodies;
mod endpoint;
mod request;
mod response;

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use drawbridge_cookies::{
    device_cookie::{self, DEVICE},
    session_cookie::SessionCookie,
};
use drawbridge_core::{
    clock::SharedClock,
    metrics::Metrics,
    origin::Origin,
    settings::{Reader, Setting, Timeouts},
};
use drawbridge_guard::forget_redirects;
use drawbridge_http::{
    REQUEST_ID,
    forwarded::{LANGUAGE, USER_AGENT},
    problem::Problem,
    proxy_identity::{PROXY_IDENTITY, ProxyIdentity},
    replicas::Replicas,
};
use secrecy::ExposeSecret;

use endpoint::SessionEffect;
pub(crate) use endpoint::{AuthEndpoint, EndpointMethod};
pub(crate) use request::{AuthRequest, BrowserContext};
pub(crate) use response::{AuthRefusal, AuthResponse};

const AUTH_SERVICE_URL: Setting =
    Setting::new("AUTH_SERVICE_URL", "Where auth-service listens.").values("origins, separated by commas");

/// Reads `AUTH_SERVICE_URL`.
pub(crate) fn read_origins(reader: &mut Reader) -> Option<Vec<Origin>> {
    reader.required(AUTH_SERVICE_URL, Origin::parse_list)
}

/// Calls auth-service.
pub(crate) struct AuthClient {
    replicas: Replicas,
    answer_timeout: Duration,
    identity: ProxyIdentity,
    cookie: SessionCookie,
    clock: SharedClock,
}

impl AuthClient {
    pub(crate) fn new(
        origins: Vec<Origin>,
        timeouts: Timeouts,
        identity: ProxyIdentity,
        cookie: SessionCookie,
        clock: SharedClock,
        metrics: &Metrics,
    ) -> Self {
        let replicas = Replicas::new("auth-service", origins, timeouts, metrics);
        Self { replicas, answer_timeout: timeouts.answer, identity, cookie, clock }
    }

    /// Sends a request. A refusal is a response like any other.
    ///
    /// # Errors
    /// auth-service cannot be reached, or something else answers in its place.
    pub(crate) async fn send(&self, request: AuthRequest) -> Result<AuthResponse, Problem> {
        let unavailable = |cause: String| {
            Problem::unavailable("Signing in and out is not possible right now. Try again shortly.", cause)
        };
        let received = self
            .replicas
            .send(request.endpoint.retry, |client, origin| self.outgoing(client, origin, &request))
            .await
            .map_err(|error| unavailable(error.to_string()))?;
        let response = AuthResponse::receive(received).await.map_err(unavailable)?;
        self.complete(request.endpoint, response).map_err(unavailable)
    }

    fn outgoing(
        &self,
        client: &reqwest::Client,
        origin: &Origin,
        request: &AuthRequest,
    ) -> reqwest::RequestBuilder {
        let AuthRequest { endpoint, path, query, body, browser } = request;
        let method = endpoint.method();
        let proof = self.identity.prove(self.clock.now(), method.as_str(), path, browser.address);
        let query = query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let mut outgoing = client
            .request(method, format!("{origin}{path}{query}"))
            .timeout(endpoint.timeout(self.answer_timeout))
            .header(PROXY_IDENTITY, proof)
            .header(LANGUAGE, browser.language.code())
            .header(USER_AGENT, &browser.user_agent);
        if let Some(tokens) = &browser.tokens {
            outgoing = outgoing.header(tokens.header, &tokens.value);
        }
        if let Some(id) = &browser.request_id {
            outgoing = outgoing.header(REQUEST_ID.as_str(), id.as_str());
        }
        if let Some(device) = &browser.device {
            outgoing = outgoing.header(DEVICE, device.expose_secret());
        }
        if let Some(body) = body {
            outgoing =
                outgoing.header(header::CONTENT_TYPE.as_str(), &body.content_type).body(body.content.clone());
        }
        outgoing
    }

    /// Checks a response, and replaces the tokens in it with cookies.
    fn complete(&self, endpoint: AuthEndpoint, mut response: AuthResponse) -> Result<AuthResponse, String> {
        let status = response.status;
        if !status.is_success() {
            return match response.refusal() {
                Some(_) => Ok(response),
                None => Err(format!(
                    "auth-service, or a program in front of it, answered {status} without an error code"
                )),
            };
        }
        match response.take_token() {
            Some(issued) => {
                response.cookies =
                    self.cookie.issue(issued.token.expose_secret(), issued.expires_at, self.clock.now());
                if let Some(device) = response.take_secret("device") {
                    response.cookies.push(device_cookie::set(device.expose_secret(), self.cookie.policy()));
                }
            }
            None if endpoint.effect == SessionEffect::SignsIn && status == StatusCode::OK => {
                return Err("auth-service returned no token. Does it have the same MASTER_SECRET as \
                            web-frontend, and do their clocks agree?"
                    .to_owned());
            }
            None => {}
        }
        if endpoint.effect == SessionEffect::SignsOut {
            response.cookies = self.cookie.clear();
            response.cookies.push(forget_redirects(self.cookie.is_secure()));
        }
        Ok(response)
    }
}
