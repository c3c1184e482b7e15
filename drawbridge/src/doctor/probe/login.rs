//! A real login, and every cookie that it sets.

use chrono::{DateTime, Utc};
use drawbridge_cookies::topology::CookieMode;
use drawbridge_core::origin::Origin;
use reqwest::{
    Method, RequestBuilder, StatusCode,
    header::{ACCEPT, ORIGIN},
};
use serde_json::json;

use super::{Account, Now, cors, traffic};
use crate::doctor::{
    Setup,
    finding::Finding,
    judge::{judge, judge_other},
    web::{Hop, Jar, Visit, Web},
};
use drawbridge_cookies::received_cookie::ReceivedCookie;

/// What a login led to.
#[derive(Default)]
pub(super) struct Login {
    /// The session's cookie, and who set it.
    pub(super) session: Option<(ReceivedCookie, Origin)>,
    pub(super) findings: Vec<Finding>,
}

/// Signs in as a page does.
pub(super) async fn check(setup: &Setup, web: &Web, account: &Account, now: Now<'_>) -> Login {
    let origin = setup.login_origin();
    let subject = format!("POST {origin}{}", setup.login_path);
    let visit = match web.follow(request(setup, web, origin, account), Jar::default(), now()).await {
        Ok(visit) => visit,
        Err(failure) => return Login { findings: vec![failure.finding(&subject)], ..Login::default() },
    };
    let mut login = Login::default();
    if let Some(refusal) = refusal(visit.first.status, &subject) {
        login.findings.push(refusal);
        return login;
    }
    if setup.mode != CookieMode::Proxy && setup.frontend != setup.backend {
        login.findings.extend(cors::fault(&visit.first, setup, &subject));
    }
    login.findings.extend(traffic::check(&visit));
    let cookies = cookies(&visit, now());
    if cookies.is_empty() {
        let dropped = dropped(setup, web, account, now).await;
        login.findings.push(dropped.unwrap_or_else(|| nothing_set(setup, &visit.first, &subject)));
        return login;
    }
    let Some(name) = session_name(setup, &cookies) else {
        let wanted = setup.cookie_name.as_deref().unwrap_or_default();
        let set: Vec<_> = cookies.iter().map(|(cookie, _)| cookie.name.as_str()).collect();
        let what = format!("sets {}, but no cookie {wanted}", set.join(", "));
        login.findings.push(Finding::error(
            "no_set_cookie",
            subject,
            what,
            "correct the name on either side",
        ));
        return login;
    };
    let (of_session, others): (Vec<_>, Vec<_>) =
        cookies.into_iter().partition(|(cookie, _)| cookie.name == name);
    for (cookie, setter) in &of_session {
        login.findings.extend(judge(cookie, setter, setup));
    }
    for (cookie, setter) in &others {
        login.findings.extend(judge_other(cookie, setter, setup));
    }
    if of_session.len() > 1 {
        let what = format!(
            "sets {} cookies called {name}; servers read one of them, and not always the same",
            of_session.len()
        );
        login.findings.push(Finding::error(
            "duplicate_cookie",
            subject,
            what,
            "set one, and expire the other",
        ));
        return login;
    }
    login.session = of_session.into_iter().next();
    login
}

fn request(setup: &Setup, web: &Web, origin: &Origin, account: &Account) -> RequestBuilder {
    web.request(Method::POST, origin, &setup.login_path)
        .header(ORIGIN, setup.frontend.to_string())
        .header(ACCEPT, "application/json")
        .json(&json!({"email": account.email, "password": account.password}))
}

/// Whether the backend by itself sets a cookie that does not come through the frontend.
async fn dropped(setup: &Setup, web: &Web, account: &Account, now: Now<'_>) -> Option<Finding> {
    if setup.mode != CookieMode::Proxy || setup.frontend == setup.backend {
        return None;
    }
    let asked = request(setup, web, &setup.backend, account);
    let visit = web.follow(asked, Jar::default(), now()).await.ok()?;
    let (cookie, _) = cookies(&visit, now()).into_iter().next()?;
    let what =
        format!("sets {} when it is asked directly, and nothing through {}", cookie.name, setup.frontend);
    let fix = "let the frontend's server set the cookie anew for its own host, and look for a proxy in between \
               that takes Set-Cookie away";
    Some(Finding::error("set_cookie_dropped", &setup.backend, what, fix))
}

fn refusal(status: StatusCode, subject: &str) -> Option<Finding> {
    let (code, fix) = match status.as_u16() {
        200..=399 => return None,
        401 | 403 => {
            ("login_refused", "check the address, the password and whether the backend takes this Origin")
        }
        404 | 405 => ("login_refused", "name the path of the login: --login-path"),
        429 => ("login_refused", "wait, or look at whose address the rate limit counts"),
        400..=499 => ("login_refused", "the login must take {\"email\", \"password\"} as JSON"),
        _ => ("login_failed", "look into the log of the backend, and of the proxy in front of it"),
    };
    Some(Finding::error(code, subject, format!("answers {status}"), fix))
}

fn nothing_set(setup: &Setup, hop: &Hop, subject: &str) -> Finding {
    let what = format!("answers {} without Set-Cookie: no session", hop.status);
    let fix = if setup.mode == CookieMode::Proxy {
        "let the frontend's server set the cookie from the backend's answer, and hand Set-Cookie through \
         whatever stands in front of it"
    } else {
        "set the session's cookie in the answer to the login, and hand it through whatever stands in between"
    };
    Finding::error("no_set_cookie", subject, what, fix)
}

/// What is set on all hops, and by whom.
fn cookies(visit: &Visit, now: DateTime<Utc>) -> Vec<(ReceivedCookie, Origin)> {
    let mut cookies = Vec::new();
    for hop in visit.hops() {
        let Some(setter) = hop.origin() else { continue };
        for text in hop.set_cookies() {
            let cookie = ReceivedCookie::parse(&text, hop.url.path(), now).filter(ReceivedCookie::is_alive);
            cookies.extend(cookie.map(|cookie| (cookie, setter.clone())));
        }
    }
    cookies
}

/// The name that was given, or the one that Drawbridge would take, or the likeliest: out of the reach of
/// scripts, and the longest.
fn session_name(setup: &Setup, cookies: &[(ReceivedCookie, Origin)]) -> Option<String> {
    let is_set = |name: &str| cookies.iter().any(|(cookie, _)| cookie.name == name);
    if let Some(name) = &setup.cookie_name {
        return is_set(name).then(|| name.clone());
    }
    if let Some(policy) = setup.policy().ok().filter(|policy| is_set(&policy.name)) {
        return Some(policy.name);
    }
    let likeliest = cookies.iter().max_by_key(|(cookie, _)| (cookie.http_only, cookie.value.len()));
    likeliest.map(|(cookie, _)| cookie.name.clone())
}
