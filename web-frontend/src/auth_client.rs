//! The client of auth-service. It forwards the session token and the properties of the browser, turns tokens
//! in responses into cookies, and distinguishes refusals from outages.

pub(crate) mod bodies;
mod document;
mod endpoint;
mod exchange;
mod pass_on;
mod registered_origins;
mod request;
mod response;

use std::{net::IpAddr, time::Duration};

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
    problem::{Code, Problem},
    replicas::Replicas,
};
use secrecy::ExposeSecret;

use endpoint::SessionEffect;
pub(crate) use endpoint::{AuthEndpoint, EndpointMethod};
pub(crate) use pass_on::is_from_frontend;
pub(crate) use request::{AuthRequest, BrowserContext};
pub(crate) use response::{AuthRefusal, AuthResponse};

use crate::own_secret::Identity;

/// Refusals of web-frontend itself, about which the browser can do nothing.
const REFUSALS_OF_PROOFS: [Code; 3] = [Code::InvalidProof, Code::UnknownKey, Code::ProofReplayed];

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
    identity: Identity,
    cookie: SessionCookie,
    clock: SharedClock,
}

impl AuthClient {
    pub(crate) fn new(
        origins: Vec<Origin>,
        timeouts: Timeouts,
        identity: Identity,
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
        self.complete(&request, response).map_err(unavailable)
    }

    fn outgoing(
        &self,
        client: &reqwest::Client,
        origin: &Origin,
        request: &AuthRequest,
    ) -> reqwest::RequestBuilder {
        let AuthRequest { endpoint, path, query, body, browser } = request;
        let method = endpoint.method();
        let query = query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let mut outgoing = client
            .request(method, format!("{origin}{path}{query}"))
            .timeout(endpoint.timeout(self.answer_timeout))
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
        self.sign(client, outgoing, browser.address)
    }

    /// Adds the proof, which covers everything else in the request. Every try has a proof of its own.
    fn sign(
        &self,
        client: &reqwest::Client,
        outgoing: reqwest::RequestBuilder,
        address: IpAddr,
    ) -> reqwest::RequestBuilder {
        let complete = outgoing.try_clone().and_then(|outgoing| outgoing.build().ok());
        // A request that cannot be built fails when it is sent.
        let Some(mut request) = complete else { return outgoing };
        self.identity.sign(&mut request, self.clock.now(), address);
        reqwest::RequestBuilder::from_parts(client.clone(), request)
    }

    /// Checks a response, and replaces the tokens in it with cookies.
    fn complete(&self, request: &AuthRequest, mut response: AuthResponse) -> Result<AuthResponse, String> {
        let effect = request.endpoint.effect;
        let status = response.status;
        if !status.is_success() {
            return match response.refusal() {
                Some(refusal) if REFUSALS_OF_PROOFS.iter().any(|code| refusal.is(*code)) => Err(format!(
                    "auth-service refused web-frontend's proof ({}): {} Do both services have the same \
                     WEB_FRONTEND_KEY, and do their clocks agree?",
                    refusal.code, refusal.detail
                )),
                Some(refusal) => {
                    // A token that is refused at the end of a session ends none, so the browser can only forget it.
                    if request.endpoint == AuthEndpoint::LOGOUT && refusal.is_about_token() {
                        response.cookies = self.cookie.clear();
                    }
                    Ok(response)
                }
                None => Err(format!(
                    "auth-service, or a program in front of it, answered {status} without an error code"
                )),
            };
        }
        match response.take_token() {
            Some(issued) => {
                response.cookies =
                    self.cookie.issue(issued.token.expose_secret(), issued.expires_at, self.clock.now());
                response.session_token = Some(issued.token);
                if let Some(device) = response.take_secret("device") {
                    response.cookies.push(device_cookie::set(device.expose_secret(), self.cookie.policy()));
                }
                if effect != SessionEffect::Renews {
                    response.cookies.extend(request.browser.sign_in_count.clone());
                }
            }
            None if effect.needs_token() && status == StatusCode::OK => {
                let cause = "auth-service returned no token. Does it know web-frontend's WEB_FRONTEND_KEY, and do \
                             their clocks agree?";
                return Err(cause.to_owned());
            }
            None => {}
        }
        if effect == SessionEffect::SignsOut {
            response.cookies = self.cookie.clear();
            response.cookies.push(forget_redirects(self.cookie.is_secure()));
        }
        Ok(response)
    }
}
