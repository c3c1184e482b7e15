use std::cmp::Reverse;

use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;
use serde::Deserialize;

use crate::{
    account::SessionList,
    auth_client::{AuthEndpoint, bodies::EmptyBody},
    handlers::{
        forms::ButtonForm,
        refusal::{redirect_after_stale_form, redirect_with_refusal},
    },
    page_request::PageRequest,
    pages::{self, AccountSection, SessionsPage},
    utf8_form::Utf8Form,
};

const PAGE: &str = AccountSection::Sessions.path();

/// The form next to a session.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndSessionForm {
    csrf: String,
    id: String,
}

/// `GET /account/sessions`: lists the sessions, the current one first.
pub(crate) async fn show(request: PageRequest) -> Result<HttpResponse, Problem> {
    let account = request.account().await?;
    let SessionList { mut sessions } = request.call(AuthEndpoint::SESSIONS).await?.data_or_problem()?;
    sessions.sort_by_key(|session| (!session.current, Reverse(session.created_at)));
    let layout = request.layout().within(AccountSection::Sessions);
    pages::render(&SessionsPage { layout, csrf: request.csrf_token()?, account, sessions })
}

/// `POST /account/sessions/end`: ends one session.
pub(crate) async fn end(
    request: PageRequest,
    Utf8Form(form): Utf8Form<EndSessionForm>,
) -> Result<HttpResponse, Problem> {
    if !request.has_valid_csrf_token(&form.csrf) {
        return redirect_after_stale_form(&request, &request.at(PAGE));
    }
    let response = request.call_with_id(AuthEndpoint::END_SESSION, &form.id, &EmptyBody {}).await?;
    match response.refusal() {
        Some(refusal) => redirect_with_refusal(&request, &refusal, &request.at(PAGE)),
        None => request.redirect_with_message(request.text.sessions.ended, &request.at(PAGE)),
    }
}

/// `POST /account/sessions/end-others`: ends all sessions but the current one.
pub(crate) async fn end_others(
    request: PageRequest,
    Utf8Form(form): Utf8Form<ButtonForm>,
) -> Result<HttpResponse, Problem> {
    if !request.has_valid_csrf_token(&form.csrf) {
        return redirect_after_stale_form(&request, &request.at(PAGE));
    }
    let response = request.call(AuthEndpoint::END_OTHER_SESSIONS).await?;
    if let Some(refusal) = response.refusal() {
        return redirect_with_refusal(&request, &refusal, &request.at(PAGE));
    }
    let ended = response.body.pointer("/data/ended").and_then(serde_json::Value::as_u64).unwrap_or_default();
    request.redirect_with_message((request.text.sessions.others_ended)(ended), &request.at(PAGE))
}
