use actix_web::{HttpResponse, web};
use drawbridge_core::exposed_secret::serialize_exposed;
use drawbridge_http::{Success, openapi::TokenProblems, problems};
use secrecy::SecretString;
use serde::Serialize;

use crate::{
    app::App,
    domain::EventKind,
    error::Error,
    factor_secrets::RecoveryCodeSet,
    mail::{FactorChange, Notice},
    request_context::RequestContext,
    signed_in_user::SignedInUser,
    storage,
};

/// New recovery codes.
#[derive(Serialize, utoipa::ToSchema)]
struct RecoveryCodesResponse {
    #[serde(serialize_with = "serialize_exposed")]
    #[schema(value_type = Vec<String>)]
    recovery_codes: Vec<SecretString>,
}

problems! {
    /// Why the account gets no recovery codes.
    RecoveryCodeProblems: FactorNotPossible, ConfirmationRequired, NoSecondFactor
}

/// `POST /api/recovery-codes`: replaces the recovery codes with ten new ones. They are shown only once.
#[utoipa::path(
    post,
    path = "/api/recovery-codes",
    operation_id = "replace_recovery_codes",
    tag = "Second factors",
    responses(
        (status = 200, description = "The new codes", body = Success<RecoveryCodesResponse>),
        TokenProblems,
        RecoveryCodeProblems
    )
)]
pub(crate) async fn replace(
    app: web::Data<App>,
    context: RequestContext,
    _: web::Bytes,
) -> Result<HttpResponse, Error> {
    app.require_second_factors()?;
    let user = SignedInUser::authenticate_confirmed(&app, &context).await?;
    let id = user.holder.user;
    let enrolled = app.database.query(move |c| storage::find_enrolled_factors(c, id)).await?;
    if !enrolled.any() {
        return Err(Error::NoSecondFactor);
    }
    let event = user.security_event(&app, EventKind::RecoveryCodesMade);
    let event = user.with_notification(&app, event, Notice::Factor(FactorChange::RecoveryCodesMade));
    let RecoveryCodeSet { codes, hashes } = app.factor_secrets.generate_recovery_codes();
    app.commit(event, move |c, event| storage::replace_recovery_codes(c, id, &hashes, event)).await?;
    let response = RecoveryCodesResponse { recovery_codes: codes };
    Ok(HttpResponse::Ok().json(Success::with("Recovery codes created", response)))
}
