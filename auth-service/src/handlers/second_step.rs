use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::{Object, Success};
use serde::Deserialize;

use super::session_answer::session_answer;
use crate::{
    app::App,
    caller::Caller,
    domain::{Email, EventKind},
    error::Error,
    limits::Admitted,
    passkeys::{AnswerBody, Purpose},
    second_factors::{Pending, take_code},
    sign_in::{Shown, sign_in},
    storage::{self, NewEvent, Proof},
};

/// A sign-in that waits, and the code that it waits for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeBody {
    pending: String,
    code: String,
}

/// `POST /api/login/second`: ends a sign-in by a code of the authenticator app or a recovery code.
pub(crate) async fn code(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<CodeBody>>,
) -> Result<HttpResponse, Error> {
    let pending = app.factors.open_pending(&body.pending, app.clock.now())?;
    let caller = Caller::of(&app, &request);
    let admitted = admit(&app, &request, &pending).await?;
    let by = match take_code(&app, (pending.user, &pending.email), &body.code, &caller).await? {
        "totp" => "password totp",
        _ => "password recovery_code",
    };
    admitted.give_back().await;
    let proof = Proof::Password(pending.password_changed_at);
    let shown = Shown { user: pending.user, email: pending.email, proof, by };
    let session = sign_in(&app, &request, &caller, shown).await?;
    Ok(session_answer(&app, &request, "Login successful", &session, None))
}

/// A sign-in that waits, if there is one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginBody {
    #[serde(default)]
    pending: Option<String>,
}

/// `POST /api/login/passkey/begin`: the challenge for a passkey of the sign-in that waits, or for any.
pub(crate) async fn begin_passkey(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<BeginBody>>,
) -> Result<HttpResponse, Error> {
    let (passkeys, now) = (app.passkeys()?, app.clock.now());
    app.limits.challenge(app.client_address(&request)).await?;
    let challenge = match body.pending {
        None => passkeys.begin_with_any(now).await?,
        Some(pending) => {
            let user = app.factors.open_pending(&pending, now)?.user;
            let known = app.database.query(move |c| storage::find_passkeys(c, user)).await?;
            passkeys.begin_with(user, &known, Purpose::SignIn, now).await?
        }
    };
    Ok(HttpResponse::Ok().json(Success::with("Answer the challenge", challenge)))
}

/// `POST /api/login/passkey/finish`: ends a sign-in by a passkey, which is two factors by itself.
pub(crate) async fn finish_passkey(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<AnswerBody>>,
) -> Result<HttpResponse, Error> {
    let (passkeys, now, caller) = (app.passkeys()?, app.clock.now(), Caller::of(&app, &request));
    let pending =
        body.pending.as_deref().map(|pending| app.factors.open_pending(pending, now)).transpose()?;
    let user = pending.as_ref().map(|pending| pending.user);
    app.limits.challenge(app.client_address(&request)).await?;
    let answered = passkeys.finish(user, Purpose::SignIn, &body.ceremony, &body.credential, now).await;
    // What nobody can be told of is logged, and fills no table.
    if let (Err(Error::InvalidPasskey(_)), Some(user)) = (&answered, user) {
        let event = NewEvent::new(EventKind::SecondFactorFailed, &caller, now).to(user).saying("passkey");
        app.database.query(move |c| storage::insert_event(c, &event)).await?;
    }
    let answered = answered?;
    let user = answered.row.user_id;
    let profile = app.database.query(move |c| storage::find_profile(c, user)).await?;
    let email = profile.ok_or(Error::InvalidCredentials)?.email;
    let (proof, by) = (Proof::Passkey(answered.row.id), "passkey");
    let session = sign_in(&app, &request, &caller, Shown { user, email, proof, by }).await?;
    Ok(session_answer(&app, &request, "Login successful", &session, None))
}

/// Leave to try a code.
async fn admit<'a>(app: &'a App, request: &HttpRequest, pending: &Pending) -> Result<Admitted<'a>, Error> {
    let device = app.devices.of(request, app.is_from_proxy(request));
    let email = Email::parse(&pending.email)?;
    let known = app.devices.known(device.as_ref(), &email);
    Ok(app.limits.code(pending.user, known.as_deref()).await?)
}
