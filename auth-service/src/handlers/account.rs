use actix_web::{HttpResponse, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use drawbridge_core::id::UserId;
use drawbridge_http::{Success, SuccessMessage, openapi::TokenProblems};
use drawbridge_verification::Refusal;
use serde::Serialize;

use super::{
    activity::EventItem, logout::clear_cookies, problem_lists::StepUpProblems, sessions::SessionItem,
};
use crate::{
    app::App,
    domain::{EventKind, SecondFactorPolicy},
    error::Error,
    mail::Notice,
    request_context::RequestContext,
    signed_in_user::{CONFIRMATION_LIFETIME, SignedInUser},
    storage::{self, EventFilter, NewEvent, PasskeyRow},
};

/// The maximum number of events in an export. It takes years for an account to reach it.
const EXPORTED_EVENTS: i64 = 100_000;

/// An account, and what the deployment offers.
#[expect(clippy::struct_excessive_bools, reason = "a JSON body with independent fields")]
#[derive(Serialize, utoipa::ToSchema)]
struct AccountResponse {
    email: String,
    /// Whether the user has proved that the address is theirs.
    email_verified: bool,
    created_at: DateTime<Utc>,
    /// `null` if the account has no password.
    #[schema(required)]
    password_changed_at: Option<DateTime<Utc>>,
    /// Whether sign-ins ask for an authenticator app.
    totp: bool,
    recovery_codes_left: i64,
    passkeys: Vec<PasskeyItem>,
    /// Whether the deployment supports passkeys.
    passkeys_possible: bool,
    second_factor: SecondFactorPolicy,
    /// Whether the deployment can send e-mail.
    mail: bool,
    /// Until when the session counts as confirmed, if it does.
    #[schema(required)]
    confirmed_until: Option<DateTime<Utc>>,
    session_count: usize,
    /// The maximum number of sessions.
    sessions_per_user: u32,
    /// How long an unused session lasts.
    idle_seconds: u64,
    /// How long a session lasts at most.
    absolute_seconds: u64,
}

/// A passkey of an account.
#[derive(Serialize, utoipa::ToSchema)]
struct PasskeyItem {
    /// The ID in base64url.
    id: String,
    name: String,
    created_at: DateTime<Utc>,
    #[schema(required)]
    last_used_at: Option<DateTime<Utc>>,
}

impl From<PasskeyRow> for PasskeyItem {
    fn from(row: PasskeyRow) -> Self {
        Self {
            id: URL_SAFE_NO_PAD.encode(&row.id),
            name: row.name,
            created_at: row.created_at.and_utc(),
            last_used_at: row.last_used_at.map(|at| at.and_utc()),
        }
    }
}

/// `GET /api/account`: returns the user's account and what the deployment offers.
#[utoipa::path(
    get,
    path = "/api/account",
    operation_id = "get_account",
    tag = "Account",
    responses(
        (status = 200, description = "The account", body = Success<AccountResponse>),
        TokenProblems
    )
)]
pub(crate) async fn show(app: web::Data<App>, context: RequestContext) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate(&app, &context).await?;
    let account = find_account(&app, &user).await?;
    Ok(HttpResponse::Ok().json(Success::with("Account", account)))
}

async fn find_account(app: &App, signed_in: &SignedInUser) -> Result<AccountResponse, Error> {
    let user = signed_in.holder.user;
    let session = signed_in.session;
    let now = app.clock.now();
    let find = move |c: &mut _| {
        let profile = storage::find_profile(c, user)?;
        let factors = storage::find_enrolled_factors(c, user)?;
        let passkeys = storage::find_passkeys(c, user)?;
        let sessions = storage::find_sessions(c, user, now)?.len();
        storage::record_session_use(c, session, now)?;
        Ok((profile, factors, passkeys, sessions, storage::find_confirmation(c, session)?))
    };
    let (profile, factors, passkeys, session_count, confirmed_at) = app.database.query(find).await?;
    let profile = profile.ok_or(Refusal::UserNotFound)?;
    let confirmed_until = confirmed_at.map(|at| at.and_utc() + CONFIRMATION_LIFETIME);
    Ok(AccountResponse {
        email: profile.email,
        email_verified: profile.email_verified,
        created_at: profile.created_at.and_utc(),
        password_changed_at: profile.password_changed_at.map(|at| at.and_utc()),
        // An authenticator app that is never requested counts as absent.
        totp: factors.totp && app.second_factor.is_enabled(),
        recovery_codes_left: factors.recovery_codes,
        passkeys: passkeys.into_iter().map(PasskeyItem::from).collect(),
        passkeys_possible: app.passkeys().is_ok(),
        second_factor: app.second_factor,
        mail: app.mail.is_some(),
        confirmed_until: confirmed_until.filter(|until| *until > now),
        session_count,
        sessions_per_user: app.tokens.sessions_per_user,
        idle_seconds: app.tokens.lifetime.as_secs(),
        absolute_seconds: app.tokens.session_lifetime.as_secs(),
    })
}

/// Everything that is stored about a user, except secrets.
#[derive(Serialize, utoipa::ToSchema)]
struct AccountExport {
    exported_at: DateTime<Utc>,
    id: UserId,
    account: AccountResponse,
    roles: Vec<String>,
    sessions: Vec<SessionItem>,
    activity: Vec<EventItem>,
}

/// `GET /api/me/export`: returns everything stored about the user, except secrets (GDPR, article 20).
#[utoipa::path(
    get,
    path = "/api/me/export",
    operation_id = "export_account",
    tag = "Account",
    responses(
        (status = 200, description = "The data as a file", body = AccountExport),
        TokenProblems
    )
)]
pub(crate) async fn export(app: web::Data<App>, context: RequestContext) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate(&app, &context).await?;
    let account = find_account(&app, &user).await?;
    let grant = app.verifier.verify_request(&context.tokens, context.accepted_tokens(&app)).await?;
    let event = user.security_event(&app, EventKind::Exported);
    let id = user.holder.user;
    let session = user.session;
    let now = app.clock.now();
    let find = move |c: &mut _| {
        storage::insert_event(c, &event)?;
        let filter = EventFilter { user: Some(id), ..EventFilter::default() };
        Ok((storage::find_sessions(c, id, now)?, storage::find_events(c, &filter, EXPORTED_EVENTS)?))
    };
    let (sessions, events) = app.database.query(find).await?;
    let export = AccountExport {
        exported_at: now,
        id,
        account,
        roles: grant.record().roles.clone(),
        sessions: sessions.into_iter().map(|summary| SessionItem::new(summary, session)).collect(),
        activity: events.into_iter().map(EventItem::from).collect(),
    };
    Ok(HttpResponse::Ok()
        .insert_header(("content-disposition", "attachment; filename=\"account.json\""))
        .json(export))
}

/// `DELETE /api/me`: deletes the user's account and all its data.
#[utoipa::path(
    delete,
    path = "/api/me",
    operation_id = "delete_account",
    tag = "Account",
    responses(
        (status = 200, description = "The account is deleted", body = SuccessMessage),
        TokenProblems,
        StepUpProblems
    )
)]
pub(crate) async fn delete(app: web::Data<App>, context: RequestContext) -> Result<HttpResponse, Error> {
    let SignedInUser { holder, actor, .. } = SignedInUser::authenticate_confirmed(&app, &context).await?;
    let user = holder.user;
    let now = app.clock.now();
    // The event outlives the account, so it must not contain personal data.
    let event = NewEvent::new(EventKind::AccountDeleted, &actor.anonymized(), now).to(user);
    let event = app.with_notification(event, &actor, &holder, Notice::AccountDeleted);
    let deleted = app.commit(event, move |c, event| storage::delete_account(c, user, now, event)).await?;
    deleted.ok_or(Refusal::UserNotFound)?;
    Ok(clear_cookies(&app, HttpResponse::Ok().json(Success::message("Account deleted"))))
}
