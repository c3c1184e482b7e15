use actix_web::HttpResponse;
use drawbridge_http::problem::{Code, Problem};
use serde::Deserialize;

use crate::{
    account::ActivityLog,
    auth_client::AuthEndpoint,
    page_query::PageQuery,
    page_request::PageRequest,
    pages::{self, AccountSection, ActivityPage, PageLink},
};

/// `?before=`: the ID of the event before which the page begins.
#[derive(Default, Deserialize)]
pub(crate) struct ActivityPageQuery {
    before: Option<String>,
}

/// `GET /account/activity`: shows the activity log, newest events first.
pub(crate) async fn show(
    request: PageRequest,
    PageQuery(query): PageQuery<ActivityPageQuery>,
) -> Result<HttpResponse, Problem> {
    let before = query.before.as_deref();
    if before.is_some_and(|before| !is_id(before)) {
        return Err(Problem::new(Code::InvalidQuery, "Follow the link to the older events."));
    }
    let api_query = before.map(|before| format!("before={before}")).unwrap_or_default();
    let response = request.call_with_query(AuthEndpoint::ACTIVITY, api_query).await?;
    let ActivityLog { events, next } = response.data_or_problem()?;
    let text = &request.text.activity;
    let path = request.at(AccountSection::Activity.path());
    pages::render(&ActivityPage {
        layout: request.layout().within(AccountSection::Activity),
        events,
        older: next.map(|next| PageLink::new(text.older, format!("{path}?before={next}"))),
        newest: before.map(|_| PageLink::new(text.newest, path)),
    })
}

fn is_id(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}
