//! Why somebody who has just signed in is not seen to be: what the request itself shows of it.

use actix_web::{
    HttpRequest,
    http::{
        header::{self, HeaderMap},
        uri::Scheme,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_cookies::{request_cookies, session_cookie::SessionCookie};
use drawbridge_http::{
    cookie_fields,
    problem::{Code, Problem},
    token_headers,
};
use drawbridge_verification::Refusal;
use serde::Deserialize;

/// How far clocks may be apart before that is worth a word.
const CLOCK_SKEW: TimeDelta = TimeDelta::seconds(60);

/// The problem that says why signing in has not helped, and what whoever runs the site can do.
pub(crate) fn diagnose(
    request: &HttpRequest,
    cookie: &SessionCookie,
    frontend_host: &str,
    refusal: &Refusal,
    now: DateTime<Utc>,
) -> Problem {
    let (code, fix) = reason(request, cookie, frontend_host, refusal, now);
    let seen = "You were sent to the sign-in page several times, and are still not seen to be signed in.";
    Problem::new(code, format!("{seen}\n\nFor whoever runs this site: {fix}"))
}

fn reason(
    request: &HttpRequest,
    cookie: &SessionCookie,
    frontend_host: &str,
    refusal: &Refusal,
    now: DateTime<Utc>,
) -> (Code, String) {
    let name = cookie.name();
    let tokens = cookie.tokens(&token_headers(request.headers()));
    if tokens.len() > 1 {
        let fix = format!(
            "{} cookies named {name} came, and none or more than one of them is good. One may come from another \
             host of this domain, or from an earlier COOKIE_MODE: name that in COOKIE_PREVIOUS, and expire it.",
            tokens.len()
        );
        return (Code::CookieDuplicate, fix);
    }
    if let [token] = tokens.as_slice() {
        return judged(token, refusal, now);
    }
    let host = host_of(request);
    if host.as_deref().is_some_and(|host| host != frontend_host) {
        let host = host.unwrap_or_default();
        let fix = format!(
            "this page was opened at {host}, but FRONTEND_ORIGIN is {frontend_host}, where the cookie is kept. \
             Redirect one to the other, or pass the Host header on unchanged."
        );
        return (Code::CookieOtherHost, fix);
    }
    if cookie.is_secure() && came_unencrypted(request) {
        let fix = "the page was opened over plain http, where browsers keep no Secure cookie. Redirect http to \
                   https before this service.";
        return (Code::TlsMissing, fix.into());
    }
    if let Some(other) = look_alike(request.headers(), name) {
        let fix = format!(
            "a session came in a cookie named {other}, but this service reads {name}. Set the same COOKIE_NAME and \
             COOKIE_MODE for all services, or name the old one in COOKIE_PREVIOUS."
        );
        return (Code::CookieOtherName, fix);
    }
    let fix = format!(
        "no cookie named {name} came with the request. Run drawbridge doctor with the two origins: it shows where \
         the cookie is lost. Often the backend sets it for its own host, or a proxy in between drops Set-Cookie."
    );
    (Code::CookieMissing, fix)
}

/// One token came, and was refused.
fn judged(token: &str, refusal: &Refusal, now: DateTime<Utc>) -> (Code, String) {
    let claims = unverified(token);
    let is_ahead =
        claims.as_ref().is_some_and(|claims| claims.iat - now.timestamp() > CLOCK_SKEW.num_seconds());
    let is_alive_here =
        claims.as_ref().is_some_and(|claims| claims.exp - now.timestamp() > CLOCK_SKEW.num_seconds());
    if *refusal == Refusal::ExpiredToken && (is_ahead || is_alive_here) {
        let fix =
            "the clocks of auth-service, verify-service and this machine differ. Let all of them follow NTP.";
        return (Code::ClockSkew, fix.into());
    }
    let fix = match refusal {
        Refusal::ExpiredToken => {
            "the cookie brought a session that has ended, although people signed in anew. Another copy of the cookie \
             may hide the new one: look for a second Path or Domain."
        }
        Refusal::InvalidToken => {
            "the cookie came, but none of the published keys signed its token. Do all services have the same \
             MASTER_SECRET, database, TOKEN_ISSUER and TOKEN_AUDIENCE?"
        }
        _ => "the cookie came, and its session was ended or its user disabled. See auth-service's log.",
    };
    (refusal.code(), fix.into())
}

#[derive(Deserialize)]
struct Claims {
    iat: i64,
    exp: i64,
}

/// What a token says of its time, for a hint and nothing else.
fn unverified(token: &str) -> Option<Claims> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// The host that the browser shows, without a port: cookies know none.
fn host_of(request: &HttpRequest) -> Option<String> {
    let text = |name: &str| request.headers().get(name)?.to_str().ok().map(str::to_owned);
    let host = text("x-forwarded-host").or_else(|| text(header::HOST.as_str()));
    let host = host.or_else(|| Some(request.uri().host()?.to_owned()))?;
    let end = if host.ends_with(']') { host.len() } else { host.rfind(':').unwrap_or(host.len()) };
    Some(host.get(..end)?.to_ascii_lowercase())
}

/// Whether the browser seems to have opened the page over plain http: a gateway says so, or the browser
/// leaves out what it says of itself on secure origins alone (Fetch Metadata).
fn came_unencrypted(request: &HttpRequest) -> bool {
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
        let is_token = value.split('.').count() == 3 && unverified(value).is_some();
        (is_token && other != name && is_printable_name(other)).then(|| other.to_owned())
    })
}
