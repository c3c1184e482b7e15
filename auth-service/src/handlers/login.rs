use actix_web::{HttpResponse, web};
use drawbridge_core::exposed_secret::serialize_exposed;
use drawbridge_http::{JsonObject, Success, problems};
use secrecy::SecretString;
use serde::Serialize;

use super::{
    bodies::CredentialsBody,
    problem_lists::PasswordProofProblems,
    session_response::{SessionResponse, session_response},
};
use crate::{
    app::App,
    domain::{Email, FactorKind, Holder, Password, SignInMethod},
    error::Error,
    password_check::{check_credentials, log_refusal},
    pending_login::PendingLogin,
    request_context::RequestContext,
    sign_in::{ProvenIdentity, sign_in},
    storage::{self, Credentials, Proof},
};

/// A pending login, and the factors that can complete it.
#[derive(Serialize, utoipa::ToSchema)]
struct SecondStepResponse {
    /// To be sent with the second step, within ten minutes.
    #[serde(serialize_with = "serialize_exposed")]
    #[schema(value_type = String, format = Password)]
    pending: SecretString,
    /// The factors that can complete the sign-in.
    factors: Vec<FactorKind>,
    /// Whether the user must set up a second factor first.
    enrol: bool,
}

problems! {
    /// Why a sign-in is refused.
    LoginProblems: InvalidEmail, UserDisabled
}

/// `POST /api/login`: checks the password, then starts a session or requests a second factor (202).
#[utoipa::path(
    post,
    path = "/api/login",
    operation_id = "sign_in",
    tag = "Sign-in",
    request_body = CredentialsBody,
    responses(
        (status = 200, description = "The user is signed in", body = SessionResponse),
        (status = 202, description = "A second factor is required", body = Success<SecondStepResponse>),
        PasswordProofProblems,
        LoginProblems
    )
)]
pub(crate) async fn login(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<CredentialsBody>>,
) -> Result<HttpResponse, Error> {
    let email = Email::parse(&body.email)?;
    let password = Password::parse_existing(body.password)?;
    let credentials = check_limited(&app, &context, email, password).await?;
    let user = credentials.user_id;
    let enrolled = app.database.query(move |c| storage::find_enrolled_factors(c, user)).await?;
    let holder = Holder { user, email: credentials.email };
    if let Some(factors) = app.second_factor.required_factors(enrolled) {
        let enrol = factors.is_empty();
        let pending = PendingLogin::new(holder, credentials.password_changed_at, enrol, app.clock.now());
        let response = SecondStepResponse { pending: app.pending_logins.seal(&pending), factors, enrol };
        return Ok(HttpResponse::Accepted().json(Success::with("Second factor required", response)));
    }
    let proof = Proof::Password(credentials.password_changed_at);
    let identity = ProvenIdentity { holder, proof, method: SignInMethod::Password };
    let session = sign_in(&app, &context, identity).await?;
    Ok(session_response(&app, &context, "Login successful", &session, None))
}

/// Checks the password, within the limits on sign-ins.
async fn check_limited(
    app: &App,
    context: &RequestContext,
    email: Email,
    password: Password,
) -> Result<Credentials, Error> {
    let device = app.devices.known_id(context.device.as_ref(), &email);
    let charge = app.limits.charge_sign_in(&email, &context.source, device.as_deref()).await;
    let charge = charge.map_err(|error| log_refusal(&context.actor, error.into()))?;
    let checked = check_credentials(app, &context.actor, email, password).await;
    // An outage says nothing about the password.
    if !matches!(checked, Err(Error::InvalidCredentials)) {
        charge.refund().await;
    }
    checked
}
