//! What a page's script says to and fro while the browser asks for a passkey. The answers are data; what is wrong
//! is said in the visitor's language, and where to go on stands in `next`.

use actix_web::HttpResponse;
use drawbridge_http::problem::{Code, PROBLEM_JSON, Problem, status_of};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    auth_client::{Answer, Call, Refused},
    pending::Pending,
    visit::{AFTER_LOGIN, Visit},
};

/// What a script sends in the end.
#[derive(Deserialize)]
pub(crate) struct Finish {
    ceremony: Value,
    credential: Value,
    /// What the person calls a new passkey.
    name: Option<String>,
    /// Where the person wanted to go.
    pub(super) next: Option<String>,
}

#[derive(Serialize)]
struct BeginBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<&'a str>,
}

#[derive(Serialize)]
struct FinishBody<'a> {
    ceremony: &'a Value,
    credential: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<&'a str>,
}

/// Begins: the answer is what the browser needs to know.
pub(super) async fn begin(
    visit: &Visit,
    call: Call,
    pending: Option<&Pending>,
) -> Result<HttpResponse, Problem> {
    let pending = pending.map(|pending| pending.token.as_str());
    let answer = visit.send(call, &BeginBody { pending }).await?;
    Ok(match answer.refusal() {
        Some(refused) => refuse(visit, &answer, &refused, &referrer(visit)),
        None => answer.into_response(),
    })
}

/// Hands on what the browser answered.
pub(super) async fn finish(
    visit: &Visit,
    call: Call,
    finish: &Finish,
    pending: Option<&Pending>,
) -> Result<Answer, Problem> {
    let Finish { ceremony, credential, name, .. } = finish;
    let pending = pending.map(|pending| pending.token.as_str());
    visit.send(call, &FinishBody { ceremony, credential, name: name.as_deref(), pending }).await
}

/// Where the script goes on.
pub(super) fn go(answer: &Answer, next: Option<&str>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    answer.set_cookies(&mut response);
    response.json(json!({"success": true, "next": next.unwrap_or(AFTER_LOGIN)}))
}

/// What is wrong. `page` is where the person is, to come back to from a confirmation.
pub(super) fn refuse(visit: &Visit, answer: &Answer, refused: &Refused, page: &str) -> HttpResponse {
    let mut body = answer.body.clone();
    if let Some(body) = body.as_object_mut() {
        body.insert("detail".into(), visit.explain(refused).into());
        if refused.code == Code::ConfirmationRequired.as_str() {
            body.insert("next".into(), format!("/account/confirm?next={page}").into());
        }
        if refused.code == Code::LoginExpired.as_str() {
            body.insert("next".into(), "/login".into());
        }
    }
    answer.response_head().content_type(PROBLEM_JSON).body(body.to_string())
}

/// What is wrong where the first step of a sign-in is forgotten.
pub(super) fn expired(visit: &Visit) -> HttpResponse {
    let detail = visit.text.sign_in.expired;
    let body =
        json!({"success": false, "code": Code::LoginExpired.as_str(), "detail": detail, "next": "/login"});
    HttpResponse::build(status_of(Code::LoginExpired)).content_type(PROBLEM_JSON).body(body.to_string())
}

/// The page whose script is asking: the path above its endpoints.
fn referrer(visit: &Visit) -> String {
    let path = visit.request.path();
    path.trim_end_matches("/begin").trim_end_matches("/passkey").to_owned()
}
