use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_core::id::UserId;
use drawbridge_http::{Object, Success};
use serde::Serialize;

use super::CredentialsBody;
use crate::{
    app::App,
    caller::Caller,
    domain::{Email, EventKind, Password},
    error::Error,
    limits::Mailing,
    mail::{MailJob, What},
    storage::{self, NewAccount, NewEvent},
};

#[derive(Serialize)]
struct Registered {
    user: RegisteredUser,
}

#[derive(Serialize)]
struct RegisteredUser {
    id: UserId,
    email: String,
}

/// `POST /api/register`: makes an account (201), unless the address has one (409).
///
/// Where addresses are verified, a link is sent instead, and the answer is always the same (202). The account is made
/// when the link comes back with the password that was chosen here: so nobody makes one with another's address, and
/// nobody waits in one for its holder.
pub(crate) async fn register(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<CredentialsBody>>,
) -> Result<HttpResponse, Error> {
    let email = Email::parse(&body.email)?;
    let password = Password::parse_new(body.password)?;
    let caller = Caller::of(&app, &request);
    let client = app.client_address(&request);
    if app.verifies_addresses {
        app.limits.mail(Mailing::Register, &email, client).await?;
    } else {
        app.limits.register(client).await?;
    }
    app.check_new_password(&password, &email).await?;
    if app.verifies_addresses {
        return send_link(&app, &caller, &email, password).await;
    }
    let wanted = email.clone();
    let taken = app.database.query(move |c| storage::email_is_taken(c, &wanted)).await?;
    if taken {
        return Err(Error::EmailTaken);
    }
    let hash = app.hasher.hash(password).await?;
    let now = app.clock.now();
    let id = UserId::generate(app.random, now);
    let account = NewAccount { id, email: email.clone(), email_verified: false, hash, now };
    let verify = MailJob::new(&caller, What::Verify { user: id });
    let event = NewEvent::new(EventKind::SignedUp, &caller, now).to(id);
    let event = event.mailing(app.mail.as_ref().map(|mail| mail.row(&verify, now)));
    // Somebody else may have been quicker while the password was hashed.
    if !app.database.query(move |c| storage::insert_account(c, &account, &event)).await? {
        return Err(Error::EmailTaken);
    }
    app.wake_mail();
    let user = RegisteredUser { id, email: email.to_string() };
    Ok(HttpResponse::Created().json(Success::with("Account created", Registered { user })))
}

/// Does the same whether or not the address has an account: who gets which mail is decided later.
async fn send_link(
    app: &App,
    caller: &Caller,
    email: &Email,
    password: Password,
) -> Result<HttpResponse, Error> {
    let hash = app.hasher.hash(password).await?;
    let job = MailJob::new(caller, What::Register { email: email.to_string(), hash });
    let row = app.mail()?.row(&job, app.clock.now());
    app.database.query(move |c| storage::insert_mail_job(c, &row)).await?;
    app.wake_mail();
    Ok(HttpResponse::Accepted().json(Success::message("Check your mail for a link")))
}
