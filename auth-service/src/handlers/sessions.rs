use std::str::FromStr;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use drawbridge_core::id::SessionId;
use drawbridge_http::{Success, SuccessMessage, openapi::TokenProblems};
use serde::Serialize;

use crate::{
    app::App,
    domain::{EventKind, user_agent},
    error::Error,
    request_context::RequestContext,
    signed_in_user::SignedInUser,
    storage::{self, SessionSummary},
};

/// The sessions of a user.
#[derive(Serialize, utoipa::ToSchema)]
struct SessionListResponse {
    sessions: Vec<SessionItem>,
}

/// A session as the user sees it.
#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct SessionItem {
    id: SessionId,
    /// Whether it is the session of the request.
    current: bool,
    /// The name of the browser, if it is known.
    #[schema(required)]
    browser: Option<&'static str>,
    /// The name of the operating system, if it is known.
    #[schema(required)]
    os: Option<&'static str>,
    /// The IP address at the sign-in, if it is known.
    #[schema(required)]
    address: Option<String>,
    created_at: DateTime<Utc>,
    #[schema(required)]
    last_seen_at: Option<DateTime<Utc>>,
    expires_at: DateTime<Utc>,
}

impl SessionItem {
    pub(super) fn new(summary: SessionSummary, current: SessionId) -> Self {
        let user_agent = summary.user_agent.unwrap_or_default();
        Self {
            id: summary.id,
            current: summary.id == current,
            browser: user_agent::browser(&user_agent),
            os: user_agent::operating_system(&user_agent),
            address: summary.address.filter(|address| !address.is_empty()),
            created_at: summary.created_at.and_utc(),
            last_seen_at: summary.last_seen_at.map(|at| at.and_utc()),
            expires_at: summary.expires_at.and_utc(),
        }
    }
}

/// `GET /api/sessions`: returns the user's sessions, newest first (ASVS 5.0, V7.5.2).
#[utoipa::path(
    get,
    path = "/api/sessions",
    operation_id = "list_sessions",
    tag = "Account",
    responses(
        (status = 200, description = "The sessions", body = Success<SessionListResponse>),
        TokenProblems
    )
)]
pub(crate) async fn list(app: web::Data<App>, context: RequestContext) -> Result<HttpResponse, Error> {
    let SignedInUser { holder, session, .. } = SignedInUser::authenticate(&app, &context).await?;
    let now = app.clock.now();
    let find = move |c: &mut _| {
        storage::record_session_use(c, session, now)?;
        storage::find_sessions(c, holder.user, now)
    };
    let summaries = app.database.query(find).await?;
    let sessions = summaries.into_iter().map(|summary| SessionItem::new(summary, session)).collect();
    Ok(HttpResponse::Ok().json(Success::with("Sessions", SessionListResponse { sessions })))
}

/// `DELETE /api/sessions/{id}`: ends a session of the user. If there is no such session, it returns 200 as well.
#[utoipa::path(
    delete,
    path = "/api/sessions/{id}",
    operation_id = "end_session",
    tag = "Account",
    params(("id" = SessionId, Path, description = "The ID of the session.")),
    responses(
        (status = 200, description = "The session has ended, or there is none", body = SuccessMessage),
        TokenProblems
    )
)]
pub(crate) async fn end(
    app: web::Data<App>,
    context: RequestContext,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate(&app, &context).await?;
    if let Ok(session) = SessionId::from_str(&id) {
        let user_id = user.holder.user;
        let now = app.clock.now();
        let event = user.security_event(&app, EventKind::SessionEnded).with_detail(session.to_string());
        app.commit(event, move |c, event| storage::end_session(c, user_id, session, now, event)).await?;
    }
    Ok(HttpResponse::Ok().json(Success::message("Session ended")))
}

/// How many sessions have ended.
#[derive(Serialize, utoipa::ToSchema)]
struct EndedSessionsResponse {
    /// The number of sessions.
    ended: usize,
}

/// `DELETE /api/sessions`: ends all sessions of the user except the current one (ASVS 5.0, V7.4.3).
#[utoipa::path(
    delete,
    path = "/api/sessions",
    operation_id = "end_other_sessions",
    tag = "Account",
    responses(
        (status = 200, description = "The other sessions have ended", body = Success<EndedSessionsResponse>),
        TokenProblems
    )
)]
pub(crate) async fn end_others(app: web::Data<App>, context: RequestContext) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate(&app, &context).await?;
    let event = user.security_event(&app, EventKind::SessionsEnded).with_detail("all others");
    let user_id = user.holder.user;
    let session = user.session;
    let now = app.clock.now();
    let end = move |c: &mut _, event: &_| storage::end_other_sessions(c, user_id, session, now, event);
    let ended = app.commit(event, end).await?.map_or(0, |ended| ended.count);
    Ok(HttpResponse::Ok().json(Success::with("Other sessions ended", EndedSessionsResponse { ended })))
}

/// `POST /api/seen`: records that the session was used, at most once a minute.
#[utoipa::path(
    post,
    path = "/api/seen",
    operation_id = "record_session_use",
    tag = "Account",
    responses(
        (status = 200, description = "The use is recorded", body = SuccessMessage),
        TokenProblems
    )
)]
pub(crate) async fn record_use(
    app: web::Data<App>,
    context: RequestContext,
    _: web::Bytes,
) -> Result<HttpResponse, Error> {
    let session = SignedInUser::authenticate(&app, &context).await?.session;
    let now = app.clock.now();
    app.database.query(move |c| storage::record_session_use(c, session, now)).await?;
    Ok(HttpResponse::Ok().json(Success::message("Use recorded")))
}
