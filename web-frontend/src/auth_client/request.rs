use std::{borrow::Cow, net::IpAddr};

use actix_web::{HttpRequest, http::header};
use drawbridge_cookies::{
    device_cookie,
    session_cookie::{ForwardedTokens, SessionCookie},
};
use drawbridge_guard::count_sign_in;
use drawbridge_http::{RequestId, cookie_fields, forwarded, problem::Problem, token_headers};
use secrecy::SecretString;
use serde::Serialize;

use super::AuthEndpoint;
use crate::{
    language::Language,
    submissions::{CallKey, SubmissionKey},
};

/// The longest ID that is put into a path.
const ID_MAX_CHARACTERS: usize = 64;

/// What web-frontend tells auth-service about the browser it speaks for.
#[derive(Clone)]
pub(crate) struct BrowserContext {
    /// The header that forwards the session tokens.
    pub(super) tokens: Option<ForwardedTokens>,
    pub(super) request_id: Option<RequestId>,
    pub(super) address: IpAddr,
    /// The value of the device cookie.
    pub(super) device: Option<SecretString>,
    pub(super) user_agent: String,
    pub(super) language: Language,
    /// The cookie that counts a sign-in of this browser as the start of a round trip.
    pub(super) sign_in_count: Option<String>,
}

impl BrowserContext {
    /// Reads the context from the headers of a browser's request.
    pub(crate) fn from_request(request: &HttpRequest, cookie: &SessionCookie, address: IpAddr) -> Self {
        let headers = request.headers();
        let user_agent =
            headers.get(header::USER_AGENT).map(|value| String::from_utf8_lossy(value.as_bytes()));
        Self {
            tokens: cookie.forward(&cookie.tokens(&token_headers(headers))),
            request_id: RequestId::of(request),
            address,
            device: device_cookie::read(cookie_fields(headers), cookie.policy()).map(SecretString::from),
            user_agent: forwarded::user_agent(&user_agent.unwrap_or_default()),
            language: Language::from_headers(headers, cookie.is_secure()),
            sign_in_count: count_sign_in(headers, cookie.is_secure()),
        }
    }
}

impl BrowserContext {
    /// The context for a request about the session of `token`.
    pub(crate) fn with_token(self, cookie: &SessionCookie, token: &str) -> Self {
        Self { tokens: cookie.forward(&[token.to_owned()]), ..self }
    }

    /// The context for a request that carries no session token in its headers.
    pub(super) fn without_tokens(self) -> Self {
        Self { tokens: None, ..self }
    }
}

/// A request to auth-service on behalf of a browser.
#[derive(Clone)]
pub(crate) struct AuthRequest {
    pub(super) endpoint: AuthEndpoint,
    pub(super) path: Cow<'static, str>,
    pub(super) query: Option<String>,
    pub(super) body: Option<RequestBody>,
    pub(super) browser: BrowserContext,
}

/// The body of an [`AuthRequest`].
#[derive(Clone)]
pub(super) struct RequestBody {
    pub(super) content_type: String,
    pub(super) content: Vec<u8>,
}

impl AuthRequest {
    /// A request without an ID, query or body.
    pub(crate) fn new(endpoint: AuthEndpoint, browser: BrowserContext) -> Self {
        Self { endpoint, path: Cow::Borrowed(endpoint.path), query: None, body: None, browser }
    }

    /// Identifies this request among those on behalf of a submitted form.
    pub(crate) fn submission_call(&self, form: &SubmissionKey) -> CallKey {
        let body = self.body.as_ref().map(|body| body.content.as_slice()).unwrap_or_default();
        form.call(self.endpoint.method().as_str(), &self.path, body)
    }

    /// Puts an ID into the path. Returns `None` unless it has the form of an ID: hexadecimal with dashes, or
    /// base64url.
    pub(crate) fn with_id(self, id: &str) -> Option<Self> {
        let is_id = (1..=ID_MAX_CHARACTERS).contains(&id.len())
            && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        is_id.then(|| Self { path: Cow::Owned(self.endpoint.path.replace("{id}", id)), ..self })
    }

    /// Adds a query string; an empty one is left out.
    pub(crate) fn with_query(self, query: impl Into<String>) -> Self {
        Self { query: Some(query.into()).filter(|query| !query.is_empty()), ..self }
    }

    /// Adds a body as the browser sent it.
    pub(crate) fn with_body(self, content_type: &str, content: Vec<u8>) -> Self {
        Self { body: Some(RequestBody { content_type: content_type.to_owned(), content }), ..self }
    }

    /// Adds a JSON body.
    ///
    /// # Errors
    /// The body cannot be serialized.
    pub(crate) fn with_json(self, body: &impl Serialize) -> Result<Self, Problem> {
        let content = serde_json::to_vec(body).map_err(Problem::internal)?;
        Ok(self.with_body("application/json", content))
    }
}
