use actix_web::{HttpResponse, web};
use drawbridge_core::id::UserId;
use drawbridge_http::{JsonObject, Success, problems};
use secrecy::SecretString;
use serde::Deserialize;

use super::{
    bodies::{PasskeyAnswerBody, PendingLoginBody},
    problem_lists::{PasskeyAnswerProblems, SignInProblems},
    session_response::{SessionResponse, session_response},
};
use crate::{
    app::App,
    code_check::use_code,
    domain::{Actor, Email, EventKind, Holder, SignInMethod},
    error::Error,
    limits::Charge,
    passkeys::{CeremonyPurpose, Challenge, PasskeyError},
    request_context::RequestContext,
    sign_in::{ProvenIdentity, sign_in},
    storage::{self, NewEvent, Proof},
};

/// A pending login, and the code that completes it.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecondStepBody {
    /// `pending` in the response to the password.
    #[schema(value_type = String, format = Password)]
    pending: SecretString,
    /// A code of the authenticator app, or a recovery code.
    #[schema(value_type = String, format = Password)]
    code: SecretString,
}

problems! {
    /// Why a code does not complete the sign-in.
    SecondStepProblems: LoginExpired, InvalidCode, TooManyAttempts
}

problems! {
    /// Why no challenge is given.
    PasskeyChallengeProblems: FactorNotPossible, LoginExpired, PasskeyNotFound, TooManyAttempts
}

problems! {
    /// Why a passkey does not complete the sign-in.
    PasskeySignInProblems: LoginExpired, TooManyAttempts
}

/// `POST /api/login/second`: completes a sign-in with a code from the authenticator app or a recovery code.
#[utoipa::path(
    post,
    path = "/api/login/second",
    operation_id = "complete_sign_in_with_code",
    tag = "Sign-in",
    request_body = SecondStepBody,
    responses(
        (status = 200, description = "The user is signed in", body = SessionResponse),
        SignInProblems,
        SecondStepProblems
    )
)]
pub(crate) async fn code(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<SecondStepBody>>,
) -> Result<HttpResponse, Error> {
    let pending = app.pending_logins.open(&body.pending, app.clock.now())?;
    let holder = pending.holder();
    let charge = charge_code(&app, &context, &holder).await?;
    let factor = use_code(&app, &holder, &context.actor, &body.code).await?;
    charge.refund().await;
    let proof = Proof::Password(pending.password_changed_at);
    let identity = ProvenIdentity { holder, proof, method: SignInMethod::PasswordAnd(factor) };
    let session = sign_in(&app, &context, identity).await?;
    Ok(session_response(&app, &context, "Login successful", &session, None))
}

/// `POST /api/login/passkey/begin`: creates a challenge for a passkey of the user in the pending login, or for any
/// passkey.
#[utoipa::path(
    post,
    path = "/api/login/passkey/begin",
    operation_id = "begin_passkey_sign_in",
    tag = "Sign-in",
    request_body = PendingLoginBody,
    responses(
        (status = 200, description = "The challenge", body = Success<Challenge>),
        PasskeyChallengeProblems
    )
)]
pub(crate) async fn begin_passkey(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<PendingLoginBody>>,
) -> Result<HttpResponse, Error> {
    let passkeys = app.passkeys()?;
    let now = app.clock.now();
    app.limits.charge_passkey(&context.source).await?;
    let challenge = match body.pending {
        None => passkeys.begin_discoverable(now).await?,
        Some(pending) => {
            let user = app.pending_logins.open(&pending, now)?.holder().user;
            let existing = app.database.query(move |c| storage::find_passkeys(c, user)).await?;
            passkeys.begin_authentication(user, &existing, CeremonyPurpose::SignIn, now).await?
        }
    };
    Ok(HttpResponse::Ok().json(Success::with("Answer the challenge", challenge)))
}

/// `POST /api/login/passkey/finish`: completes a sign-in with a passkey, which counts as two factors.
#[utoipa::path(
    post,
    path = "/api/login/passkey/finish",
    operation_id = "finish_passkey_sign_in",
    tag = "Sign-in",
    request_body = PasskeyAnswerBody,
    responses(
        (status = 200, description = "The user is signed in", body = SessionResponse),
        SignInProblems,
        PasskeyAnswerProblems,
        PasskeySignInProblems
    )
)]
pub(crate) async fn finish_passkey(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<PasskeyAnswerBody>>,
) -> Result<HttpResponse, Error> {
    let passkeys = app.passkeys()?;
    let now = app.clock.now();
    let pending = body.pending.as_ref().map(|pending| app.pending_logins.open(pending, now)).transpose()?;
    let expected = pending.map(|pending| pending.holder().user);
    app.limits.charge_passkey(&context.source).await?;
    let purpose = CeremonyPurpose::SignIn;
    let answered = passkeys.finish_authentication(expected, purpose, &body.answer(), now).await;
    // Without a pending login, no account is known, so the refusal is only logged.
    if let (Err(PasskeyError::Invalid(_)), Some(user)) = (&answered, expected) {
        record_refused_passkey(&app, &context.actor, user).await?;
    }
    let passkey = answered?;
    let user = passkey.user_id;
    let profile = app.database.query(move |c| storage::find_profile(c, user)).await?;
    let holder = Holder { user, email: profile.ok_or(Error::InvalidCredentials)?.email };
    let proof = Proof::Passkey(passkey.id);
    let identity = ProvenIdentity { holder, proof, method: SignInMethod::Passkey };
    let session = sign_in(&app, &context, identity).await?;
    Ok(session_response(&app, &context, "Login successful", &session, None))
}

async fn record_refused_passkey(app: &App, actor: &Actor, user: UserId) -> Result<(), Error> {
    let event = NewEvent::new(EventKind::SecondFactorFailed, actor, app.clock.now()).to(user);
    app.commit(event.with_detail("passkey"), storage::insert_event).await
}

/// Charges an attempt with a code. Each known device has its own limit.
async fn charge_code<'a>(
    app: &'a App,
    context: &RequestContext,
    holder: &Holder,
) -> Result<Charge<'a>, Error> {
    let email = Email::parse(&holder.email)?;
    let device = app.devices.known_id(context.device.as_ref(), &email);
    Ok(app.limits.charge_code(holder.user, device.as_deref()).await?)
}
