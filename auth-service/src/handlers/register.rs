use actix_web::{HttpResponse, web};
use drawbridge_core::id::UserId;
use drawbridge_http::{JsonObject, Success, SuccessMessage, problems};
use serde::Serialize;

use super::{bodies::CredentialsBody, problem_lists::NewPasswordProblems};
use crate::{
    app::App,
    domain::{Actor, Email, EventKind, Password},
    error::Error,
    limits::RequestedMail,
    mail::{MailJob, MailKind},
    password_check::check_new_password,
    request_context::RequestContext,
    storage::{self, NewAccount, NewEvent},
};

/// A new account.
#[derive(Serialize, utoipa::ToSchema)]
struct RegistrationResponse {
    user: RegisteredUser,
}

/// The user of a new account.
#[derive(Serialize, utoipa::ToSchema)]
struct RegisteredUser {
    id: UserId,
    email: String,
    email_verified: bool,
}

problems! {
    /// Why an account is not created.
    RegistrationProblems: InvalidEmail, EmailTaken, TooManyAttempts
}

/// `POST /api/register`: creates an account (201), unless the address already has one (409).
///
/// With `EMAIL_VERIFICATION`, it sends a link instead, and the response is always the same (202). The account is
/// created when the link is used together with the password chosen here, so no one can create an account with
/// another person's address and wait for its owner to use it.
#[utoipa::path(
    post,
    path = "/api/register",
    operation_id = "register_account",
    tag = "Sign-in",
    request_body = CredentialsBody,
    responses(
        (status = 201, description = "The account was created", body = Success<RegistrationResponse>),
        (status = 202, description = "A link was sent to the address", body = SuccessMessage),
        NewPasswordProblems,
        RegistrationProblems
    )
)]
pub(crate) async fn register(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<CredentialsBody>>,
) -> Result<HttpResponse, Error> {
    let email = Email::parse(&body.email)?;
    let password = Password::parse_new(body.password)?;
    if app.verifies_addresses {
        app.limits.charge_mail(RequestedMail::Register, &email, &context.source).await?;
        check_new_password(&app, &password, &email).await?;
        send_link(&app, &context.actor, &email, password).await
    } else {
        app.limits.charge_registration(&context.source).await?;
        check_new_password(&app, &password, &email).await?;
        create_account(&app, &context.actor, email, password).await
    }
}

async fn create_account(
    app: &App,
    actor: &Actor,
    email: Email,
    password: Password,
) -> Result<HttpResponse, Error> {
    let wanted = email.clone();
    if app.database.query(move |c| storage::email_is_taken(c, &wanted)).await? {
        return Err(Error::EmailTaken);
    }
    let hash = app.hasher.hash(password).await?;
    let now = app.clock.now();
    let id = UserId::generate(app.random, now);
    let account = NewAccount { id, email, email_verified: false, hash, now };
    let user =
        RegisteredUser { id, email: account.email.to_string(), email_verified: account.email_verified };
    let event = NewEvent::new(EventKind::SignedUp, actor, now).to(id);
    let event = app.with_mail(event, &MailJob::new(actor, MailKind::Verify { user: id }));
    // Another request may have taken the address while the password was hashed.
    if !app.commit(event, move |c, event| storage::insert_account(c, &account, event)).await? {
        return Err(Error::EmailTaken);
    }
    Ok(HttpResponse::Created().json(Success::with("Account created", RegistrationResponse { user })))
}

/// Does the same work for every address. The mail worker decides later who gets which mail.
async fn send_link(
    app: &App,
    actor: &Actor,
    email: &Email,
    password: Password,
) -> Result<HttpResponse, Error> {
    let hash = app.hasher.hash(password).await?;
    let kind = MailKind::Register { email: email.to_string(), hash };
    app.queue_mail(&MailJob::new(actor, kind)).await?;
    Ok(HttpResponse::Accepted().json(Success::message("Check your e-mail for a link")))
}
