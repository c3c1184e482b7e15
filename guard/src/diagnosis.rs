//! Explains why a browser that has just signed in still has no session, as far as the request shows the
//! reason.

use actix_web::{
    HttpRequest,
    http::{
        header::{self, HeaderMap},
        uri::Scheme,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_cookies::{request_cookies, session_cookie::SessionCookie};
use drawbridge_core::origin::Origin;
use drawbridge_http::{
    cookie_fields,
    problem::{Code, Problem},
    token_headers,
};
use drawbridge_verification::{Refusal, token::UnverifiedClaims};

/// How far the clocks may differ before the explanation mentions them.
const CLOCK_SKEW_TOLERANCE: TimeDelta = TimeDelta::seconds(60);

/// What the guard expects of a request.
pub(crate) struct Expected {
    /// The host of `FRONTEND_ORIGIN`.
    pub(crate) frontend_host: String,
    /// The issuer of the deployment's tokens, if the guard knows it.
    pub(crate) issuer: Option<String>,
}

/// The problem that says why signing in did not help, and what the operator can do.
pub(crate) fn diagnose(
    request: &HttpRequest,
    cookie: &SessionCookie,
    expected: &Expected,
    refusal: &Refusal,
    now: DateTime<Utc>,
) -> Problem {
    let (code, fix) = reason(request, cookie, expected, refusal, now);
    let seen = "You were sent to the sign-in page several times, but you are still not signed in.";
    Problem::new(code, format!("{seen}\n\nFor the site administrator: {fix}"))
}

fn reason(
    request: &HttpRequest,
    cookie: &SessionCookie,
    expected: &Expected,
    refusal: &Refusal,
    now: DateTime<Utc>,
) -> (Code, String) {
    let name = cookie.name();
    let frontend_host = expected.frontend_host.as_str();
    let tokens = cookie.tokens(&token_headers(request.headers()));
    if tokens.len() > 1 {
        let foreign = tokens.iter().find_map(|token| foreign_program(token, expected));
        let origin = match foreign {
            Some(program) => shared_name(name, &program, frontend_host),
            None => "One of them may come from another host of this domain, or from an earlier COOKIE_MODE: add that \
                     one to COOKIE_PREVIOUS, so that it expires."
                .to_owned(),
        };
        let count = tokens.len();
        let fix =
            format!("{count} cookies named {name} arrived, and not exactly one of them is valid. {origin}");
        return (Code::CookieDuplicate, fix);
    }
    if let [token] = tokens.as_slice() {
        if *refusal == Refusal::InvalidToken
            && let Some(program) = foreign_program(token, expected)
        {
            return (refusal.code(), shared_name(name, &program, frontend_host));
        }
        return token_reason(token, refusal, now);
    }
    let host = host_of(request);
    if host.as_deref().is_some_and(|host| host != frontend_host) {
        let host = host.unwrap_or_default();
        let fix = format!(
            "this page was opened at {host}, but the cookie belongs to {frontend_host} (FRONTEND_ORIGIN). \
             Redirect one to the other, or forward the Host header unchanged."
        );
        return (Code::CookieOtherHost, fix);
    }
    if cookie.is_secure() && is_plain_http(request) {
        let fix = "the page was opened over plain http, where browsers store no Secure cookie. Redirect http to \
                   https in front of this service.";
        return (Code::TlsMissing, fix.into());
    }
    if let Some(other) = look_alike(request.headers(), name) {
        let fix = format!(
            "a session arrived in a cookie named {other}, but this service reads {name}. Set the same COOKIE_NAME and \
             COOKIE_MODE for all services, or add the old name to COOKIE_PREVIOUS."
        );
        return (Code::CookieOtherName, fix);
    }
    let fix = format!(
        "the request has no cookie named {name}. Run drawbridge doctor with the two origins: it shows where \
         the cookie is lost. Often the backend sets it for its own host, or a proxy drops Set-Cookie."
    );
    (Code::CookieMissing, fix)
}

/// The reason why a single token was refused.
fn token_reason(token: &str, refusal: &Refusal, now: DateTime<Utc>) -> (Code, String) {
    let claims = UnverifiedClaims::read(token);
    let is_ahead = claims
        .as_ref()
        .is_some_and(|claims| claims.iat - now.timestamp() > CLOCK_SKEW_TOLERANCE.num_seconds());
    let is_alive_here = claims
        .as_ref()
        .is_some_and(|claims| claims.exp - now.timestamp() > CLOCK_SKEW_TOLERANCE.num_seconds());
    if *refusal == Refusal::ExpiredToken && (is_ahead || is_alive_here) {
        let fix = "the clocks of auth-service, verify-service and this machine differ. Synchronize all of them with NTP.";
        return (Code::ClockSkew, fix.into());
    }
    let fix = match refusal {
        Refusal::ExpiredToken => {
            "the cookie carries an expired session, although the user has just signed in. Another copy of the cookie \
             may hide the new one: look for a second Path or Domain."
        }
        Refusal::InvalidToken => {
            "the cookie arrived, but its token is not signed by any published key. Do all services have the same \
             MASTER_SECRET, database, PUBLIC_ORIGIN and TOKEN_AUDIENCE?"
        }
        _ => {
            "the cookie arrived, but its session has been ended or its user is disabled. See the log of auth-service."
        }
    };
    (refusal.code(), fix.into())
}

/// The program that has set a session cookie, if its value shows that it is not this deployment.
fn foreign_program(token: &str, expected: &Expected) -> Option<String> {
    let Some(claims) = UnverifiedClaims::read(token) else { return Some("another program".to_owned()) };
    if expected.issuer.as_ref().is_none_or(|issuer| claims.iss.as_ref() == Some(issuer)) {
        return None;
    }
    // The issuer of a Drawbridge is an origin. Anyone can write this text, so nothing else is shown.
    let issuer = claims.iss.and_then(|issuer| Origin::parse(&issuer).ok());
    Some(issuer.map_or("another program".to_owned(), |issuer| format!("another Drawbridge ({issuer})")))
}

/// Explains that `program` uses the same cookie name.
fn shared_name(name: &str, program: &str, host: &str) -> String {
    format!(
        "{program} on {host} sets a cookie named {name} as well, and the two overwrite each other: cookies ignore ports, so \
         all programs on one host share them. Set COOKIE_NAME to another name, for all services of this deployment."
    )
}

/// The host in the address bar, without the port, which cookies ignore.
fn host_of(request: &HttpRequest) -> Option<String> {
    let text = |name: &str| request.headers().get(name)?.to_str().ok().map(str::to_owned);
    let host = text("x-forwarded-host").or_else(|| text(header::HOST.as_str()));
    let host = host.or_else(|| Some(request.uri().host()?.to_owned()))?;
    let end = if host.ends_with(']') { host.len() } else { host.rfind(':').unwrap_or(host.len()) };
    Some(host.get(..end)?.to_ascii_lowercase())
}

/// Returns true if the browser seems to use plain http: a gateway says so, or the browser sends no Fetch Metadata,
/// which it adds on secure origins only.
fn is_plain_http(request: &HttpRequest) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    match header("x-forwarded-proto") {
        Some(scheme) => scheme.split(',').next().is_some_and(|scheme| scheme.trim() == "http"),
        None => {
            request.uri().scheme() != Some(&Scheme::HTTPS)
                && header("sec-fetch-site").is_none()
                && header(header::USER_AGENT.as_str()).is_some_and(|agent| agent.contains("Mozilla"))
        }
    }
}

/// The name of another cookie that carries a token like ours.
fn look_alike(headers: &HeaderMap, name: &str) -> Option<String> {
    let is_printable_name = |text: &str| {
        text.len() <= 64 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    request_cookies::all(cookie_fields(headers)).find_map(|cookie| {
        let other = str::from_utf8(cookie.name).ok()?;
        let value = cookie.text()?;
        let is_token = value.split('.').count() == 3 && UnverifiedClaims::read(value).is_some();
        (is_token && other != name && is_printable_name(other)).then(|| other.to_owned())
    })
}
