use actix_web::{HttpResponse, web};
use drawbridge_core::exposed_secret::serialize_exposed;
use drawbridge_http::{JsonObject, Success};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::{bodies::PendingLoginBody, session_response::session_response};
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

#[derive(Serialize)]
struct TotpSecretResponse {
    #[serde(serialize_with = "serialize_exposed")]
    secret: SecretString,
    #[serde(serialize_with = "serialize_exposed")]
    uri: SecretString,
    #[serde(serialize_with = "serialize_exposed")]
    svg: SecretString,
}

/// `POST /api/totp/begin`: creates a secret for an authenticator app. Sign-ins do not ask for the app until its first
/// code has been entered.
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmTotpBody {
    code: SecretString,
    #[serde(default)]
    pending: Option<SecretString>,
}

#[derive(Serialize)]
struct AddedTotpResponse {
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_exposed")]
    recovery_codes: Option<Vec<SecretString>>,
}

/// `POST /api/totp/confirm`: adds the authenticator app with its first code, and completes the sign-in if the app was
/// set up during one.
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
pub(crate) async fn remove(app: web::Data<App>, context: RequestContext) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate_confirmed(&app, &context).await?;
    let event = user.security_event(&app, EventKind::TotpRemoved);
    let event = user.with_notification(&app, event, Notice::Factor(FactorChange::TotpRemoved));
    let rules = RemovalRules {
        factor_required: app.second_factor.is_required(),
        password_resettable: app.mail.is_some(),
    };
    let user_id = user.holder.user;
    match app.commit(event, move |c, event| storage::delete_totp(c, user_id, rules, event)).await? {
        FactorRemoval::Removed | FactorRemoval::NotFound => {}
        FactorRemoval::LastFactor => return Err(Error::LastFactor),
        FactorRemoval::LastWayIn => return Err(Error::LastWayIn),
    }
    Ok(HttpResponse::Ok().json(Success::message("Authenticator app removed")))
}
