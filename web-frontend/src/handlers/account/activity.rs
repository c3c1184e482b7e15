use actix_web::{HttpResponse, web};
use drawbridge_http::problem::{Code, Problem};
use serde::Deserialize;

use crate::{
    account::Events,
    auth_client::Call,
    pages::{self, ActivityPage, Link, Section},
    visit::{Visit, problem},
};

/// `?before=`: where the page begins.
#[derive(Deserialize)]
pub(crate) struct Before {
    before: Option<String>,
}

/// `GET /account/activity`: what happened with the account, newest first.
pub(crate) async fn show(visit: Visit, query: web::Query<Before>) -> Result<HttpResponse, Problem> {
    let before = query.before.as_deref();
    let is_id =
        |id: &str| id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if before.is_some_and(|before| !is_id(before)) {
        return Err(Problem::new(Code::InvalidQuery, "Follow the link to older entries."));
    }
    let asked = before.map(|before| format!("before={before}")).unwrap_or_default();
    let answer = visit.app.auth.send(visit.request(Call::ACTIVITY).query(asked)).await?;
    if let Some(refused) = answer.refusal() {
        return Err(problem(&refused));
    }
    let Events { events, next } = answer.data()?;
    let (text, path) = (&visit.text.activity, Section::Activity.path());
    pages::show(&ActivityPage {
        frame: visit.frame().within(Section::Activity),
        events,
        older: next.map(|next| Link::new(text.older, format!("{path}?before={next}"))),
        newest: before.map(|_| Link::new(text.newest, path)),
    })
}
