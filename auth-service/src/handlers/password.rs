use actix_web::{HttpResponse, web};
use drawbridge_http::{JsonObject, Success};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::{
    app::App,
    domain::{Email, EventKind, Holder, Password},
    error::Error,
    limits::RequestedMail,
    mail::{InvalidLink, MailJob, MailKind, MailLink, Notice},
    mailed_link::{MailedLink, find_link},
    password_check::{check_new_password, check_session_password},
    request_context::RequestContext,
    signed_in_user::SignedInUser,
    storage::{self, KeptSessions, NewEvent, NewPassword},
};

/// The address of an account whose password was forgotten.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgotPasswordBody {
    email: String,
}

/// `POST /api/password/forgot`: sends a link if an account has this address. The response and its timing are the same
/// if no account has it (ASVS 5.0, V6.3.8).
pub(crate) async fn forgot(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<ForgotPasswordBody>>,
) -> Result<HttpResponse, Error> {
    let email = Email::parse(&body.email)?;
    app.require_mail()?;
    app.limits.charge_mail(RequestedMail::Forgot, &email, context.address).await?;
    let kind = MailKind::Forgot { email: email.to_string() };
    app.queue_mail(&MailJob::new(&context.actor, kind)).await?;
    Ok(HttpResponse::Accepted().json(Success::message("Check your e-mail for a link")))
}

/// The token of a link, and the new password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetPasswordBody {
    token: SecretString,
    password: SecretString,
}

/// `POST /api/password/reset`: uses up a link, sets the password and ends all sessions. Second factors remain in place
/// (ASVS 5.0, V6.4.3).
pub(crate) async fn reset(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<ResetPasswordBody>>,
) -> Result<HttpResponse, Error> {
    let MailedLink { hash: link_hash, link } = find_link(&app, &body.token).await?;
    let MailLink::Reset { user, email } = link else { return Err(InvalidLink.into()) };
    let password = Password::parse_new(body.password)?;
    check_new_password(&app, &password, &Email::parse(&email)?).await?;
    let hash = app.hasher.hash(password).await?;
    let now = app.clock.now();
    let event = NewEvent::new(EventKind::PasswordReset, &context.actor, now).to(user);
    let holder = Holder { user, email };
    let event = app.with_notification(event, &context.actor, &holder, Notice::PasswordChanged);
    let new = NewPassword { user, hash, now, keep: KeptSessions::None };
    let reset = move |c: &mut _, event: &_| storage::reset_password(c, &link_hash, &new, event);
    app.commit(event, reset).await?.ok_or(InvalidLink)?;
    Ok(HttpResponse::Ok().json(Success::message("Password changed, all sessions ended")))
}

/// A password to rate, and the address of its account if it is known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordStrengthBody {
    password: SecretString,
    #[serde(default)]
    email: Option<String>,
}

#[derive(Serialize)]
struct PasswordStrengthResponse {
    score: u8,
    acceptable: bool,
}

/// `POST /api/password/strength`: estimates how hard a password is to guess. Nothing is stored.
pub(crate) async fn strength(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<PasswordStrengthBody>>,
) -> Result<HttpResponse, Error> {
    let password = Password::parse_existing(body.password)?;
    let is_long_enough = password.has_minimum_length();
    let email = body.email.and_then(|email| Email::parse(&email).ok());
    app.limits.charge_strength_estimate(context.address).await?;
    let strength = app.hasher.estimate_strength(password, email, app.site_name.clone()).await?;
    let acceptable = is_long_enough && strength.is_acceptable;
    let response = PasswordStrengthResponse { score: strength.score, acceptable };
    Ok(HttpResponse::Ok().json(Success::with("Password strength", response)))
}

/// The current and the new password, and whether to end the other sessions.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePasswordBody {
    current: SecretString,
    new: SecretString,
    end_others: bool,
}

/// `POST /api/password`: changes the password of a user who knows the current one (ASVS 5.0, V6.2.3, V7.4.3).
pub(crate) async fn change(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<ChangePasswordBody>>,
) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate(&app, &context).await?;
    let email = Email::parse(&user.holder.email)?;
    require_confirmation_with_factor(&app, &user).await?;
    let current = Password::parse_existing(body.current)?;
    let new = Password::parse_new(body.new)?;
    let known_since = check_session_password(&app, &user, current).await?;
    check_new_password(&app, &new, &email).await?;
    let hash = app.hasher.hash(new).await?;
    let keep = if body.end_others { KeptSessions::Only(user.session) } else { KeptSessions::All };
    let event = user.security_event(&app, EventKind::PasswordChanged);
    let event = user.with_notification(&app, event, Notice::PasswordChanged);
    let new = NewPassword { user: user.holder.user, hash, now: app.clock.now(), keep };
    let change = move |c: &mut _, event: &_| storage::change_password(c, &new, known_since, event);
    app.commit(event, change).await?.ok_or(Error::InvalidCredentials)?;
    Ok(HttpResponse::Ok().json(Success::message("Password changed")))
}

/// Requires a recent confirmation from users who sign in with more than a password (ASVS 5.0, V7.5.1).
async fn require_confirmation_with_factor(app: &App, user: &SignedInUser) -> Result<(), Error> {
    let id = user.holder.user;
    let enrolled = app.database.query(move |c| storage::find_enrolled_factors(c, id)).await?;
    match app.second_factor.required_factors(enrolled) {
        Some(factors) if !factors.is_empty() => user.require_confirmation(app).await,
        _ => Ok(()),
    }
}
