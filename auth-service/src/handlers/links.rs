use actix_web::{HttpResponse, web};
use drawbridge_core::id::UserId;
use drawbridge_http::{JsonObject, Success, SuccessMessage, openapi::TokenProblems, problems};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::problem_lists::{PasswordProofProblems, StepUpProblems};
use crate::{
    app::App,
    domain::{Actor, Email, EventKind, Holder},
    error::Error,
    limits::RequestedMail,
    mail::{InvalidLink, MailJob, MailKind, MailLink, Notice},
    mailed_link::{MailedLink, find_link},
    password_check::{check_link_password, check_password_of_linked_account},
    request_context::RequestContext,
    signed_in_user::SignedInUser,
    storage::{self, AddressChangeOutcome, NewAccount, NewEvent, RegistrationOutcome},
};

problems! {
    /// Why a link is refused.
    LinkProblems: LinkInvalid
}

problems! {
    /// Why no link is sent.
    MailProblems: MailNotConfigured, TooManyAttempts
}

problems! {
    /// Why an address cannot be used.
    AddressProblems: InvalidEmail, EmailTaken
}

/// The token of a link.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LinkBody {
    /// The token of the link.
    #[schema(value_type = String, format = Password)]
    token: SecretString,
}

/// What a link is for.
#[derive(Serialize, utoipa::ToSchema)]
struct LinkResponse<'a> {
    /// The kind of the link, such as `register`.
    kind: &'static str,
    email: &'a str,
    /// Whether the account has this address, and the user has already proved that it is theirs.
    email_verified: bool,
    /// Where the user wanted to go when they requested the link: a path on the frontend, or a URL on an origin that was
    /// registered at that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<&'a str>,
}

/// `POST /api/links/look`: returns what a link does. This does not use it up, so mail scanners may open links.
#[utoipa::path(
    post,
    path = "/api/links/look",
    operation_id = "inspect_link",
    tag = "Mailed links",
    request_body = LinkBody,
    responses(
        (status = 200, description = "The link is valid", body = Success<LinkResponse>),
        LinkProblems
    )
)]
pub(crate) async fn look(
    app: web::Data<App>,
    web::Json(JsonObject(body)): web::Json<JsonObject<LinkBody>>,
) -> Result<HttpResponse, Error> {
    let MailedLink { link, .. } = find_link(&app, &body.token).await?;
    let email_verified = is_verified(&app, &link).await?;
    let response =
        LinkResponse { kind: link.kind().as_str(), email: link.email(), email_verified, next: link.next() };
    Ok(HttpResponse::Ok().json(Success::with("The link is valid", response)))
}

async fn is_verified(app: &App, link: &MailLink) -> Result<bool, Error> {
    let Some(user) = link.user() else { return Ok(false) };
    let profile = app.database.query(move |c| storage::find_profile(c, user)).await?;
    Ok(profile.is_some_and(|profile| profile.email_verified && profile.email == link.email()))
}

/// The token of a link, and the password of the account or of the sign-up.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VerifyEmailBody {
    /// The token of the link.
    #[schema(value_type = String, format = Password)]
    token: SecretString,
    /// The password of the account.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SecretString>,
}

/// The confirmed address.
#[derive(Serialize, utoipa::ToSchema)]
struct VerifiedEmailResponse {
    email: String,
    email_verified: bool,
}

/// `POST /api/email/verify`: uses up a link that was sent to an address.
#[utoipa::path(
    post,
    path = "/api/email/verify",
    operation_id = "confirm_email",
    tag = "Mailed links",
    request_body = VerifyEmailBody,
    responses(
        (status = 200, description = "The address is confirmed", body = Success<VerifiedEmailResponse>),
        LinkProblems,
        AddressProblems,
        PasswordProofProblems
    )
)]
pub(crate) async fn verify(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<VerifyEmailBody>>,
) -> Result<HttpResponse, Error> {
    let MailedLink { hash, link } = find_link(&app, &body.token).await?;
    let actor = &context.actor;
    let email = Email::parse(link.email())?;
    match link {
        MailLink::Reset { .. } => return Err(InvalidLink.into()),
        MailLink::Register { hash: password_hash, .. } => {
            check_link_password(&app, &hash, body.password, Some(password_hash.clone())).await?;
            create_account(&app, actor, hash, email.clone(), password_hash).await?;
        }
        MailLink::Verify { user, .. } => {
            check_password_of_linked_account(&app, actor, &hash, user, body.password).await?;
            verify_address(&app, actor, hash, user, email.clone()).await?;
        }
        MailLink::ChangeAddress { user, .. } => {
            // The user may have mistyped the address, so that a stranger received the link.
            check_password_of_linked_account(&app, actor, &hash, user, body.password).await?;
            change_address(&app, actor, hash, user, email.clone()).await?;
        }
    }
    let response = VerifiedEmailResponse { email: email.to_string(), email_verified: true };
    Ok(HttpResponse::Ok().json(Success::with("Address confirmed", response)))
}

async fn create_account(
    app: &App,
    actor: &Actor,
    link: Vec<u8>,
    email: Email,
    password_hash: String,
) -> Result<(), Error> {
    let now = app.clock.now();
    let id = UserId::generate(app.random, now);
    let account = NewAccount { id, email, email_verified: true, hash: password_hash, now };
    let event = NewEvent::new(EventKind::SignedUp, actor, now).to(id);
    let redeem = move |c: &mut _, event: &_| storage::redeem_registration(c, &link, &account, event);
    match app.commit(event, redeem).await? {
        RegistrationOutcome::Created => Ok(()),
        RegistrationOutcome::EmailTaken => Err(Error::EmailTaken),
        RegistrationOutcome::LinkInvalid => Err(InvalidLink.into()),
    }
}

async fn verify_address(
    app: &App,
    actor: &Actor,
    link: Vec<u8>,
    user: UserId,
    email: Email,
) -> Result<(), Error> {
    let now = app.clock.now();
    let event = NewEvent::new(EventKind::EmailVerified, actor, now).to(user);
    let verify = move |c: &mut _, event: &_| storage::verify_address(c, &link, user, &email, now, event);
    app.commit(event, verify).await?.ok_or(InvalidLink)?;
    Ok(())
}

async fn change_address(
    app: &App,
    actor: &Actor,
    link: Vec<u8>,
    user: UserId,
    email: Email,
) -> Result<(), Error> {
    let now = app.clock.now();
    let profile = app.database.query(move |c| storage::find_profile(c, user)).await?;
    let holder = Holder { user, email: profile.ok_or(InvalidLink)?.email };
    let event = NewEvent::new(EventKind::EmailChanged, actor, now).to(user);
    let event = app.with_notification(event, actor, &holder, Notice::AddressChanged(email.to_string()));
    let change = move |c: &mut _, event: &_| storage::change_address(c, &link, user, &email, now, event);
    match app.commit(event, change).await? {
        AddressChangeOutcome::Changed(_) => Ok(()),
        AddressChangeOutcome::EmailTaken => Err(Error::EmailTaken),
        AddressChangeOutcome::LinkInvalid => Err(InvalidLink.into()),
    }
}

/// `POST /api/email/verify/resend`: sends another link that confirms the account's address.
#[utoipa::path(
    post,
    path = "/api/email/verify/resend",
    operation_id = "request_email_confirmation",
    tag = "Mailed links",
    responses(
        (status = 202, description = "A link was sent", body = SuccessMessage),
        TokenProblems,
        MailProblems
    )
)]
pub(crate) async fn resend(
    app: web::Data<App>,
    context: RequestContext,
    _: web::Bytes,
) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate(&app, &context).await?;
    let email = Email::parse(&user.holder.email)?;
    app.require_mail()?;
    app.limits.charge_mail(RequestedMail::Verify, &email, &context.source).await?;
    app.queue_mail(&MailJob::new(&user.actor, MailKind::Verify { user: user.holder.user })).await?;
    Ok(HttpResponse::Accepted().json(Success::message("Check your e-mail for a link")))
}

/// The new address of an account.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewEmailBody {
    /// The new address.
    #[schema(format = Email)]
    email: String,
}

/// `POST /api/email`: sends a link to the new address, and a notice to the current one.
#[utoipa::path(
    post,
    path = "/api/email",
    operation_id = "request_email_change",
    tag = "Mailed links",
    request_body = NewEmailBody,
    responses(
        (status = 202, description = "A link was sent to the new address", body = SuccessMessage),
        TokenProblems,
        StepUpProblems,
        MailProblems,
        AddressProblems
    )
)]
pub(crate) async fn request_change(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<NewEmailBody>>,
) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate_confirmed(&app, &context).await?;
    app.require_mail()?;
    let email = Email::parse(&body.email)?;
    if Email::parse(&user.holder.email).is_ok_and(|current| current.as_str() == email.as_str()) {
        return Err(Error::EmailTaken);
    }
    app.limits.charge_mail(RequestedMail::Change, &email, &context.source).await?;
    let kind = MailKind::ChangeAddress { user: user.holder.user, email: email.to_string() };
    let event = user.security_event(&app, EventKind::EmailChangeRequested);
    let event = app.with_mail(event, &MailJob::new(&user.actor, kind));
    let notice = Notice::AddressChangeRequested(email.to_string());
    let event = user.with_notification(&app, event, notice);
    app.commit(event, storage::insert_event).await?;
    let message = "Check the inbox of the new address for a link";
    Ok(HttpResponse::Accepted().json(Success::message(message)))
}
