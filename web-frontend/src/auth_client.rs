//! The way to auth-service: requests go over with the token as a bearer token, and what comes back
//! is told apart from an outage.

mod answer;
mod call;

use std::{borrow::Cow, net::IpAddr, time::Duration};

use actix_web::{
    HttpRequest,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
};
use drawbridge_cookies::{
    device_cookie::{self, DEVICE},
    session_cookie::SessionCookie,
};
use drawbridge_core::{clock::SharedClock, metrics::Metrics, origin::Origin, settings::Timeouts};
use drawbridge_http::{
    REQUEST_ID, RequestId, cookie_fields,
    forwarded::{self, LANGUAGE, USER_AGENT},
    problem::Problem,
    proxy_identity::{PROXY_IDENTITY, ProxyIdentity},
    replicas::Replicas,
    token_headers,
};
use serde::Serialize;

pub(crate) use answer::{Answer, Refused};
use call::Outcome;
pub(crate) use call::{Call, Method};

use drawbridge_guard::forget_redirects;

use crate::{app::App, language::Language};

/// What goes over.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    call: Call,
    path: Cow<'static, str>,
    query: Option<String>,
    tokens: Vec<String>,
    /// Content type and body.
    body: Option<(String, Vec<u8>)>,
    id: Option<RequestId>,
    /// Whom the call is made for.
    client: IpAddr,
    /// What the browser shows of having been here before.
    device: Option<String>,
    browser: String,
    language: Language,
}

impl Request {
    /// A call for whoever sent `request`.
    pub(crate) fn new(app: &App, request: &HttpRequest, call: Call) -> Self {
        Self {
            path: Cow::Borrowed(call.path),
            call,
            query: None,
            tokens: app.cookie.tokens(&token_headers(request.headers())),
            body: None,
            id: RequestId::of(request),
            client: app.client_address(request),
            device: device_cookie::read(cookie_fields(request.headers()), app.cookie.policy()),
            browser: browser(request.headers()),
            language: Language::of(request.headers(), app.cookie.is_secure()),
        }
    }

    /// With an identifier in the path, which must be one: hexadecimal with dashes, or base64url.
    pub(crate) fn id(mut self, id: &str) -> Option<Self> {
        let is_id = (1..=64).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        self.path = Cow::Owned(self.call.path.replace("{id}", id));
        is_id.then_some(self)
    }

    /// With a query.
    pub(crate) fn query(self, query: impl Into<String>) -> Self {
        Self { query: Some(query.into()).filter(|query| !query.is_empty()), ..self }
    }

    /// With a body as a client sent it.
    pub(crate) fn body(self, content_type: &str, body: Vec<u8>) -> Self {
        Self { body: Some((content_type.to_owned(), body)), ..self }
    }

    /// With a body of ours.
    pub(crate) fn json(self, body: &impl Serialize) -> Result<Self, Problem> {
        Ok(self.body("application/json", serde_json::to_vec(body).map_err(Problem::internal)?))
    }
}

/// How a browser describes itself.
fn browser(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
    forwarded::user_agent(&agent.unwrap_or_default())
}

/// The client of auth-service.
pub(crate) struct AuthClient {
    replicas: Replicas,
    answer_within: Duration,
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
        Self { replicas, answer_within: timeouts.answer, identity, cookie, clock }
    }

    /// Makes the call. Only an outage is an error; a refusal is an answer like others.
    pub(crate) async fn send(&self, request: Request) -> Result<Answer, Problem> {
        let outage = |cause: String| {
            Problem::unavailable("Signing in and out is not possible just now. Try again shortly.", cause)
        };
        let (call, path) = (&request.call, request.path.as_ref());
        let query = request.query.as_ref().map(|query| format!("?{query}")).unwrap_or_default();
        let forwarded = self.cookie.forward(&request.tokens);
        let incoming = self.replicas.send(call.retry, |client, origin| {
            let method = call.method();
            let proof = self.identity.prove(self.clock.now(), method.as_str(), path, request.client);
            let mut outgoing = client
                .request(method, format!("{origin}{path}{query}"))
                .timeout(call.patience(self.answer_within))
                .header(PROXY_IDENTITY, proof)
                .header(LANGUAGE, request.language.code())
                .header(USER_AGENT, &request.browser);
            if let Some(tokens) = &forwarded {
                outgoing = outgoing.header(tokens.header, &tokens.value);
            }
            if let Some(id) = &request.id {
                outgoing = outgoing.header(REQUEST_ID.as_str(), id.as_str());
            }
            if let Some(device) = &request.device {
                outgoing = outgoing.header(DEVICE, device);
            }
            if let Some((content_type, body)) = &request.body {
                outgoing = outgoing.header(header::CONTENT_TYPE.as_str(), content_type).body(body.clone());
            }
            outgoing
        });
        let incoming = incoming.await.map_err(|error| outage(error.to_string()))?;
        self.read(call, incoming).await.map_err(outage)
    }

    async fn read(&self, call: &Call, incoming: reqwest::Response) -> Result<Answer, String> {
        let status = incoming.status().as_u16();
        let status = StatusCode::from_u16(status).map_err(|error| error.to_string())?;
        let headers = Answer::HANDED_ON.into_iter().filter_map(|name| {
            let value = incoming.headers().get(name.as_str())?.to_str().ok()?.to_owned();
            Some((name, value))
        });
        let headers = headers.collect();
        let body = incoming.json().await.map_err(|error| format!("auth-service: {error:?}"))?;
        let mut answer = Answer { status, body, cookies: Vec::new(), headers };
        if !status.is_success() {
            return match answer.refusal() {
                Some(_) => Ok(answer),
                None => {
                    Err(format!("auth-service, or something before it, answered {status} without a code"))
                }
            };
        }
        match answer.take_token() {
            Some((token, expires_at)) => {
                answer.cookies = self.cookie.issue(&token, expires_at, self.clock.now());
                if let Some(device) = answer.take_text("device") {
                    answer.cookies.push(device_cookie::set(&device, self.cookie.policy()));
                }
            }
            None if call.outcome == Outcome::SignsIn && status == StatusCode::OK => {
                return Err("auth-service handed out no token: does it have the same MASTER_SECRET as \
                            web-frontend, and do the clocks agree?"
                    .to_owned());
            }
            None => {}
        }
        if call.outcome == Outcome::SignsOut {
            answer.cookies = self.cookie.clear();
            answer.cookies.push(forget_redirects(self.cookie.is_secure()));
        }
        Ok(answer)
    }
}
