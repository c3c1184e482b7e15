use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::{Object, Success};
use serde::Deserialize;

use super::password::check_own_password;
use crate::{
    app::App,
    config::SecondFactorPolicy,
    domain::{EventKind, Password},
    error::Error,
    passkeys::{AnswerBody, Purpose},
    person::Person,
    second_factors::take_code,
    storage,
};

/// The password, and a code where the account has a second factor.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmBody {
    password: String,
    #[serde(default)]
    code: Option<String>,
}

/// `POST /api/confirm`: shows again who one is, for ten minutes in this session (ASVS 5.0, V7.5.1).
pub(crate) async fn confirm(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<ConfirmBody>>,
) -> Result<HttpResponse, Error> {
    let person = Person::of(&app, &request).await?;
    let user = person.user;
    check_own_password(&app, &person, Password::parse_existing(body.password)?).await?;
    let factors = app.database.query(move |c| storage::find_second_factors(c, user)).await?;
    let asks = factors.any() && app.factors.policy != SecondFactorPolicy::Off;
    let mut by = "password".to_owned();
    if asks {
        let code = body.code.filter(|code| !code.trim().is_empty()).ok_or(Error::SecondFactorRequired)?;
        let admitted = app.limits.code(user, Some(&person.session.to_string())).await?;
        by = format!("password {}", take_code(&app, (user, &person.email), &code, &person.caller).await?);
        admitted.give_back().await;
    }
    note(&app, &person, by).await
}

/// `POST /api/confirm/passkey/begin`: the challenge for one of one's passkeys.
pub(crate) async fn begin_passkey(
    app: web::Data<App>,
    request: HttpRequest,
    _: web::Bytes,
) -> Result<HttpResponse, Error> {
    let person = Person::of(&app, &request).await?;
    let user = person.user;
    let known = app.database.query(move |c| storage::find_passkeys(c, user)).await?;
    let challenge = app.passkeys()?.begin_with(user, &known, Purpose::Confirm, app.clock.now()).await?;
    Ok(HttpResponse::Ok().json(Success::with("Answer the challenge", challenge)))
}

/// `POST /api/confirm/passkey/finish`: a passkey confirms alone.
pub(crate) async fn finish_passkey(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<AnswerBody>>,
) -> Result<HttpResponse, Error> {
    let person = Person::of(&app, &request).await?;
    let (user, now) = (Some(person.user), app.clock.now());
    let passkeys = app.passkeys()?;
    let answered = passkeys.finish(user, Purpose::Confirm, &body.ceremony, &body.credential, now).await;
    if let Err(refusal @ Error::InvalidPasskey(_)) = answered {
        let event = person.did(&app, EventKind::SecondFactorFailed).saying("passkey");
        app.database.query(move |c| storage::insert_event(c, &event)).await?;
        return Err(refusal);
    }
    answered?;
    note(&app, &person, "passkey".to_owned()).await
}

async fn note(app: &App, person: &Person, by: String) -> Result<HttpResponse, Error> {
    let (session, now) = (person.session, app.clock.now());
    let event = person.did(app, EventKind::Confirmed).saying(by);
    let noted = move |c: &mut _| storage::note_confirmation(c, session, now, &event);
    if !app.database.query(noted).await? {
        return Err(drawbridge_verification::Refusal::SessionRevoked.into());
    }
    Ok(HttpResponse::Ok().json(Success::message("Confirmed")))
}
