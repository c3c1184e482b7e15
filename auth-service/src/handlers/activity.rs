use std::str::FromStr;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use drawbridge_core::id::{EventId, SessionId};
use drawbridge_http::Success;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    domain::user_agent,
    error::Error,
    request_context::RequestContext,
    signed_in_user::SignedInUser,
    storage::{self, AuditEvent, EventFilter},
};

/// The number of events on a page.
const EVENTS_PER_PAGE: i64 = 50;

/// The query parameters: `before` is the ID of the last event of the previous page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActivityQuery {
    before: Option<String>,
}

#[derive(Serialize)]
struct ActivityResponse {
    events: Vec<EventItem>,
    next: Option<EventId>,
}

/// An audit event as the user sees it.
#[derive(Serialize)]
pub(super) struct EventItem {
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

impl From<AuditEvent> for EventItem {
    fn from(event: AuditEvent) -> Self {
        Self {
            id: event.id,
            at: event.at.and_utc(),
            kind: event.kind,
            by: event.actor,
            address: Some(event.address).filter(|address| !address.is_empty()),
            browser: user_agent::browser(&event.user_agent),
            os: user_agent::operating_system(&event.user_agent),
            session: event.session_id,
            detail: event.detail,
        }
    }
}

/// `GET /api/activity`: returns the user's audit events, newest first.
pub(crate) async fn list(
    app: web::Data<App>,
    context: RequestContext,
    query: web::Query<ActivityQuery>,
) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate(&app, &context).await?;
    let before = query.before.as_deref().map(EventId::from_str).transpose();
    let before = before.map_err(|_| Error::InvalidQuery)?;
    let filter = EventFilter { user: Some(user.holder.user), before, ..EventFilter::default() };
    let events = app.database.query(move |c| storage::find_events(c, &filter, EVENTS_PER_PAGE)).await?;
    let is_full = i64::try_from(events.len()).is_ok_and(|count| count == EVENTS_PER_PAGE);
    let next = events.last().filter(|_| is_full).map(|event| event.id);
    let activity = ActivityResponse { events: events.into_iter().map(EventItem::from).collect(), next };
    Ok(HttpResponse::Ok().json(Success::with("Activity", activity)))
}
