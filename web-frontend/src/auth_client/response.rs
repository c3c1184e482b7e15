use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, HeaderName},
    },
};
use chrono::{DateTime, Utc};
use drawbridge_http::{
    cookie_headers,
    problem::{Code, Problem},
};
use drawbridge_verification::Refusal;
use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// The headers of a response that are forwarded to the browser.
const FORWARDED_HEADERS: [HeaderName; 3] =
    [header::CONTENT_TYPE, header::CONTENT_DISPOSITION, header::RETRY_AFTER];

/// A response of auth-service. Tokens have been moved from the body to cookies.
#[derive(Clone)]
pub(crate) struct AuthResponse {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    /// The `Set-Cookie` values for the browser.
    pub(super) cookies: Vec<String>,
    /// The new session token, which is also in the cookies.
    pub(crate) session_token: Option<SecretString>,
    headers: Vec<(HeaderName, String)>,
}

/// Why auth-service refused a request.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct AuthRefusal {
    pub(crate) code: String,
    pub(crate) detail: String,
    /// The value of `Retry-After`.
    #[serde(skip)]
    pub(crate) retry_after_seconds: Option<u64>,
}

/// A session token in a response.
pub(super) struct ReceivedToken {
    pub(super) token: SecretString,
    pub(super) expires_at: DateTime<Utc>,
}

impl AuthRefusal {
    /// Returns true if auth-service refused with this code.
    pub(crate) fn is(&self, code: Code) -> bool {
        self.code == code.as_str()
    }

    /// Returns true if the session token was refused.
    pub(crate) fn is_about_token(&self) -> bool {
        Refusal::from_code(&self.code).is_some()
    }

    /// The refusal as a problem, for requests without a page that could explain it.
    pub(crate) fn problem(&self) -> Problem {
        let code = Code::ALL.iter().find(|code| self.is(**code));
        let cause = format!("auth-service answered {}", self.code);
        code.map_or_else(|| Problem::internal(cause), |code| Problem::new(*code, self.detail.clone()))
    }
}

impl AuthResponse {
    /// Reads a response. Anything but JSON is an error.
    pub(super) async fn receive(received: reqwest::Response) -> Result<Self, String> {
        let status = received.status().as_u16();
        let status = StatusCode::from_u16(status).map_err(|error| error.to_string())?;
        let forwarded = FORWARDED_HEADERS.into_iter().filter_map(|name| {
            let value = received.headers().get(name.as_str())?.to_str().ok()?.to_owned();
            Some((name, value))
        });
        let headers = forwarded.collect();
        let body = received.json().await.map_err(|error| format!("auth-service: {error:?}"))?;
        Ok(Self { status, body, cookies: Vec::new(), session_token: None, headers })
    }

    /// Takes the session token out of the body, so that no script can read it.
    pub(super) fn take_token(&mut self) -> Option<ReceivedToken> {
        let expires_at = self.body.pointer("/data/expires_at")?.as_str()?.parse().ok()?;
        Some(ReceivedToken { token: self.take_secret("token")?, expires_at })
    }

    /// Takes a top-level string out of the body.
    pub(super) fn take_secret(&mut self, field: &str) -> Option<SecretString> {
        match self.body.as_object_mut()?.remove(field)? {
            Value::String(text) => Some(text.into()),
            _ => None,
        }
    }

    fn header(&self, name: &HeaderName) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// The refusal, unless the response is a success.
    pub(crate) fn refusal(&self) -> Option<AuthRefusal> {
        if self.status.is_success() {
            return None;
        }
        let refusal = AuthRefusal::deserialize(&self.body).ok()?;
        let retry_after_seconds = self.header(&header::RETRY_AFTER).and_then(|seconds| seconds.parse().ok());
        Some(AuthRefusal { retry_after_seconds, ..refusal })
    }

    /// Returns true if the response contains new session cookies.
    pub(crate) fn has_cookies(&self) -> bool {
        !self.cookies.is_empty()
    }

    /// Takes the `Set-Cookie` values.
    pub(crate) fn into_cookies(self) -> Vec<String> {
        self.cookies
    }

    /// The data of a success.
    ///
    /// # Errors
    /// The data does not have the expected shape.
    pub(crate) fn data<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let data = self.body.get("data").unwrap_or(&Value::Null);
        T::deserialize(data).map_err(|error| {
            let detail = "This page is not available right now. Try again shortly.";
            Problem::unavailable(detail, format_args!("auth-service answered {} with {error}", self.status))
        })
    }

    /// The body of a success that is not an envelope with `data`.
    ///
    /// # Errors
    /// The body does not have the expected shape.
    pub(super) fn body_as<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        T::deserialize(&self.body).map_err(|error| {
            let detail = "This page is not available right now. Try again shortly.";
            Problem::unavailable(detail, format_args!("auth-service answered {} with {error}", self.status))
        })
    }

    /// The data of a success, for pages that do not explain refusals.
    ///
    /// # Errors
    /// auth-service refused the request, or the data does not have the expected shape.
    pub(crate) fn data_or_problem<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        match self.refusal() {
            Some(refusal) => Err(refusal.problem()),
            None => self.data(),
        }
    }

    /// Starts a response to the browser with the same status, `Retry-After` and cookies.
    pub(crate) fn response_head(&self) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(self.status);
        if let Some(wait) = self.header(&header::RETRY_AFTER) {
            response.insert_header((header::RETRY_AFTER, wait));
        }
        self.add_cookies(&mut response);
        response
    }

    /// Adds the cookies to a response to the browser.
    pub(crate) fn add_cookies(&self, response: &mut HttpResponseBuilder) {
        for header in cookie_headers(self.cookies.iter().cloned()) {
            response.append_header(header);
        }
    }

    /// The response for clients of the JSON API.
    pub(crate) fn into_response(self) -> HttpResponse {
        let mut response = self.response_head();
        response.content_type("application/json");
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.as_str()));
        }
        response.body(self.body.to_string())
    }
}
