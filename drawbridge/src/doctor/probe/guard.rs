//! Requests the page behind the guard, without the session and with it.

use chrono::{DateTime, Utc};
use drawbridge_cookies::cookie_jar::CookieJar;
use drawbridge_core::clock::Clock;
use reqwest::{Method, header::ACCEPT};

use super::traffic;
use crate::doctor::{
    finding::Finding,
    setup::DoctorSetup,
    web::{RedirectChain, RequestFailure, WebClient},
};

const GUARD_FAILED_FIX: &str = "check the log of the frontend, and whether the guard can reach its verifier";

/// Requests the page without a cookie, and with the cookies of `jar` if there is one.
pub(super) async fn check(
    setup: &DoctorSetup,
    web: &WebClient,
    jar: Option<CookieJar>,
    clock: &dyn Clock,
) -> Vec<Finding> {
    let now = clock.now();
    let subject = format!("{}{}", setup.frontend, setup.private_path);
    let anonymous = match request_page(setup, web, CookieJar::default(), now).await {
        Ok(chain) => chain,
        Err(failure) => return vec![failure.finding(&subject)],
    };
    let mut findings = traffic::check(&anonymous);
    findings.extend(check_anonymous(&anonymous, &subject));
    // A page that does not exist or is not guarded says nothing about the session.
    let Some(jar) = jar.filter(|_| is_guarded(&anonymous)) else { return findings };
    match request_page(setup, web, jar, now).await {
        Ok(signed_in) => {
            findings.extend(traffic::check(&signed_in));
            findings.extend(check_signed_in(&signed_in, &anonymous, setup, &subject));
        }
        Err(failure) => findings.push(failure.finding(&subject)),
    }
    findings
}

async fn request_page(
    setup: &DoctorSetup,
    web: &WebClient,
    jar: CookieJar,
    now: DateTime<Utc>,
) -> Result<RedirectChain, RequestFailure> {
    let request = web
        .request(Method::GET, &setup.frontend, &setup.private_path)
        .header(ACCEPT, "text/html")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document")
        .header("sec-fetch-site", "none");
    web.follow(request, jar, now).await
}

fn is_guarded(anonymous: &RedirectChain) -> bool {
    let status = anonymous.first.status;
    !anonymous.is_endless && (status.is_redirection() || matches!(status.as_u16(), 401 | 403))
}

fn redirect_loop(subject: &str, visitor: &str) -> Finding {
    Finding::error(
        "redirect_loop",
        subject,
        format!("redirects {visitor} endlessly; browsers show an error instead of a page"),
        "do not guard the sign-in page, and let the guard and the sign-in page use the same check of the session",
    )
}

fn check_anonymous(chain: &RedirectChain, subject: &str) -> Option<Finding> {
    if chain.is_endless {
        return Some(redirect_loop(subject, "a visitor without a session"));
    }
    let status = chain.first.status;
    match status.as_u16() {
        200..=299 => Some(Finding::error(
            "private_open",
            subject,
            format!("responds with {status} without a cookie: the page is not guarded"),
            "put the guard in front of it, or name a guarded page with --private-path",
        )),
        404 => Some(Finding::error(
            "private_missing",
            subject,
            "does not exist, so the guard was not checked",
            "name a guarded page with --private-path",
        )),
        500..=599 => Some(Finding::error(
            "guard_failed",
            subject,
            format!("responds with {status} without a cookie"),
            GUARD_FAILED_FIX,
        )),
        _ => None,
    }
}

fn check_signed_in(
    chain: &RedirectChain,
    anonymous: &RedirectChain,
    setup: &DoctorSetup,
    subject: &str,
) -> Option<Finding> {
    if chain.is_endless {
        return Some(redirect_loop(subject, "a signed-in user"));
    }
    if shows_page(chain, anonymous, setup) {
        return None;
    }
    let status = chain.first.status;
    if status.is_server_error() {
        let observation = format!("responds with {status} to a valid session");
        return Some(Finding::error("guard_failed", subject, observation, GUARD_FAILED_FIX));
    }
    Some(Finding::error(
        "guard_refuses",
        subject,
        format!("responds with {status} although the request carries the session cookie"),
        "make the guard read the cookie that the login sets, and verify it with the same keys, issuer and clock",
    ))
}

/// Returns true if the signed-in user arrived at the guarded page or below it.
fn shows_page(chain: &RedirectChain, anonymous: &RedirectChain, setup: &DoctorSetup) -> bool {
    let last = chain.last();
    let rest = last.url.path().strip_prefix(setup.private_path.trim_end_matches('/'));
    let is_guarded_page = last.origin().as_ref() == Some(&setup.frontend)
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    // The sign-in page may be below the guarded path, so compare with where an anonymous visitor ends up.
    let is_login_page = last.url == anonymous.last().url && anonymous.first.status.is_redirection();
    last.status.is_success() && is_guarded_page && !is_login_page
}
