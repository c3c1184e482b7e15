//! Failures as clients see them: RFC 9457 `application/problem+json`, each with a stable `code`.

use std::{borrow::Cow, fmt, time::Duration};

use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    body::BoxBody,
    http::{StatusCode, header},
};
use drawbridge_core::pages_path::PagesPath;
pub use drawbridge_core::problem_code::Code;
use drawbridge_verification::Refusal;
use serde::Serialize;

/// A failure: what the client receives, and the cause that is only logged.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    retry_after: Option<Duration>,
    allow: Option<&'static str>,
    authenticated: Option<bool>,
    status: Option<StatusCode>,
    oauth_error: Option<&'static str>,
    headers: &'static [(&'static str, &'static str)],
    cause: Option<String>,
}

/// The path below which each code has a page, behind `PAGES_PATH`. It is the start of `type`, which resolves against
/// the URL of the request.
pub const PROBLEM_PAGES: &str = "/problems/";

/// A failure (RFC 9457).
#[derive(Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = Problem))]
pub(crate) struct ProblemBody<'a> {
    /// The page that describes the code, relative to the URL of the request.
    #[cfg_attr(feature = "openapi", schema(format = "uri-reference"))]
    r#type: String,
    /// A short summary of the code, in English.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this request and what to do, in English.
    detail: &'a str,
    /// The stable code.
    code: &'a str,
    /// The ID of the request, as in the header `x-request-id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    request_id: Option<&'a str>,
    /// Always false.
    #[cfg_attr(feature = "openapi", schema(schema_with = crate::openapi::always_false))]
    success: bool,
    /// The same as `title`.
    message: &'a str,
    /// False if a token was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    authenticated: Option<bool>,
    /// The error code of OAuth (RFC 6749, 5.2), at the token endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    error: Option<&'a str>,
}

impl Problem {
    /// A failure. `detail` says what is wrong and what to do.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            retry_after: None,
            allow: None,
            authenticated: None,
            status: None,
            oauth_error: None,
            headers: &[],
            cause: None,
        }
    }

    /// An outage (503). `cause` is logged and never sent.
    pub fn unavailable(detail: impl Into<Cow<'static, str>>, cause: impl fmt::Display) -> Self {
        Self::new(Code::Unavailable, detail).retry_after(Duration::from_secs(2)).caused_by(cause)
    }

    /// A failure of the service (500). `cause` is logged and never sent.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(Code::Internal, "The error has been logged with this request ID.").caused_by(cause)
    }

    /// Sets `Retry-After` (RFC 9110, 10.2.3), in whole seconds.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// Sets the cause, which is logged and never sent.
    #[must_use]
    pub fn caused_by(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Sets the allowed methods (`Allow`, RFC 9110, 10.2.1).
    #[must_use]
    pub fn allow(mut self, methods: &'static str) -> Self {
        self.allow = Some(methods);
        self
    }

    /// Adds `authenticated: false`, for the responses of verification.
    #[must_use]
    pub fn unauthenticated(mut self) -> Self {
        self.authenticated = Some(false);
        self
    }

    /// Adds the member `error` that OAuth clients read (RFC 6749, 5.2).
    #[must_use]
    pub fn with_oauth_error(mut self, error: &'static str) -> Self {
        self.oauth_error = Some(error);
        self
    }

    /// Uses status 400 whatever the code, for the token endpoint (RFC 6749, 5.2).
    #[must_use]
    pub fn as_bad_request(mut self) -> Self {
        self.status = Some(StatusCode::BAD_REQUEST);
        self
    }

    /// Uses status 401 whatever the code, for gateways that do not distinguish other refusals.
    #[must_use]
    pub fn as_unauthorized(mut self) -> Self {
        self.status = Some(StatusCode::UNAUTHORIZED);
        self
    }

    /// Uses status 403 whatever the code, for gateways that do not distinguish other refusals.
    #[must_use]
    pub fn as_forbidden(mut self) -> Self {
        self.status = Some(StatusCode::FORBIDDEN);
        self
    }

    /// Sets these headers of the response.
    #[must_use]
    pub fn with_headers(mut self, headers: &'static [(&'static str, &'static str)]) -> Self {
        self.headers = headers;
        self
    }

    /// The HTTP status of the response.
    pub fn status(&self) -> StatusCode {
        self.status.unwrap_or_else(|| status_of(self.code))
    }

    /// The stable code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What is wrong and what to do.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The cause, for the log only.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// Status and headers, without a body.
    pub fn response_head(&self) -> HttpResponseBuilder {
        let mut response = HttpResponse::build(self.status());
        if let Some(wait) = self.retry_after {
            response.insert_header((header::RETRY_AFTER, wait.as_secs().max(1)));
        }
        if let Some(methods) = self.allow {
            response.insert_header((header::ALLOW, methods));
        }
        for header in self.headers {
            response.insert_header(*header);
        }
        response
    }

    /// The body as JSON. `pages` says where the page of the code is.
    pub fn to_json(&self, request_id: Option<&str>, pages: &PagesPath) -> String {
        let body = ProblemBody {
            r#type: pages.at(&format!("{PROBLEM_PAGES}{}", self.code.as_str())),
            title: self.code.title(),
            status: self.status().as_u16(),
            detail: &self.detail,
            code: self.code.as_str(),
            request_id,
            success: false,
            message: self.code.title(),
            authenticated: self.authenticated,
            error: self.oauth_error,
        };
        serde_json::to_string(&body).unwrap_or_default()
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let again = "Sign in again.";
        let problem = match refusal {
            Refusal::MissingToken => {
                Self::new(Code::MissingToken, "Send the session cookie or an Authorization: Bearer header.")
            }
            Refusal::InvalidToken => Self::new(Code::InvalidToken, again),
            Refusal::ExpiredToken => Self::new(Code::ExpiredToken, again),
            Refusal::UserNotFound => Self::new(Code::UserNotFound, "The account was deleted."),
            Refusal::UserDisabled => Self::new(Code::UserDisabled, "Contact the operator of this site."),
            Refusal::SessionRevoked => Self::new(Code::SessionRevoked, again),
            Refusal::Unavailable(cause) => {
                return Self::unavailable(
                    "The session cannot be verified right now. Try again shortly.",
                    cause,
                );
            }
        };
        problem.unauthenticated()
    }
}

/// The HTTP status of `code`.
pub fn status_of(code: Code) -> StatusCode {
    StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// The media type of RFC 9457.
pub const PROBLEM_JSON: &str = "application/problem+json";

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    /// The response's extensions carry the problem, so that [`crate::request_scope`] can add the request ID
    /// and a frontend can render a page instead.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response =
            self.response_head().content_type(PROBLEM_JSON).body(self.to_json(None, &PagesPath::default()));
        response.extensions_mut().insert(self.clone());
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_has_rfc_9457_fields_and_success_flags() {
        let problem = Problem::new(Code::InvalidToken, "Sign in again.").unauthenticated();
        let body: serde_json::Value =
            serde_json::from_str(&problem.to_json(Some("r-1"), &PagesPath::default())).unwrap();
        assert_eq!(
            body,
            serde_json::json!({
                "type": "/problems/invalid_token", "title": "Invalid token",
                "status": 403, "detail": "Sign in again.", "code": "invalid_token",
                "request_id": "r-1", "success": false, "message": "Invalid token",
                "authenticated": false
            })
        );
    }

    #[test]
    fn codes_are_unique_snake_case_words() {
        let words: std::collections::HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(words.len(), Code::ALL.len());
        assert!(words.iter().all(|word| word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')));
    }

    #[test]
    fn an_outage_has_retry_after_and_hides_its_cause() {
        let response = Problem::unavailable("The database is out of reach.", "secret host").error_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers().get("retry-after").unwrap(), "2");
        assert!(!Problem::internal("secret host").to_json(None, &PagesPath::default()).contains("secret"));
    }
}
