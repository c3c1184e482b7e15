use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use shared::{
    http::{Object, Success},
    id::UserId,
};

use super::CredentialsBody;
use crate::{
    app::App,
    domain::{Email, Password},
    error::Error,
    storage::{self, NewAccount},
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
pub(crate) async fn register(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<CredentialsBody>>,
) -> Result<HttpResponse, Error> {
    let email = Email::parse(&body.email)?;
    let password = Password::parse_new(body.password)?;
    app.limits.register(app.client_address(&request)).await?;
    let wanted = email.clone();
    let taken = app.database.query(move |c| storage::email_is_taken(c, &wanted)).await?;
    if taken {
        return Err(Error::EmailTaken);
    }
    let hash = app.hasher.hash(password).await?;
    let now = app.clock.now();
    let id = UserId::generate(app.random, now);
    let account = NewAccount { id, email: email.clone(), hash, now };
    // Somebody else may have been quicker while the password was hashed.
    if !app.database.query(move |c| storage::insert_account(c, &account)).await? {
        return Err(Error::EmailTaken);
    }
    let user = RegisteredUser { id, email: email.to_string() };
    Ok(HttpResponse::Created().json(Success::with("Account created", Registered { user })))
}
