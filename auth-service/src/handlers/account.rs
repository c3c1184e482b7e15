use actix_web::{HttpRequest, HttpResponse, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use drawbridge_core::id::{SessionId, UserId};
use drawbridge_http::{Success, token_headers};
use drawbridge_verification::Refusal;
use serde::Serialize;

use super::{activity::Happened, logout::clear_cookies, sessions::Session};
use crate::{
    app::App,
    config::SecondFactorPolicy,
    domain::EventKind,
    error::Error,
    mail::Notice,
    person::{CONFIRMED_FOR, Person},
    storage::{self, EventFilter, NewEvent, PasskeyRow},
};

#[expect(clippy::struct_excessive_bools, reason = "a body in JSON: each is a fact of its own")]
#[derive(Serialize)]
struct Account {
    email: String,
    email_verified: bool,
    created_at: DateTime<Utc>,
    password_changed_at: Option<DateTime<Utc>>,
    totp: bool,
    recovery_codes_left: i64,
    passkeys: Vec<Passkey>,
    passkeys_possible: bool,
    second_factor: SecondFactorPolicy,
    mail: bool,
    confirmed_until: Option<DateTime<Utc>>,
    session_count: usize,
    sessions_per_user: u32,
    idle_seconds: u64,
    absolute_seconds: u64,
}

#[derive(Serialize)]
struct Passkey {
    id: String,
    name: String,
    created_at: DateTime<Utc>,
    last_used_at: Option<DateTime<Utc>>,
}

impl From<PasskeyRow> for Passkey {
    fn from(row: PasskeyRow) -> Self {
        Self {
            id: URL_SAFE_NO_PAD.encode(&row.id),
            name: row.name,
            created_at: row.created_at.and_utc(),
            last_used_at: row.last_used_at.map(|at| at.and_utc()),
        }
    }
}

/// `GET /api/account`: one's account, and what the deployment offers.
pub(crate) async fn show(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let person = Person::of(&app, &request).await?;
    let account = find(&app, person.user, person.session).await?;
    Ok(HttpResponse::Ok().json(Success::with("Account", account)))
}

async fn find(app: &App, user: UserId, session: SessionId) -> Result<Account, Error> {
    let now = app.clock.now();
    let look = move |c: &mut _| {
        let profile = storage::find_profile(c, user)?;
        let factors = storage::find_second_factors(c, user)?;
        let passkeys = storage::find_passkeys(c, user)?;
        let sessions = storage::find_sessions(c, user, now)?.len();
        storage::note_seen(c, session, now)?;
        Ok((profile, factors, passkeys, sessions, storage::find_confirmation(c, session)?))
    };
    let (profile, factors, passkeys, session_count, confirmed_at) = app.database.query(look).await?;
    let profile = profile.ok_or(Refusal::UserNotFound)?;
    let confirmed_until = confirmed_at.map(|at| at.and_utc() + CONFIRMED_FOR).filter(|until| *until > now);
    Ok(Account {
        email: profile.email,
        email_verified: profile.email_verified,
        created_at: profile.created_at.and_utc(),
        password_changed_at: profile.password_changed_at.map(|at| at.and_utc()),
        // Where factors are off none is asked for.
        totp: factors.totp && app.factors.policy != SecondFactorPolicy::Off,
        recovery_codes_left: factors.recovery_codes,
        passkeys: passkeys.into_iter().map(Passkey::from).collect(),
        passkeys_possible: app.passkeys().is_ok(),
        second_factor: app.factors.policy,
        mail: app.mail.is_some(),
        confirmed_until,
        session_count,
        sessions_per_user: app.tokens.sessions_per_user,
        idle_seconds: app.tokens.lifetime.as_secs(),
        absolute_seconds: app.tokens.session_lifetime.as_secs(),
    })
}

#[derive(Serialize)]
struct Export {
    exported_at: DateTime<Utc>,
    id: UserId,
    account: Account,
    roles: Vec<String>,
    sessions: Vec<Session>,
    activity: Vec<Happened>,
}

/// The most events that an export has; there are more only after years.
const MOST_EVENTS: i64 = 100_000;

/// `GET /api/me/export`: all that is kept of one (GDPR, article 20). Secrets are not among it.
pub(crate) async fn export(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let person = Person::of(&app, &request).await?;
    let (user, session, now) = (person.user, person.session, app.clock.now());
    let account = find(&app, user, session).await?;
    let grant = app.verifier.verify_request(&app.cookie.tokens(&token_headers(request.headers()))).await?;
    let event = person.did(&app, EventKind::Exported);
    let look = move |c: &mut _| {
        storage::insert_event(c, &event)?;
        let filter = EventFilter { user: Some(user), ..EventFilter::default() };
        Ok((storage::find_sessions(c, user, now)?, storage::find_events(c, &filter, MOST_EVENTS)?))
    };
    let (sessions, events) = app.database.query(look).await?;
    let export = Export {
        exported_at: now,
        id: user,
        account,
        roles: grant.record().roles.clone(),
        sessions: sessions.into_iter().map(|view| Session::new(view, session)).collect(),
        activity: events.into_iter().map(Happened::from).collect(),
    };
    Ok(HttpResponse::Ok()
        .insert_header(("content-disposition", "attachment; filename=\"account.json\""))
        .json(export))
}

/// `DELETE /api/me`: deletes one's account with all that belongs to it.
pub(crate) async fn delete(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let person = Person::confirmed(&app, &request).await?;
    let (user, now) = (person.user, app.clock.now());
    // Of whoever is gone nothing is kept but that they are.
    let mut nobody = person.caller.clone();
    (nobody.address, nobody.user_agent) = (None, String::new());
    let event = NewEvent::new(EventKind::AccountDeleted, &nobody, now).to(user);
    let event = app.telling(event, &person.caller, (user, &person.email), Notice::AccountDeleted);
    let prepared = app.relay.prepare();
    let deleted = app.database.query(move |c| storage::delete_account(c, user, now, &event)).await?;
    app.relay.announce(prepared, deleted.ok_or(Refusal::UserNotFound)?).await;
    app.wake_mail();
    Ok(clear_cookies(&app, HttpResponse::Ok().json(Success::message("Account deleted"))))
}
