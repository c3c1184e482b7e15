use std::str::FromStr;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use drawbridge_core::id::{EventId, SessionId};
use drawbridge_http::Success;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    domain::user_agent,
    error::Error,
    person::Person,
    storage::{self, Event, EventFilter},
};

/// How many events a page has.
const PAGE: i64 = 50;

/// The last event of the page before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Page {
    before: Option<String>,
}

#[derive(Serialize)]
struct Activity {
    events: Vec<Happened>,
    next: Option<EventId>,
}

/// Something that happened to one's account.
#[derive(Serialize)]
pub(super) struct Happened {
    id: EventId,
    at: DateTime<Utc>,
    kind: String,
    by: String,
    address: Option<String>,
    browser: Option<&'static str>,
    os: Option<&'static str>,
    session: Option<SessionId>,
    detail: String,
}

impl From<Event> for Happened {
    fn from(event: Event) -> Self {
        Self {
            id: event.id,
            at: event.at.and_utc(),
            kind: event.kind,
            by: event.actor,
            address: Some(event.address).filter(|address| !address.is_empty()),
            browser: user_agent::browser(&event.user_agent),
            os: user_agent::system(&event.user_agent),
            session: event.session_id,
            detail: event.detail,
        }
    }
}

/// `GET /api/activity`: what happened to one's account, newest first.
pub(crate) async fn list(
    app: web::Data<App>,
    request: HttpRequest,
    page: web::Query<Page>,
) -> Result<HttpResponse, Error> {
    let person = Person::of(&app, &request).await?;
    let before =
        page.before.as_deref().map(EventId::from_str).transpose().map_err(|_| Error::InvalidQuery)?;
    let filter = EventFilter { user: Some(person.user), before, ..EventFilter::default() };
    let events = app.database.query(move |c| storage::find_events(c, &filter, PAGE)).await?;
    let is_full = i64::try_from(events.len()).is_ok_and(|count| count == PAGE);
    let next = events.last().filter(|_| is_full).map(|event| event.id);
    let activity = Activity { events: events.into_iter().map(Happened::from).collect(), next };
    Ok(HttpResponse::Ok().json(Success::with("Activity", activity)))
}
