//! The page behind the guard, without the session and with it.

use chrono::{DateTime, Utc};
use reqwest::{Method, header::ACCEPT};

use super::traffic;
use crate::doctor::{
    Setup,
    finding::Finding,
    web::{Failure, Jar, Visit, Web},
};

/// Visits it without a cookie, and with `jar` if there is one.
pub(super) async fn check(setup: &Setup, web: &Web, jar: Option<Jar>, now: DateTime<Utc>) -> Vec<Finding> {
    let subject = format!("{}{}", setup.frontend, setup.private_path);
    let stranger = match visit(setup, web, Jar::default(), now).await {
        Ok(visit) => visit,
        Err(failure) => return vec![failure.finding(&subject)],
    };
    let mut findings = traffic::check(&stranger);
    findings.extend(without_session(&stranger, &subject));
    // A page that is not there, or not guarded, says nothing about the session.
    let Some(jar) = jar.filter(|_| is_guarded(&stranger)) else { return findings };
    match visit(setup, web, jar, now).await {
        Ok(visit) => {
            findings.extend(traffic::check(&visit));
            findings.extend(with_session(&visit, &stranger, setup, &subject));
        }
        Err(failure) => findings.push(failure.finding(&subject)),
    }
    findings
}

async fn visit(setup: &Setup, web: &Web, jar: Jar, now: DateTime<Utc>) -> Result<Visit, Failure> {
    let request = web
        .request(Method::GET, &setup.frontend, &setup.private_path)
        .header(ACCEPT, "text/html")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document")
        .header("sec-fetch-site", "none");
    web.follow(request, jar, now).await
}

fn is_guarded(stranger: &Visit) -> bool {
    let status = stranger.first.status;
    !stranger.is_endless && (status.is_redirection() || matches!(status.as_u16(), 401 | 403))
}

fn endless(subject: &str, whose: &str) -> Finding {
    let what = format!("redirects {whose} without end; browsers show an error instead of a page");
    let fix =
        "keep the login page out of the guard, and let only one of login and guard decide who is signed in";
    Finding::error("redirect_loop", subject, what, fix)
}

fn without_session(visit: &Visit, subject: &str) -> Option<Finding> {
    if visit.is_endless {
        return Some(endless(subject, "a visitor without a session"));
    }
    let status = visit.first.status;
    match status.as_u16() {
        200..=299 => Some(Finding::error(
            "private_open",
            subject,
            format!("answers {status} without a cookie: the guard lets everybody in"),
            "put the guard in front of it, or name a page that is behind one: --private-path",
        )),
        404 => Some(Finding::error(
            "private_missing",
            subject,
            "is not there, so that the guard was not examined",
            "name a page that is behind it: --private-path",
        )),
        500..=599 => Some(Finding::error(
            "guard_failed",
            subject,
            format!("answers {status} without a cookie"),
            "look into the log of the frontend, and whether the guard reaches who verifies",
        )),
        _ => None,
    }
}

fn with_session(visit: &Visit, stranger: &Visit, setup: &Setup, subject: &str) -> Option<Finding> {
    if visit.is_endless {
        return Some(endless(subject, "whoever has signed in"));
    }
    let last = visit.last();
    let rest = last.url.path().strip_prefix(setup.private_path.trim_end_matches('/'));
    let is_there = last.origin().as_ref() == Some(&setup.frontend)
        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    // Whoever ends where a stranger ends has not come in.
    let was_sent_away = last.url == stranger.last().url && stranger.first.status.is_redirection();
    if last.status.is_success() && is_there && !was_sent_away {
        return None;
    }
    let status = visit.first.status;
    if status.is_server_error() {
        let fix = "look into the log of the frontend, and whether the guard reaches who verifies";
        return Some(Finding::error(
            "guard_failed",
            subject,
            format!("answers {status} to a good session"),
            fix,
        ));
    }
    let what = format!("answers {status} although the cookie of the login came with the request");
    let fix = "let the guard read the cookie by the name under which the login sets it, and check it by the same \
               keys, issuer and clock";
    Some(Finding::error("guard_refuses", subject, what, fix))
}
