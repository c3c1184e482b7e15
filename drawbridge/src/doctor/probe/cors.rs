//! Checks whether pages of the frontend may call the backend with cookies (Fetch, 3.2).

use reqwest::{Method, header::ORIGIN};

use crate::doctor::{
    finding::Finding,
    setup::DoctorSetup,
    web::{Hop, WebClient},
};

/// Sends the preflight request that browsers send before a login with JSON.
pub(super) async fn check_preflight(setup: &DoctorSetup, web: &WebClient) -> Option<Finding> {
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
    let finding = check_response(&hop, setup, &subject);
    if finding.is_some() {
        return finding;
    }
    if !hop.status.is_success() {
        let observation = format!("responds with {}; browsers then do not send the login", hop.status);
        let fix = "respond to preflight requests with 204, without requiring a session";
        return Some(Finding::error("cors_preflight", subject, observation, fix));
    }
    let allowed = hop.header("access-control-allow-headers").unwrap_or_default().to_ascii_lowercase();
    if allowed.split(',').any(|name| name.trim() == "content-type") {
        return None;
    }
    let observation = "does not allow the header content-type; browsers then do not send a login with JSON";
    let fix = "respond with Access-Control-Allow-Headers: content-type";
    Some(Finding::error("cors_headers", subject, observation, fix))
}

/// Checks the headers of a response to a call with cookies: may a page of the frontend read it?
pub(super) fn check_response(hop: &Hop, setup: &DoctorSetup, subject: &str) -> Option<Finding> {
    let frontend = setup.frontend.to_string();
    let (code, observation) = match hop.header("access-control-allow-origin") {
        None => (
            "cors_origin",
            "has no Access-Control-Allow-Origin; browsers hide the response from the page".to_owned(),
        ),
        Some("*") => (
            "cors_wildcard",
            "responds with Access-Control-Allow-Origin: *, which browsers reject for calls with cookies"
                .to_owned(),
        ),
        Some(other) if other != frontend => {
            ("cors_origin", format!("responds with Access-Control-Allow-Origin: {other}, not {frontend}"))
        }
        Some(_) if hop.header("access-control-allow-credentials") == Some("true") => return None,
        Some(_) => (
            "cors_credentials",
            "lacks Access-Control-Allow-Credentials: true; browsers hide the response to a call with cookies \
             from the page"
                .to_owned(),
        ),
    };
    let fix = format!(
        "respond with Access-Control-Allow-Origin: {frontend}, Access-Control-Allow-Credentials: true and \
         Vary: Origin"
    );
    Some(Finding::error(code, subject, observation, fix))
}
