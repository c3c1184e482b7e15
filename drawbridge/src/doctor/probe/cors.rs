//! Whether a page of the frontend may call the backend with cookies (Fetch, 3.2).

use reqwest::{Method, header::ORIGIN};

use crate::doctor::{
    Setup,
    finding::Finding,
    web::{Hop, Web},
};

/// Asks as a browser does before a login with JSON.
pub(super) async fn preflight(setup: &Setup, web: &Web) -> Option<Finding> {
    let subject = format!("OPTIONS {}{}", setup.backend, setup.login_path);
    let request = web
        .request(Method::OPTIONS, &setup.backend, &setup.login_path)
        .header(ORIGIN, setup.frontend.to_string())
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type");
    let hop = match web.send(request).await {
        Ok((hop, _)) => hop,
        Err(failure) => return Some(failure.finding(&subject)),
    };
    let fault = fault(&hop, setup, &subject);
    if fault.is_some() {
        return fault;
    }
    if !hop.status.is_success() {
        let what = format!("answers {}; browsers then do not send the login", hop.status);
        let fix = "answer preflights with 204, without asking for a session";
        return Some(Finding::error("cors_preflight", subject, what, fix));
    }
    let allowed = hop.header("access-control-allow-headers").unwrap_or_default().to_ascii_lowercase();
    if allowed.split(',').any(|name| name.trim() == "content-type") {
        return None;
    }
    let what = "does not allow the header content-type; browsers then do not send a login with JSON";
    Some(Finding::error("cors_headers", subject, what, "answer Access-Control-Allow-Headers: content-type"))
}

/// What keeps the page of the frontend from an answer to a call with cookies.
pub(super) fn fault(hop: &Hop, setup: &Setup, subject: &str) -> Option<Finding> {
    let frontend = setup.frontend.to_string();
    let (code, what) = match hop.header("access-control-allow-origin") {
        None => {
            let what = "has no Access-Control-Allow-Origin; the page gets no answer";
            ("cors_origin", what.to_owned())
        }
        Some("*") => {
            let what = "answers Access-Control-Allow-Origin: *, which browsers refuse for calls with cookies";
            ("cors_wildcard", what.to_owned())
        }
        Some(other) if other != frontend => {
            ("cors_origin", format!("answers Access-Control-Allow-Origin: {other}, not {frontend}"))
        }
        Some(_) if hop.header("access-control-allow-credentials") == Some("true") => return None,
        Some(_) => {
            let what = "does not answer Access-Control-Allow-Credentials: true; browsers keep the answer to a \
                        call with cookies from the page";
            ("cors_credentials", what.to_owned())
        }
    };
    let fix = format!(
        "answer Access-Control-Allow-Origin: {frontend} and Access-Control-Allow-Credentials: true, with \
         Vary: Origin"
    );
    Some(Finding::error(code, subject, what, fix))
}
