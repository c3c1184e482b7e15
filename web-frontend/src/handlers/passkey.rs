//! The exchange with the passkey script of a page. Responses are JSON: errors in the visitor's language, and
//! in `next` the path or URL that the script goes to.

use actix_web::HttpResponse;
use drawbridge_core::exposed_secret::ExposedSecret;
use drawbridge_http::problem::{Code, PROBLEM_JSON, Problem, status_of};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::refusal::confirmation_path;
use crate::{
    auth_client::{AuthEndpoint, AuthRefusal, AuthResponse, bodies::PendingLoginBody},
    page_request::PageRequest,
    pending_login::PendingLogin,
};

/// What the script sends at the end of a ceremony.
#[derive(Deserialize)]
pub(crate) struct CeremonyResult {
    ceremony: Value,
    credential: Value,
    /// The name of a new passkey.
    name: Option<String>,
    /// The path or URL to go to afterwards.
    pub(super) next: Option<String>,
}

#[derive(Serialize)]
struct CeremonyResultBody<'a> {
    ceremony: &'a Value,
    credential: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<ExposedSecret<'a>>,
}

/// Starts a ceremony. The response contains the options for the browser.
pub(super) async fn begin(
    request: &PageRequest,
    endpoint: AuthEndpoint,
    pending: Option<&PendingLogin>,
) -> Result<HttpResponse, Problem> {
    let pending = pending.map(|pending| ExposedSecret::from(&pending.token));
    let response = request.call_with_body(endpoint, &PendingLoginBody { pending }).await?;
    Ok(match response.refusal() {
        Some(refusal) => refuse(request, &response, &refusal, page_path(request)),
        None => response.into_response(),
    })
}

/// Completes a ceremony with the browser's result.
pub(super) async fn finish(
    request: &PageRequest,
    endpoint: AuthEndpoint,
    result: &CeremonyResult,
    pending: Option<&PendingLogin>,
) -> Result<AuthResponse, Problem> {
    let body = CeremonyResultBody {
        ceremony: &result.ceremony,
        credential: &result.credential,
        name: result.name.as_deref(),
        pending: pending.map(|pending| ExposedSecret::from(&pending.token)),
    };
    request.call_with_body(endpoint, &body).await
}

/// Tells the script to go to `next`, and sets the cookies of auth-service's response.
pub(super) fn proceed(request: &PageRequest, response: &AuthResponse, next: Option<&str>) -> HttpResponse {
    let mut proceed = HttpResponse::Ok();
    response.add_cookies(&mut proceed);
    proceed.json(json!({"success": true, "next": next.unwrap_or(request.default_page())}))
}

/// Tells the script why auth-service refused. `page` is the path to return to after confirming the identity.
pub(super) fn refuse(
    request: &PageRequest,
    response: &AuthResponse,
    refusal: &AuthRefusal,
    page: &str,
) -> HttpResponse {
    let mut body = response.body.clone();
    if let Some(body) = body.as_object_mut() {
        body.insert("detail".into(), request.explain(refusal).into());
        if refusal.is(Code::ConfirmationRequired) {
            body.insert("next".into(), confirmation_path(request, page).into());
        }
        if refusal.is(Code::LoginExpired) {
            body.insert("next".into(), request.at("/login").into());
        }
    }
    response.response_head().content_type(PROBLEM_JSON).body(body.to_string())
}

/// Tells the script that the first step of the sign-in has expired.
pub(super) fn refuse_expired_login(request: &PageRequest) -> HttpResponse {
    let body = json!({
        "success": false,
        "code": Code::LoginExpired.as_str(),
        "detail": request.text.sign_in.expired,
        "next": request.at("/login"),
    });
    HttpResponse::build(status_of(Code::LoginExpired)).content_type(PROBLEM_JSON).body(body.to_string())
}

/// The path of the page whose script sent the request: the one above its endpoint.
fn page_path(request: &PageRequest) -> &str {
    request.http.path().trim_end_matches("/begin").trim_end_matches("/passkey")
}
