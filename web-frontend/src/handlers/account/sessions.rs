use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;
use serde::Deserialize;

use crate::{
    account::SessionRows,
    auth_client::Call,
    form::Utf8Form,
    handlers::{ButtonForm, Nothing},
    pages::{self, Section, SessionsPage},
    visit::{Visit, problem},
};

const PAGE: &str = Section::Sessions.path();

/// The fields of the form beside each session.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndForm {
    csrf: String,
    id: String,
}

/// `GET /account/sessions`: where the person is signed in, this session first.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    let account = visit.account().await?;
    let answer = visit.ask(Call::SESSIONS).await?;
    if let Some(refused) = answer.refusal() {
        return Err(problem(&refused));
    }
    let SessionRows { mut sessions } = answer.data()?;
    sessions.sort_by_key(|session| (!session.current, std::cmp::Reverse(session.created_at)));
    let frame = visit.frame().within(Section::Sessions);
    pages::show(&SessionsPage { frame, csrf: visit.csrf()?, account, sessions })
}

/// `POST /account/sessions/end`: ends one.
pub(crate) async fn end(visit: Visit, Utf8Form(form): Utf8Form<EndForm>) -> Result<HttpResponse, Problem> {
    if !visit.has_shown(&form.csrf) {
        return visit.leave_bad(visit.text.problem.stale_form, PAGE);
    }
    let answer = visit.send_about(Call::END_SESSION, &form.id, &Nothing {}).await?;
    match answer.refusal() {
        Some(refused) => visit.refuse(&refused, PAGE),
        None => visit.leave(visit.text.sessions.ended, PAGE),
    }
}

/// `POST /account/sessions/end-others`: ends all but this one.
pub(crate) async fn end_others(
    visit: Visit,
    Utf8Form(form): Utf8Form<ButtonForm>,
) -> Result<HttpResponse, Problem> {
    if !visit.has_shown(&form.csrf) {
        return visit.leave_bad(visit.text.problem.stale_form, PAGE);
    }
    let answer = visit.ask(Call::END_OTHER_SESSIONS).await?;
    if let Some(refused) = answer.refusal() {
        return visit.refuse(&refused, PAGE);
    }
    let ended = answer.body.pointer("/data/ended").and_then(serde_json::Value::as_u64).unwrap_or_default();
    visit.leave((visit.text.sessions.others_ended)(ended), PAGE)
}
