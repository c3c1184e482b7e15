use actix_web::{HttpResponse, web};
use drawbridge_core::{id::UserId, return_url::ReturnUrl};
use drawbridge_http::{JsonObject, Success, SuccessMessage, problems};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::problem_lists::NewPasswordProblems;
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

/// The longest return target, in bytes.
const RETURN_TARGET_MAX_BYTES: usize = 8 * 1024;

/// The address and the password of a new account.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RegistrationBody {
    /// The e-mail address.
    #[schema(format = Email)]
    email: String,
    /// The password.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// Where the user wants to go once the address is confirmed: a path on the frontend, or a URL on a registered
    /// origin. Anything else is ignored.
    #[serde(default)]
    next: Option<String>,
}

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
    request_body = RegistrationBody,
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
    web::Json(JsonObject(body)): web::Json<JsonObject<RegistrationBody>>,
) -> Result<HttpResponse, Error> {
    let email = Email::parse(&body.email)?;
    let password = Password::parse_new(body.password)?;
    if app.verifies_addresses {
        app.limits.charge_mail(RequestedMail::Register, &email, &context.source).await?;
        check_new_password(&app, &password, &email).await?;
        let next = return_target(&app, body.next).await?;
        send_link(&app, &context.actor, &email, password, next).await
    } else {
        app.limits.charge_registration(&context.source).await?;
        check_new_password(&app, &password, &email).await?;
        create_account(&app, &context.actor, email, password).await
    }
}

/// The return target, if the deployment may send a user there. web-frontend checks it again when it is used.
async fn return_target(app: &App, next: Option<String>) -> Result<Option<String>, Error> {
    let Some(next) = next.filter(|next| next.len() <= RETURN_TARGET_MAX_BYTES) else { return Ok(None) };
    let Some(url) = ReturnUrl::parse(&next) else { return Ok(app.frontend_origin.local_target(&next)) };
    let registered = app.frontends.find_registered_origins().await?;
    Ok(registered.iter().any(|origin| origin.covers(url.origin())).then(|| url.to_string()))
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
    next: Option<String>,
) -> Result<HttpResponse, Error> {
    let hash = app.hasher.hash(password).await?;
    let kind = MailKind::Register { email: email.to_string(), hash, next };
    app.queue_mail(&MailJob::new(actor, kind)).await?;
    Ok(HttpResponse::Accepted().json(Success::message("Check your e-mail for a link")))
}
