//! Signs in and examines every cookie that the login sets.

use chrono::{DateTime, Utc};
use drawbridge_cookies::{
    cookie_jar::CookieJar, origin_cookie::OriginCookie, received_cookie::ReceivedCookie, topology::CookieMode,
};
use drawbridge_core::{clock::Clock, origin::Origin};
use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{ACCEPT, ORIGIN},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::{cors, traffic};
use crate::doctor::{
    cookie_review::{review_other_cookie, review_session_cookie},
    finding::Finding,
    setup::DoctorSetup,
    web::{Hop, RedirectChain, WebClient},
};

/// The account to sign in with.
pub(crate) struct LoginCredentials {
    pub(crate) email: String,
    pub(crate) password: SecretString,
}

/// The result of a login.
pub(super) struct LoginOutcome {
    pub(super) result: LoginResult,
    pub(super) findings: Vec<Finding>,
}

/// What a login led to.
pub(super) enum LoginResult {
    /// A session with this cookie.
    Session(Box<OriginCookie>),
    /// A request for a second factor, which the doctor does not have.
    SecondFactorRequired,
    /// No session, or none that could be examined.
    NoSession,
}

/// Signs in as a page of the frontend does.
pub(super) async fn check(
    setup: &DoctorSetup,
    web: &WebClient,
    credentials: &LoginCredentials,
    clock: &dyn Clock,
) -> LoginOutcome {
    let origin = setup.login_origin();
    let subject = format!("POST {origin}{}", setup.login_path);
    let request = login_request(setup, web, origin, credentials);
    let chain = match web.follow(request, CookieJar::default(), clock.now()).await {
        Ok(chain) => chain,
        Err(failure) => return LoginOutcome::failed(failure.finding(&subject)),
    };
    if let Some(finding) = check_status(chain.first.status, &subject) {
        return LoginOutcome::failed(finding);
    }
    let mut outcome = LoginOutcome { result: LoginResult::NoSession, findings: Vec::new() };
    if setup.needs_cors() {
        outcome.findings.extend(cors::check_response(&chain.first, setup, &subject));
    }
    outcome.findings.extend(traffic::check(&chain));
    let cookies = cookies_set_by(&chain, clock.now());
    if cookies.is_empty() && chain.first.status == StatusCode::ACCEPTED {
        outcome.result = LoginResult::SecondFactorRequired;
        outcome.findings.push(second_factor_required(&subject));
    } else if cookies.is_empty() {
        let dropped = find_dropped_cookie(setup, web, credentials, clock).await;
        outcome.findings.push(dropped.unwrap_or_else(|| no_cookie(setup, &chain.first, &subject)));
    } else {
        outcome.review(cookies, setup, &subject);
    }
    outcome
}

impl LoginOutcome {
    fn failed(finding: Finding) -> Self {
        Self { result: LoginResult::NoSession, findings: vec![finding] }
    }

    /// Reviews all cookies and picks the session cookie.
    fn review(&mut self, cookies: Vec<OriginCookie>, setup: &DoctorSetup, subject: &str) {
        let Some(name) = session_cookie_name(setup, &cookies) else {
            self.findings.push(other_cookies_only(setup, &cookies, subject));
            return;
        };
        let (mut session_cookies, others): (Vec<_>, Vec<_>) =
            cookies.into_iter().partition(|received| received.cookie.name == name);
        for received in &session_cookies {
            self.findings.extend(review_session_cookie(received, setup));
        }
        for received in &others {
            self.findings.extend(review_other_cookie(received, setup));
        }
        if session_cookies.len() > 1 {
            let count = session_cookies.len();
            self.findings.push(Finding::error(
                "duplicate_cookie",
                subject,
                format!("sets {count} cookies named {name}; servers read only one of them, and not always the same one"),
                "set one, and expire the others",
            ));
        } else {
            self.result = session_cookies
                .pop()
                .map_or(LoginResult::NoSession, |cookie| LoginResult::Session(Box::new(cookie)));
        }
    }
}

fn login_request(
    setup: &DoctorSetup,
    web: &WebClient,
    origin: &Origin,
    credentials: &LoginCredentials,
) -> RequestBuilder {
    web.request(Method::POST, origin, &setup.login_path)
        .header(ORIGIN, setup.frontend.to_string())
        .header(ACCEPT, "application/json")
        .json(&json!({"email": credentials.email, "password": credentials.password.expose_secret()}))
}

fn check_status(status: StatusCode, subject: &str) -> Option<Finding> {
    let (code, fix) = match status.as_u16() {
        200..=399 => return None,
        401 | 403 => (
            "login_refused",
            "check the address and the password, and whether the backend allows this Origin",
        ),
        404 | 405 => ("login_refused", "name the login endpoint with --login-path"),
        429 => ("login_refused", "wait, or check which client address the rate limit counts"),
        400..=499 => ("login_refused", "make the login accept {\"email\", \"password\"} as JSON"),
        _ => ("login_failed", "check the logs of the backend and of the proxy in front of it"),
    };
    Some(Finding::error(code, subject, format!("responds with {status}"), fix))
}

/// Signs in at the backend directly: does it set a cookie that the frontend then drops?
async fn find_dropped_cookie(
    setup: &DoctorSetup,
    web: &WebClient,
    credentials: &LoginCredentials,
    clock: &dyn Clock,
) -> Option<Finding> {
    if setup.mode != CookieMode::Proxy || setup.frontend == setup.backend {
        return None;
    }
    let request = login_request(setup, web, &setup.backend, credentials);
    let chain = web.follow(request, CookieJar::default(), clock.now()).await.ok()?;
    let dropped = cookies_set_by(&chain, clock.now()).into_iter().next()?;
    Some(Finding::error(
        "set_cookie_dropped",
        &setup.backend,
        format!("sets {} when called directly, but {} sets no cookie", dropped.cookie.name, setup.frontend),
        "let the frontend's server set the cookie for its own host, and check whether a proxy in between removes \
         Set-Cookie",
    ))
}

/// Drawbridge responds with 202 to a correct password if the account needs a second factor.
fn second_factor_required(subject: &str) -> Finding {
    Finding::note(
        "second_factor_required",
        subject,
        "responds with 202 and sets no cookie, because the account needs a second factor, which the doctor cannot \
         enter: neither the session cookie nor the guarded page with a session was examined",
        "name an account without a second factor with --login",
    )
}

fn no_cookie(setup: &DoctorSetup, hop: &Hop, subject: &str) -> Finding {
    let fix = if setup.mode == CookieMode::Proxy {
        "let the frontend's server set the cookie when the backend accepts the login, and forward Set-Cookie through \
         every proxy in front of it"
    } else {
        "set the session cookie in the response to the login, and forward Set-Cookie through every proxy in between"
    };
    let observation = format!("responds with {} without Set-Cookie, so there is no session", hop.status);
    Finding::error("no_set_cookie", subject, observation, fix)
}

fn other_cookies_only(setup: &DoctorSetup, cookies: &[OriginCookie], subject: &str) -> Finding {
    let expected = setup.cookie_name.as_deref().unwrap_or_default();
    let names: Vec<_> = cookies.iter().map(|received| received.cookie.name.as_str()).collect();
    let observation = format!("sets {}, but no cookie named {expected}", names.join(", "));
    Finding::error(
        "no_set_cookie",
        subject,
        observation,
        "correct --cookie-name or the name that the login uses",
    )
}

/// Every cookie that a response of the chain sets.
fn cookies_set_by(chain: &RedirectChain, now: DateTime<Utc>) -> Vec<OriginCookie> {
    let mut cookies = Vec::new();
    for hop in chain.hops() {
        let Some(setter) = hop.origin() else { continue };
        for text in hop.set_cookies() {
            let cookie = ReceivedCookie::parse(&text, hop.url.path(), now).filter(ReceivedCookie::is_alive);
            cookies.extend(cookie.map(|cookie| OriginCookie { cookie, setter: setter.clone() }));
        }
    }
    cookies
}

/// The name that was given, or else the name that Drawbridge would use, or else the most likely one: that of the
/// longest cookie hidden from scripts.
fn session_cookie_name(setup: &DoctorSetup, cookies: &[OriginCookie]) -> Option<String> {
    let is_set = |name: &str| cookies.iter().any(|received| received.cookie.name == name);
    if let Some(name) = &setup.cookie_name {
        return is_set(name).then(|| name.clone());
    }
    if let Some(policy) = setup.policy().ok().filter(|policy| is_set(&policy.name)) {
        return Some(policy.name);
    }
    let cookies = cookies.iter().map(|received| &received.cookie);
    let likeliest = cookies.max_by_key(|cookie| (cookie.http_only, cookie.value.len()));
    likeliest.map(|cookie| cookie.name.clone())
}
