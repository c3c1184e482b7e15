use actix_web::{HttpResponse, web};
use drawbridge_http::{JsonObject, Success, SuccessMessage, openapi::TokenProblems, problems};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::problem_lists::{NewPasswordProblems, PasswordProofProblems, StepUpProblems};
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
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgotPasswordBody {
    /// The e-mail address.
    #[schema(format = Email)]
    email: String,
}

problems! {
    /// Why no link is sent.
    ForgotPasswordProblems: InvalidEmail, MailNotConfigured, TooManyAttempts
}

problems! {
    /// Why a password is not reset.
    ResetPasswordProblems: LinkInvalid
}

problems! {
    /// Why a password is not rated.
    PasswordStrengthProblems: PasswordTooLong, TooManyAttempts, Busy
}

/// `POST /api/password/forgot`: sends a link if an account has this address. The response and its timing are the same
/// if no account has it (ASVS 5.0, V6.3.8).
#[utoipa::path(
    post,
    path = "/api/password/forgot",
    operation_id = "request_password_reset",
    tag = "Mailed links",
    request_body = ForgotPasswordBody,
    responses(
        (status = 202, description = "A link was sent if an account has the address", body = SuccessMessage),
        ForgotPasswordProblems
    )
)]
pub(crate) async fn forgot(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<ForgotPasswordBody>>,
) -> Result<HttpResponse, Error> {
    let email = Email::parse(&body.email)?;
    app.require_mail()?;
    app.limits.charge_mail(RequestedMail::Forgot, &email, &context.source).await?;
    let kind = MailKind::Forgot { email: email.to_string() };
    app.queue_mail(&MailJob::new(&context.actor, kind)).await?;
    Ok(HttpResponse::Accepted().json(Success::message("Check your e-mail for a link")))
}

/// The token of a link, and the new password.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetPasswordBody {
    /// The token of the link.
    #[schema(value_type = String, format = Password)]
    token: SecretString,
    /// The new password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
}

/// `POST /api/password/reset`: uses up a link, sets the password and ends all sessions. Second factors remain in place
/// (ASVS 5.0, V6.4.3).
#[utoipa::path(
    post,
    path = "/api/password/reset",
    operation_id = "reset_password",
    tag = "Mailed links",
    request_body = ResetPasswordBody,
    responses(
        (status = 200, description = "The password is set, and all sessions have ended", body = SuccessMessage),
        NewPasswordProblems,
        ResetPasswordProblems
    )
)]
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
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordStrengthBody {
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// The e-mail address. A password that resembles it is weak.
    #[serde(default)]
    email: Option<String>,
}

/// The strength of a password.
#[derive(Serialize, utoipa::ToSchema)]
struct PasswordStrengthResponse {
    /// From 0, easy to guess, to 4.
    #[schema(maximum = 4)]
    score: u8,
    /// Whether the password is accepted as a new one.
    acceptable: bool,
}

/// `POST /api/password/strength`: estimates how hard a password is to guess. Nothing is stored.
#[utoipa::path(
    post,
    path = "/api/password/strength",
    operation_id = "estimate_password_strength",
    tag = "Account",
    request_body = PasswordStrengthBody,
    responses(
        (status = 200, description = "The strength", body = Success<PasswordStrengthResponse>),
        PasswordStrengthProblems
    )
)]
pub(crate) async fn strength(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<PasswordStrengthBody>>,
) -> Result<HttpResponse, Error> {
    let password = Password::parse_existing(body.password)?;
    let is_long_enough = password.has_minimum_length();
    let email = body.email.and_then(|email| Email::parse(&email).ok());
    app.limits.charge_strength_estimate(&context.source).await?;
    let strength = app.hasher.estimate_strength(password, email, app.site_name.clone()).await?;
    let acceptable = is_long_enough && strength.is_acceptable;
    let response = PasswordStrengthResponse { score: strength.score, acceptable };
    Ok(HttpResponse::Ok().json(Success::with("Password strength", response)))
}

/// The current and the new password, and whether to end the other sessions.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangePasswordBody {
    /// The current password.
    #[schema(value_type = String, format = Password)]
    current: SecretString,
    /// The new password.
    #[schema(value_type = String, format = Password)]
    new: SecretString,
    /// Whether all other sessions end.
    end_others: bool,
}

/// `POST /api/password`: changes the password of a user who knows the current one (ASVS 5.0, V6.2.3, V7.4.3).
#[utoipa::path(
    post,
    path = "/api/password",
    operation_id = "change_password",
    tag = "Account",
    request_body = ChangePasswordBody,
    responses(
        (status = 200, description = "The password is changed", body = SuccessMessage),
        TokenProblems,
        StepUpProblems,
        NewPasswordProblems,
        PasswordProofProblems
    )
)]
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
