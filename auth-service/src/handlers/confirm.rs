use actix_web::{HttpResponse, web};
use drawbridge_http::{JsonObject, Success, SuccessMessage, openapi::TokenProblems, problems};
use drawbridge_verification::Refusal;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{
    bodies::PasskeyAnswerBody,
    problem_lists::{PasskeyAnswerProblems, PasswordProofProblems},
};
use crate::{
    app::App,
    code_check::use_code,
    domain::{EventKind, Password, SignInMethod},
    error::Error,
    passkeys::{CeremonyPurpose, Challenge, PasskeyError},
    password_check::check_session_password,
    request_context::RequestContext,
    signed_in_user::SignedInUser,
    storage::{self, NewConfirmation},
};

/// The password, and a code if the account has a second factor.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmBody {
    /// The password of the account.
    #[schema(value_type = String, format = Password)]
    password: SecretString,
    /// A code of the authenticator app, or a recovery code.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    code: Option<SecretString>,
}

problems! {
    /// Why a code does not confirm the identity.
    ConfirmCodeProblems: SecondFactorRequired, InvalidCode
}

problems! {
    /// Why no challenge is given.
    ConfirmChallengeProblems: FactorNotPossible, PasskeyNotFound
}

/// `POST /api/confirm`: confirms the user's identity in this session for ten minutes (ASVS 5.0, V7.5.1).
#[utoipa::path(
    post,
    path = "/api/confirm",
    operation_id = "confirm_identity",
    tag = "Account",
    request_body = ConfirmBody,
    responses(
        (status = 200, description = "The session is confirmed", body = SuccessMessage),
        TokenProblems,
        PasswordProofProblems,
        ConfirmCodeProblems
    )
)]
pub(crate) async fn confirm(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<ConfirmBody>>,
) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate(&app, &context).await?;
    let id = user.holder.user;
    check_session_password(&app, &user, Password::parse_existing(body.password)?).await?;
    let enrolled = app.database.query(move |c| storage::find_enrolled_factors(c, id)).await?;
    let mut method = SignInMethod::Password;
    if enrolled.any() && app.second_factor.is_enabled() {
        let code = body.code.filter(|code| !code.expose_secret().trim().is_empty());
        let code = code.ok_or(Error::SecondFactorRequired)?;
        let charge = app.limits.charge_code(id, Some(&user.session.to_string())).await?;
        method = SignInMethod::PasswordAnd(use_code(&app, &user.holder, &user.actor, &code).await?);
        charge.refund().await;
    }
    record_confirmation(&app, &user, method).await
}

/// `POST /api/confirm/passkey/begin`: creates a challenge for one of the user's passkeys.
#[utoipa::path(
    post,
    path = "/api/confirm/passkey/begin",
    operation_id = "begin_passkey_confirmation",
    tag = "Account",
    responses(
        (status = 200, description = "The challenge", body = Success<Challenge>),
        TokenProblems,
        ConfirmChallengeProblems
    )
)]
pub(crate) async fn begin_passkey(
    app: web::Data<App>,
    context: RequestContext,
    _: web::Bytes,
) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate(&app, &context).await?.holder.user;
    let existing = app.database.query(move |c| storage::find_passkeys(c, user)).await?;
    let purpose = CeremonyPurpose::Confirm;
    let now = app.clock.now();
    let challenge = app.passkeys()?.begin_authentication(user, &existing, purpose, now).await?;
    Ok(HttpResponse::Ok().json(Success::with("Answer the challenge", challenge)))
}

/// `POST /api/confirm/passkey/finish`: confirms the user's identity with a passkey alone.
#[utoipa::path(
    post,
    path = "/api/confirm/passkey/finish",
    operation_id = "finish_passkey_confirmation",
    tag = "Account",
    request_body = PasskeyAnswerBody,
    responses(
        (status = 200, description = "The session is confirmed", body = SuccessMessage),
        TokenProblems,
        PasskeyAnswerProblems
    )
)]
pub(crate) async fn finish_passkey(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<PasskeyAnswerBody>>,
) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate(&app, &context).await?;
    let id = user.holder.user;
    let purpose = CeremonyPurpose::Confirm;
    let passkeys = app.passkeys()?;
    let answered = passkeys.finish_authentication(Some(id), purpose, &body.answer(), app.clock.now()).await;
    if let Err(PasskeyError::Invalid(_)) = &answered {
        let event = user.security_event(&app, EventKind::SecondFactorFailed).with_detail("passkey");
        app.commit(event, storage::insert_event).await?;
    }
    answered?;
    record_confirmation(&app, &user, SignInMethod::Passkey).await
}

async fn record_confirmation(
    app: &App,
    user: &SignedInUser,
    method: SignInMethod,
) -> Result<HttpResponse, Error> {
    let confirmation = NewConfirmation {
        user: user.holder.user,
        session: user.session,
        second_factor: method.has_second_factor(),
        now: app.clock.now(),
    };
    let event = user.security_event(app, EventKind::Confirmed).with_detail(method.to_string());
    let record = move |c: &mut _, event: &_| storage::record_confirmation(c, &confirmation, event);
    app.commit(event, record).await?.ok_or(Refusal::SessionRevoked)?;
    Ok(HttpResponse::Ok().json(Success::message("Confirmed")))
}
