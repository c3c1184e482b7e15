use actix_web::{HttpResponse, web};
use drawbridge_core::exposed_secret::serialize_exposed;
use drawbridge_http::{JsonObject, Success, SuccessMessage, openapi::TokenProblems, problems};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::openapi::{Ref, RefOr, Schema, schema::AnyOfBuilder};

use super::{
    bodies::PendingLoginBody,
    problem_lists::{FactorRemovalProblems, FactorSetUpProblems, SignInProblems},
    session_response::{SessionResponse, session_response},
};
use crate::{
    app::App,
    code_check::without_spaces,
    domain::{EventKind, FactorKind, SignInMethod, TotpSecret, qr_svg},
    error::Error,
    factor_set_up::FactorSetUp,
    mail::{FactorChange, Notice},
    request_context::RequestContext,
    sign_in::{ProvenIdentity, sign_in},
    signed_in_user::SignedInUser,
    storage::{self, FactorRemoval, Proof, RemovalRules, TotpRow},
};

/// The key under which the limit on codes counts attempts during the set-up.
const SET_UP_LIMIT_KEY: &str = "set-up";

/// The secret of an authenticator app.
#[derive(Serialize, utoipa::ToSchema)]
struct TotpSecretResponse {
    /// The secret in Base32.
    #[serde(serialize_with = "serialize_exposed")]
    /// The `otpauth` URI.
    #[schema(value_type = String, format = Password)]
    secret: SecretString,
    /// The URI as a QR code.
    #[serde(serialize_with = "serialize_exposed")]
    #[schema(value_type = String, format = Password)]
    uri: SecretString,
    #[serde(serialize_with = "serialize_exposed")]
    #[schema(value_type = String, format = Password)]
    svg: SecretString,
}

problems! {
    /// Why no secret is given.
    BeginTotpProblems: TotpPresent
}

problems! {
    /// Why the app is not added.
    ConfirmTotpProblems: TotpNotBegun, InvalidCode, TooManyAttempts
}

/// `POST /api/totp/begin`: creates a secret for an authenticator app. Sign-ins do not ask for the app until its first
/// code has been entered.
#[utoipa::path(
    post,
    path = "/api/totp/begin",
    operation_id = "begin_totp_set_up",
    tag = "Second factors",
    request_body = PendingLoginBody,
    responses(
        (status = 200, description = "The secret", body = Success<TotpSecretResponse>),
        TokenProblems,
        FactorSetUpProblems,
        BeginTotpProblems
    )
)]
pub(crate) async fn begin(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<PendingLoginBody>>,
) -> Result<HttpResponse, Error> {
    let set_up = FactorSetUp::authorize(&app, &context, body.pending.as_ref()).await?;
    let secret = TotpSecret::generate(app.random);
    let row = TotpRow {
        user_id: set_up.user(),
        sealed: app.factor_secrets.seal_totp(set_up.user(), &secret),
        last_step: 0,
        created_at: app.clock.now().naive_utc(),
        confirmed_at: None,
    };
    if !app.database.query(move |c| storage::begin_totp(c, &row)).await? {
        return Err(Error::TotpPresent);
    }
    let uri = secret.uri(&app.site_name, &set_up.holder.email);
    let uri = uri.ok_or_else(|| Error::Internal("cannot write the otpauth URI".into()))?;
    let svg = qr_svg(&uri).ok_or_else(|| Error::Internal("cannot draw the QR code".into()))?;
    let response = TotpSecretResponse { secret: secret.text(), uri, svg };
    Ok(HttpResponse::Ok().json(Success::with("Scan the code", response)))
}

/// The first code from the app, and the pending login to complete, if there is one.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmTotpBody {
    /// The first code of the app.
    #[schema(value_type = String, format = Password)]
    code: SecretString,
    /// `pending` in the response to the password.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pending: Option<SecretString>,
}

/// An authenticator app that was added.
#[derive(Serialize, utoipa::ToSchema)]
struct AddedTotpResponse {
    /// New recovery codes to show once, if the account had none.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_exposed")]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    recovery_codes: Option<Vec<SecretString>>,
}

/// The response to the first code: in a session, the new recovery codes; during a sign-in, a session.
enum ConfirmedTotpResponse {}

impl utoipa::PartialSchema for ConfirmedTotpResponse {
    fn schema() -> RefOr<Schema> {
        AnyOfBuilder::new()
            .item(Success::<AddedTotpResponse>::schema())
            .item(Ref::from_schema_name(<SessionResponse as utoipa::ToSchema>::name()))
            .description(Some("In a session, the new recovery codes; during a sign-in, a session."))
            .into()
    }
}

impl utoipa::ToSchema for ConfirmedTotpResponse {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        let added = <AddedTotpResponse as utoipa::PartialSchema>::schema();
        schemas.push((<AddedTotpResponse as utoipa::ToSchema>::name().into_owned(), added));
    }
}

/// `POST /api/totp/confirm`: adds the authenticator app with its first code, and completes the sign-in if the app was
/// set up during one.
#[utoipa::path(
    post,
    path = "/api/totp/confirm",
    operation_id = "confirm_totp_set_up",
    tag = "Second factors",
    request_body = ConfirmTotpBody,
    responses(
        (status = 200, description = "The app is added", body = ConfirmedTotpResponse),
        TokenProblems,
        FactorSetUpProblems,
        ConfirmTotpProblems,
        SignInProblems
    )
)]
pub(crate) async fn confirm(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<ConfirmTotpBody>>,
) -> Result<HttpResponse, Error> {
    let set_up = FactorSetUp::authorize(&app, &context, body.pending.as_ref()).await?;
    let recovery_codes = add_totp(&app, &set_up, &body.code).await?;
    match set_up.pending {
        None => {
            let added = AddedTotpResponse { recovery_codes };
            Ok(HttpResponse::Ok().json(Success::with("Authenticator app added", added)))
        }
        Some(pending) => {
            let proof = Proof::Password(pending.password_changed_at);
            let method = SignInMethod::PasswordAnd(FactorKind::Totp);
            let identity = ProvenIdentity { holder: set_up.holder, proof, method };
            let session = sign_in(&app, &context, identity).await?;
            Ok(session_response(&app, &context, "Login successful", &session, recovery_codes))
        }
    }
}

/// Checks the first code from an app, adds the app, and returns the recovery codes to show, if the account had none.
async fn add_totp(
    app: &App,
    set_up: &FactorSetUp,
    code: &SecretString,
) -> Result<Option<Vec<SecretString>>, Error> {
    let user = set_up.user();
    let now = app.clock.now();
    let charge = app.limits.charge_code(user, Some(SET_UP_LIMIT_KEY)).await?;
    let found = app.database.query(move |c| storage::find_totp(c, user)).await?;
    let unconfirmed = found.filter(|row| row.confirmed_at.is_none()).ok_or(Error::TotpNotBegun)?;
    let secret = app.factor_secrets.open_totp(&unconfirmed)?;
    let step = secret.check(&without_spaces(code), now).ok_or(Error::InvalidCode)?;
    charge.refund().await;
    let event = set_up.security_event(app, EventKind::TotpAdded);
    let factor = set_up.prepare(app, event, FactorChange::TotpAdded);
    let confirm =
        move |c: &mut _, new: &_, event: &_| storage::confirm_totp(c, &unconfirmed, step, now, new, event);
    factor.add(app, Error::TotpNotBegun, confirm).await
}

/// `DELETE /api/totp`: removes the authenticator app.
#[utoipa::path(
    delete,
    path = "/api/totp",
    operation_id = "remove_totp",
    tag = "Second factors",
    responses(
        (status = 200, description = "The account has no authenticator app", body = SuccessMessage),
        TokenProblems,
        FactorRemovalProblems
    )
)]
pub(crate) async fn remove(app: web::Data<App>, context: RequestContext) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate_confirmed(&app, &context).await?;
    let event = user.security_event(&app, EventKind::TotpRemoved);
    let event = user.with_notification(&app, event, Notice::Factor(FactorChange::TotpRemoved));
    let rules = RemovalRules {
        factor_required: app.second_factor.is_required(),
        password_resettable: app.mail.is_some(),
    };
    let user_id = user.holder.user;
    let now = app.clock.now();
    let remove = move |c: &mut _, event: &_| storage::delete_totp(c, user_id, rules, now, event);
    match app.commit(event, remove).await? {
        FactorRemoval::Removed { .. } | FactorRemoval::NotFound => {}
        FactorRemoval::LastFactor => return Err(Error::LastFactor),
        FactorRemoval::LastWayIn => return Err(Error::LastWayIn),
    }
    Ok(HttpResponse::Ok().json(Success::message("Authenticator app removed")))
}
