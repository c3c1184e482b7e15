//! The way to auth-service: requests go over with the token as a bearer token, and what comes back
//! is told apart from an outage.

use std::{net::IpAddr, time::Duration};

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use shared::{
    clock::SharedClock,
    config::Timeouts,
    device_cookie::{self, DEVICE},
    http::{REQUEST_ID, RequestId},
    metrics::Metrics,
    origin::Origin,
    problem::Problem,
    proxy_identity::{PROXY_IDENTITY, ProxyIdentity},
    replicas::{Replicas, Retry},
    session_cookie::SessionCookie,
};

use crate::guard::attempts;

/// A login waits for other logins' hashes, so its answer may take longer than others.
const LOGIN_WITHIN: Duration = Duration::from_secs(15);

/// A logout waits for other changes of the database, so its answer may take this many times as long.
const LOGOUT_PATIENCE: u32 = 5;

/// The calls of auth-service that are offered on the frontend's origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    Login,
    Register,
    Logout,
    Refresh,
    Me,
}

impl Call {
    fn method(self) -> reqwest::Method {
        match self {
            Self::Me => reqwest::Method::GET,
            _ => reqwest::Method::POST,
        }
    }

    /// How long it may take, where `usual` is what others have.
    fn patience(self, usual: Duration) -> Duration {
        match self {
            Self::Login | Self::Register => LOGIN_WITHIN,
            Self::Logout => usual * LOGOUT_PATIENCE,
            Self::Refresh | Self::Me => usual,
        }
    }

    fn retry(self) -> Retry {
        match self {
            Self::Login | Self::Register => Retry::Unheard,
            Self::Logout | Self::Refresh | Self::Me => Retry::Idempotent,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Login => "/api/login",
            Self::Register => "/api/register",
            Self::Logout => "/api/logout",
            Self::Refresh => "/api/refresh",
            Self::Me => "/api/me",
        }
    }
}

/// What goes over.
pub(crate) struct Request<'a> {
    pub(crate) call: Call,
    pub(crate) tokens: &'a [String],
    /// Content type and body.
    pub(crate) body: Option<(String, Vec<u8>)>,
    pub(crate) id: Option<RequestId>,
    /// Whom the call is made for.
    pub(crate) client: IpAddr,
    /// What the browser shows of having been here before.
    pub(crate) device: Option<String>,
}

/// What auth-service said, and the cookies that say the same to the browser.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) cookies: Vec<HeaderValue>,
    content_type: Option<String>,
    retry_after: Option<String>,
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
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Answer, Problem> {
        let outage = |cause: String| {
            Problem::unavailable("Signing in and out is not possible just now. Try again shortly.", cause)
        };
        let call = request.call;
        let forwarded = self.cookie.forward(request.tokens);
        let incoming = self.replicas.send(call.retry(), |client, origin| {
            let proof =
                self.identity.prove(self.clock.now(), call.method().as_str(), call.path(), request.client);
            let mut outgoing = client
                .request(call.method(), format!("{origin}{}", call.path()))
                .timeout(call.patience(self.answer_within))
                .header(PROXY_IDENTITY, proof);
            if let Some((name, value)) = &forwarded {
                outgoing = outgoing.header(name.as_str(), value.as_bytes());
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

    async fn read(&self, call: Call, incoming: reqwest::Response) -> Result<Answer, String> {
        let status = incoming.status().as_u16();
        let status = StatusCode::from_u16(status).map_err(|error| error.to_string())?;
        let text = |name: header::HeaderName| {
            let value = incoming.headers().get(name.as_str())?;
            value.to_str().ok().map(str::to_owned)
        };
        let (content_type, retry_after) = (text(header::CONTENT_TYPE), text(header::RETRY_AFTER));
        let body: Value = incoming.json().await.map_err(|error| format!("auth-service: {error:?}"))?;
        let mut answer = Answer { status, body, cookies: Vec::new(), content_type, retry_after };
        if !status.is_success() && answer.refusal().is_none() {
            return Err(format!("auth-service, or something before it, answered {status} without a code"));
        }
        match call {
            Call::Login | Call::Refresh if status == StatusCode::OK => {
                let (token, expires_at) = answer.take_token().ok_or(
                    "auth-service handed out no token: does it have the same MASTER_SECRET as web-frontend, \
                     and do the clocks agree?",
                )?;
                answer.cookies = self.cookie.issue(&token, expires_at, self.clock.now());
                if let Some(device) = answer.take_text("device") {
                    answer.cookies.extend(device_cookie::set(&device, self.cookie.policy()));
                }
            }
            Call::Logout if status == StatusCode::OK => {
                answer.cookies = self.cookie.clear();
                answer.cookies.extend(attempts::remember(0, self.cookie.is_secure()));
            }
            _ => {}
        }
        Ok(answer)
    }
}

#[derive(Deserialize)]
struct Refused {
    code: String,
    detail: String,
}

impl Answer {
    /// Takes the token out of the body, so that no script ever sees it.
    fn take_token(&mut self) -> Option<(String, DateTime<Utc>)> {
        let expires_at = self.body.pointer("/data/expires_at")?.as_str()?.parse().ok()?;
        Some((self.take_text("token")?, expires_at))
    }

    /// Takes a text out of the body.
    fn take_text(&mut self, field: &str) -> Option<String> {
        match self.body.as_object_mut()?.remove(field)? {
            Value::String(text) => Some(text),
            _ => None,
        }
    }

    /// The `code` and `detail` of a refusal.
    pub(crate) fn refusal(&self) -> Option<(String, String)> {
        let Refused { code, detail } = Refused::deserialize(&self.body).ok()?;
        (!self.status.is_success()).then_some((code, detail))
    }

    /// The answer's status and headers, to be finished with a page or a body.
    pub(crate) fn response_head(&self) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(self.status);
        if let Some(wait) = &self.retry_after {
            response.insert_header((header::RETRY_AFTER, wait.as_str()));
        }
        self.set_cookies(&mut response);
        response
    }

    /// Adds the cookies to a response that is none of auth-service's.
    pub(crate) fn set_cookies(&self, response: &mut HttpResponseBuilder) {
        for cookie in &self.cookies {
            response.append_header((header::SET_COOKIE, cookie.clone()));
        }
    }

    /// The answer as it is handed on to a client of the JSON interface.
    pub(crate) fn into_response(self) -> HttpResponse {
        let content_type = self.content_type.as_deref().unwrap_or("application/json");
        self.response_head().content_type(content_type).body(self.body.to_string())
    }
}
