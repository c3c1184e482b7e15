//! Failures as clients see them: RFC 9457 `application/problem+json`, each with a stable `code`.

use std::{borrow::Cow, fmt, time::Duration};

use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    body::BoxBody,
    http::{StatusCode, header},
};
use serde::Serialize;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal, $status:ident, $title:literal;)*) => {
        /// The words that clients may branch on. They never change their meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }

            /// A short summary, the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

codes! {
    /// The body is not JSON, or not UTF-8.
    MalformedJson = "malformed_json", BAD_REQUEST, "The body is not JSON";
    /// The body is JSON, but a field is missing, unknown or of another type.
    InvalidBody = "invalid_body", UNPROCESSABLE_ENTITY, "The body has another shape";
    /// A form's fields cannot be read.
    InvalidForm = "invalid_form", BAD_REQUEST, "The form cannot be read";
    /// The query string cannot be read.
    InvalidQuery = "invalid_query", BAD_REQUEST, "The query cannot be read";
    /// The request cannot be understood at all.
    BadRequest = "bad_request", BAD_REQUEST, "The request cannot be understood";
    /// The body is not of a type that this endpoint reads.
    UnsupportedMediaType = "unsupported_media_type", UNSUPPORTED_MEDIA_TYPE, "Another content type is needed";
    /// The body is larger than this endpoint reads.
    PayloadTooLarge = "payload_too_large", PAYLOAD_TOO_LARGE, "The body is too large";
    /// The request took too long to arrive.
    RequestTimeout = "request_timeout", REQUEST_TIMEOUT, "The request took too long";
    /// There is nothing at this path.
    NotFound = "not_found", NOT_FOUND, "Nothing is here";
    /// There is something at this path, but not for this method.
    MethodNotAllowed = "method_not_allowed", METHOD_NOT_ALLOWED, "Another method is needed";
    /// The e-mail address cannot be one.
    InvalidEmail = "invalid_email", UNPROCESSABLE_ENTITY, "The e-mail address is not valid";
    /// The password is shorter than this deployment takes.
    PasswordTooShort = "password_too_short", UNPROCESSABLE_ENTITY, "The password is too short";
    /// The password is longer than 1,024 bytes.
    PasswordTooLong = "password_too_long", UNPROCESSABLE_ENTITY, "The password is too long";
    /// The password is among the first that somebody who guesses would try.
    PasswordTooCommon = "password_too_common", UNPROCESSABLE_ENTITY, "The password is easily guessed";
    /// The password is known from a leak of some other site.
    PasswordLeaked = "password_leaked", UNPROCESSABLE_ENTITY, "The password is known from a leak";
    /// An account has this address already.
    EmailTaken = "email_taken", CONFLICT, "The address has an account";
    /// The address has no account, or the password is another.
    InvalidCredentials = "invalid_credentials", UNAUTHORIZED, "E-mail address or password is wrong";
    /// The password is right, and the account asks for a second factor, too.
    SecondFactorRequired = "second_factor_required", UNAUTHORIZED, "A second factor is needed";
    /// The code is wrong, has been used, or its time is over.
    InvalidCode = "invalid_code", UNAUTHORIZED, "The code is not valid";
    /// The passkey's answer is not the one that was asked for.
    InvalidPasskey = "invalid_passkey", UNAUTHORIZED, "The passkey was not accepted";
    /// The second step came too long after the first.
    LoginExpired = "login_expired", UNAUTHORIZED, "The sign-in took too long";
    /// What is asked for needs the person to show again who they are.
    ConfirmationRequired = "confirmation_required", FORBIDDEN, "Show again that it is you";
    /// The link was used, replaced, or its time is over.
    LinkInvalid = "link_invalid", GONE, "The link is no longer good";
    /// Nothing here can send mail.
    MailNotConfigured = "mail_not_configured", NOT_IMPLEMENTED, "This site sends no mail";
    /// The deployment has second factors switched off, or an address that no passkey can be bound to.
    FactorNotPossible = "factor_not_possible", CONFLICT, "This is not possible here";
    /// The set-up of the authenticator app was not begun.
    TotpNotBegun = "totp_not_begun", CONFLICT, "The set-up was not begun";
    /// There is an authenticator app already.
    TotpPresent = "totp_present", CONFLICT, "There is an authenticator app already";
    /// There is no second factor that recovery codes could stand in for.
    NoSecondFactor = "no_second_factor", CONFLICT, "There is no second factor";
    /// This site asks for a second factor, and this is the last one.
    LastFactor = "last_factor", CONFLICT, "This is the last second factor";
    /// Without it nobody could sign in to the account any more.
    LastWayIn = "last_way_in", CONFLICT, "This is the last way to sign in";
    /// The passkey is in use already.
    PasskeyKnown = "passkey_known", CONFLICT, "The passkey is known already";
    /// The account has no such passkey.
    PasskeyNotFound = "passkey_not_found", NOT_FOUND, "There is no such passkey";
    /// The account has as many passkeys as it may have.
    TooManyPasskeys = "too_many_passkeys", CONFLICT, "There are too many passkeys";
    /// A name is empty, too long, or has characters that cannot be shown.
    InvalidName = "invalid_name", UNPROCESSABLE_ENTITY, "The name cannot be taken";
    /// No token came with the request.
    MissingToken = "missing_token", FORBIDDEN, "No token came with the request";
    /// The token is not one of ours, or not the only one.
    InvalidToken = "invalid_token", FORBIDDEN, "The token is not valid";
    /// The token's time is over.
    ExpiredToken = "expired_token", FORBIDDEN, "The token has expired";
    /// The token's user is gone.
    UserNotFound = "user_not_found", UNAUTHORIZED, "The user does not exist";
    /// The token's user may not sign in.
    UserDisabled = "user_disabled", UNAUTHORIZED, "The user is disabled";
    /// The token's session was ended.
    SessionRevoked = "session_revoked", UNAUTHORIZED, "The session has ended";
    /// A browser that was signed in brought no session cookie.
    CookieMissing = "cookie_missing", FORBIDDEN, "The sign-in cookie does not arrive";
    /// It brought one under another name than is read here.
    CookieOtherName = "cookie_other_name", FORBIDDEN, "The sign-in cookie has another name";
    /// The page was opened at another host than the cookie is kept for.
    CookieOtherHost = "cookie_other_host", FORBIDDEN, "The sign-in cookie is kept for another address";
    /// Several cookies of the session's name came, and not exactly one is good.
    CookieDuplicate = "cookie_duplicate", FORBIDDEN, "Two sign-in cookies arrive where one should";
    /// The page came over plain http, and the cookie goes over https alone.
    TlsMissing = "tls_missing", FORBIDDEN, "The page was opened without encryption";
    /// The machines of the deployment do not agree what time it is.
    ClockSkew = "clock_skew", FORBIDDEN, "The clocks of this site differ";
    /// A request that changes something came from another site.
    CrossSiteRequest = "cross_site_request", FORBIDDEN, "The request came from another site";
    /// The form's token is not the one that this visitor was given.
    StaleForm = "stale_form", FORBIDDEN, "The form is out of date";
    /// There were too many attempts; the next is free after `Retry-After`.
    TooManyAttempts = "too_many_attempts", TOO_MANY_REQUESTS, "Too many attempts";
    /// The service has as much work as it takes on; try again.
    Busy = "busy", SERVICE_UNAVAILABLE, "The service is busy";
    /// Something that the answer depends on is out of reach; try again.
    Unavailable = "unavailable", SERVICE_UNAVAILABLE, "The service is out of reach";
    /// A fault of ours.
    Internal = "internal_error", INTERNAL_SERVER_ERROR, "Something went wrong here";
}

/// One failure: what the client is told, and what is only logged.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    retry_after: Option<Duration>,
    allow: Option<&'static str>,
    authenticated: Option<bool>,
    status: Option<StatusCode>,
    cause: Option<String>,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    code: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    success: bool,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticated: Option<bool>,
}

impl Problem {
    /// A failure; `detail` says what is wrong and what to do.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            detail: detail.into(),
            retry_after: None,
            allow: None,
            authenticated: None,
            status: None,
            cause: None,
        }
    }

    /// Something needed is out of reach (503); `cause` is logged and not sent.
    pub fn unavailable(detail: impl Into<Cow<'static, str>>, cause: impl fmt::Display) -> Self {
        Self::new(Code::Unavailable, detail).retry_after(Duration::from_secs(2)).caused_by(cause)
    }

    /// A fault of ours (500); `cause` is logged and not sent.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self::new(Code::Internal, "The fault was logged under the request id.").caused_by(cause)
    }

    /// When to come back (`Retry-After`, RFC 9110, 10.2.3), cut to whole seconds.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// What is logged and never sent.
    #[must_use]
    pub fn caused_by(mut self, cause: impl fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// The methods that are allowed (`Allow`, RFC 9110, 10.2.1).
    #[must_use]
    pub fn allow(mut self, methods: &'static str) -> Self {
        self.allow = Some(methods);
        self
    }

    /// Adds `authenticated: false`, which the answers of verification carry.
    #[must_use]
    pub fn unauthenticated(mut self) -> Self {
        self.authenticated = Some(false);
        self
    }

    /// Says 401 whatever the code's own status is, for a gateway that tells nothing else apart.
    #[must_use]
    pub fn as_unauthorized(mut self) -> Self {
        self.status = Some(StatusCode::UNAUTHORIZED);
        self
    }

    fn status(&self) -> StatusCode {
        self.status.unwrap_or(self.code.status())
    }

    /// The stable word.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What is wrong and what to do.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What happened inside, for the log alone.
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
        response
    }

    /// The body as JSON.
    pub fn to_json(&self, request_id: Option<&str>) -> String {
        let body = Body {
            r#type: format!("urn:drawbridge:problem:{}", self.code.as_str()),
            title: self.code.title(),
            status: self.status().as_u16(),
            detail: &self.detail,
            code: self.code.as_str(),
            request_id,
            success: false,
            message: self.code.title(),
            authenticated: self.authenticated,
        };
        serde_json::to_string(&body).unwrap_or_default()
    }
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

    /// The problem rides along in the response's extensions, so that `http::request_scope` can add
    /// the request id and a frontend can render a page instead.
    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = self.response_head().content_type(PROBLEM_JSON).body(self.to_json(None));
        response.extensions_mut().insert(self.clone());
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_serves_readers_of_rfc_9457_and_of_success_flags() {
        let problem = Problem::new(Code::InvalidToken, "Sign in again.").unauthenticated();
        let body: serde_json::Value = serde_json::from_str(&problem.to_json(Some("r-1"))).unwrap();
        assert_eq!(
            body,
            serde_json::json!({
                "type": "urn:drawbridge:problem:invalid_token", "title": "The token is not valid",
                "status": 403, "detail": "Sign in again.", "code": "invalid_token",
                "request_id": "r-1", "success": false, "message": "The token is not valid",
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
    fn an_outage_says_when_to_come_back_and_keeps_its_cause() {
        let response = Problem::unavailable("The database is out of reach.", "secret host").error_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers().get("retry-after").unwrap(), "2");
        assert!(!Problem::internal("secret host").to_json(None).contains("secret"));
    }
}
