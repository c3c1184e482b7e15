use std::str::FromStr;

use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, Utc};
use drawbridge_core::id::SessionId;
use drawbridge_http::Success;
use serde::Serialize;

use crate::{
    app::App,
    domain::{EventKind, user_agent},
    error::Error,
    person::Person,
    storage::{self, SessionView},
};

#[derive(Serialize)]
struct Sessions {
    sessions: Vec<Session>,
}

#[derive(Serialize)]
pub(super) struct Session {
    id: SessionId,
    current: bool,
    browser: Option<&'static str>,
    os: Option<&'static str>,
    address: Option<String>,
    created_at: DateTime<Utc>,
    last_seen_at: Option<DateTime<Utc>>,
    expires_at: DateTime<Utc>,
}

impl Session {
    pub(super) fn new(view: SessionView, current: SessionId) -> Self {
        let user_agent = view.user_agent.unwrap_or_default();
        Self {
            id: view.id,
            current: view.id == current,
            browser: user_agent::browser(&user_agent),
            os: user_agent::system(&user_agent),
            address: view.address.filter(|address| !address.is_empty()),
            created_at: view.created_at.and_utc(),
            last_seen_at: view.last_seen_at.map(|at| at.and_utc()),
            expires_at: view.expires_at.and_utc(),
        }
    }
}

/// `GET /api/sessions`: where one is signed in, newest first (ASVS 5.0, V7.5.2).
pub(crate) async fn list(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let person = Person::of(&app, &request).await?;
    let (user, session, now) = (person.user, person.session, app.clock.now());
    let look = move |c: &mut _| {
        storage::note_seen(c, session, now)?;
        storage::find_sessions(c, user, now)
    };
    let sessions = app.database.query(look).await?;
    let sessions = sessions.into_iter().map(|view| Session::new(view, session)).collect();
    Ok(HttpResponse::Ok().json(Success::with("Sessions", Sessions { sessions })))
}

/// `DELETE /api/sessions/{id}`: ends one of one's sessions; also 200 if it had ended.
pub(crate) async fn end(
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let person = Person::of(&app, &request).await?;
    // What is no id is no session either.
    if let Ok(ended) = SessionId::from_str(&id) {
        let (user, now) = (person.user, app.clock.now());
        let event = person.did(&app, EventKind::SessionEnded).saying(ended.to_string());
        let prepared = app.relay.prepare();
        let end = move |c: &mut _| storage::end_session(c, user, ended, now, &event);
        if let Some(change) = app.database.query(end).await? {
            app.relay.announce(prepared, change).await;
        }
    }
    Ok(HttpResponse::Ok().json(Success::message("Session ended")))
}

#[derive(Serialize)]
struct Ended {
    ended: usize,
}

/// `DELETE /api/sessions`: ends all of one's sessions but this one (ASVS 5.0, V7.4.3).
pub(crate) async fn end_others(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let person = Person::of(&app, &request).await?;
    let (user, keep, now) = (person.user, person.session, app.clock.now());
    let event = person.did(&app, EventKind::SessionsEnded).saying("all others");
    let prepared = app.relay.prepare();
    let end = move |c: &mut _| storage::end_other_sessions(c, user, keep, now, &event);
    let mut ended = 0;
    if let Some((change, count)) = app.database.query(end).await? {
        app.relay.announce(prepared, change).await;
        ended = count;
    }
    Ok(HttpResponse::Ok().json(Success::with("Other sessions ended", Ended { ended })))
}

/// `POST /api/seen`: the session was used; kept at most once a minute.
pub(crate) async fn seen(
    app: web::Data<App>,
    request: HttpRequest,
    _: web::Bytes,
) -> Result<HttpResponse, Error> {
    let (person, now) = (Person::of(&app, &request).await?, app.clock.now());
    app.database.query(move |c| storage::note_seen(c, person.session, now)).await?;
    Ok(HttpResponse::Ok().json(Success::message("Noted")))
}
