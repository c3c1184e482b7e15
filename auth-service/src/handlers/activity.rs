use std::str::FromStr;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use drawbridge_core::id::{EventId, SessionId};
use drawbridge_http::{Success, openapi::TokenProblems, problems};
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
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ActivityQuery {
    /// The ID of the last event of the previous page.
    #[param(format = "uuid", nullable = false)]
    before: Option<String>,
}

/// A page of the activity log.
#[derive(Serialize, utoipa::ToSchema)]
struct ActivityResponse {
    events: Vec<EventItem>,
    /// To be sent as `before` for the next page, if there may be one.
    #[schema(required)]
    next: Option<EventId>,
}

/// An audit event as the user sees it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct EventItem {
    id: EventId,
    at: DateTime<Utc>,
    /// The kind of the event, such as `signed_in`.
    kind: String,
    /// Who caused it.
    by: String,
    #[schema(required)]
    address: Option<String>,
    #[schema(required)]
    browser: Option<&'static str>,
    #[schema(required)]
    os: Option<&'static str>,
    #[schema(required)]
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

problems! {
    /// Why no page is found.
    ActivityProblems: InvalidQuery
}

/// `GET /api/activity`: returns the user's audit events, newest first.
#[utoipa::path(
    get,
    path = "/api/activity",
    operation_id = "list_activity",
    tag = "Account",
    params(ActivityQuery),
    responses(
        (status = 200, description = "The events", body = Success<ActivityResponse>),
        TokenProblems,
        ActivityProblems
    )
)]
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
