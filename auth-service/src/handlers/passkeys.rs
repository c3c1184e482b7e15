use actix_web::{HttpResponse, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_core::exposed_secret::serialize_exposed;
use drawbridge_http::{JsonObject, Success, SuccessMessage, openapi::TokenProblems, problems};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    bodies::PendingLoginBody,
    problem_lists::{FactorRemovalProblems, FactorSetUpProblems, SignInProblems},
    session_response::{SessionResponse, session_response},
};
use crate::{
    app::App,
    domain::{EventKind, FactorKind, SignInMethod},
    error::Error,
    factor_set_up::FactorSetUp,
    mail::{FactorChange, Notice},
    passkeys::{Challenge, ChallengeAnswer, MAX_PASSKEYS_PER_USER, NewPasskey},
    request_context::RequestContext,
    sign_in::{ProvenIdentity, sign_in},
    signed_in_user::SignedInUser,
    storage::{self, FactorRemoval, PasskeyRow, Proof, RemovalRules},
};

/// The maximum length of a passkey's name, in characters.
const NAME_MAX_CHARACTERS: usize = 60;

problems! {
    /// Why no challenge is given.
    BeginPasskeyProblems: TooManyPasskeys
}

problems! {
    /// Why a passkey is not added.
    AddPasskeyProblems: InvalidName, InvalidPasskey, PasskeyKnown, TooManyPasskeys
}

problems! {
    /// Why a passkey is not renamed.
    RenamePasskeyProblems: InvalidName, PasskeyNotFound
}

problems! {
    /// Why no passkey is removed.
    RemovePasskeyProblems: PasskeyNotFound
}

/// `POST /api/passkeys/begin`: creates a challenge for a new passkey.
#[utoipa::path(
    post,
    path = "/api/passkeys/begin",
    operation_id = "begin_passkey_registration",
    tag = "Second factors",
    request_body = PendingLoginBody,
    responses(
        (status = 200, description = "The challenge", body = Success<Challenge>),
        TokenProblems,
        FactorSetUpProblems,
        BeginPasskeyProblems
    )
)]
pub(crate) async fn begin(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<PendingLoginBody>>,
) -> Result<HttpResponse, Error> {
    let passkeys = app.passkeys()?;
    let set_up = FactorSetUp::authorize(&app, &context, body.pending.as_ref()).await?;
    let user = set_up.user();
    let existing = app.database.query(move |c| storage::find_passkeys(c, user)).await?;
    if i64::try_from(existing.len()).is_ok_and(|count| count >= MAX_PASSKEYS_PER_USER) {
        return Err(Error::TooManyPasskeys);
    }
    let challenge = passkeys.begin_registration(&set_up.holder, &existing, app.clock.now()).await?;
    Ok(HttpResponse::Ok().json(Success::with("Answer the challenge", challenge)))
}

/// The answer to the challenge, and the name of the new passkey.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddPasskeyBody {
    /// The ID of the challenge.
    ceremony: String,
    /// The `PublicKeyCredential` of the browser as JSON.
    #[schema(value_type = Object)]
    credential: Value,
    /// A name of 1 to 60 characters.
    name: String,
    /// `pending` in the response to the password.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    pending: Option<SecretString>,
}

/// A passkey that was added.
#[derive(Serialize, utoipa::ToSchema)]
struct AddedPasskeyResponse {
    /// The ID in base64url.
    id: String,
    name: String,
    /// New recovery codes to show once, if the account had none.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "serialize_exposed")]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    recovery_codes: Option<Vec<SecretString>>,
}

/// `POST /api/passkeys/finish`: adds the passkey (201), and completes the sign-in if the passkey was set up during one.
#[utoipa::path(
    post,
    path = "/api/passkeys/finish",
    operation_id = "finish_passkey_registration",
    tag = "Second factors",
    request_body = AddPasskeyBody,
    responses(
        (status = 200, description = "The passkey is added, and the user is signed in", body = SessionResponse),
        (status = 201, description = "The passkey is added", body = Success<AddedPasskeyResponse>),
        TokenProblems,
        FactorSetUpProblems,
        AddPasskeyProblems,
        SignInProblems
    )
)]
pub(crate) async fn finish(
    app: web::Data<App>,
    context: RequestContext,
    web::Json(JsonObject(body)): web::Json<JsonObject<AddPasskeyBody>>,
) -> Result<HttpResponse, Error> {
    let passkeys = app.passkeys()?;
    let name = parse_name(&body.name)?;
    let set_up = FactorSetUp::authorize(&app, &context, body.pending.as_ref()).await?;
    let answer = ChallengeAnswer { ceremony: &body.ceremony, credential: &body.credential };
    let NewPasskey { id, credential } =
        passkeys.finish_registration(set_up.user(), &answer, app.clock.now()).await?;
    let recovery_codes = store_passkey(&app, &set_up, id.clone(), credential, name.clone()).await?;
    match set_up.pending {
        None => {
            let added = AddedPasskeyResponse { id: URL_SAFE_NO_PAD.encode(&id), name, recovery_codes };
            Ok(HttpResponse::Created().json(Success::with("Passkey added", added)))
        }
        Some(pending) => {
            let proof = Proof::Password(pending.password_changed_at);
            let method = SignInMethod::PasswordAnd(FactorKind::Passkey);
            let identity = ProvenIdentity { holder: set_up.holder, proof, method };
            let session = sign_in(&app, &context, identity).await?;
            Ok(session_response(&app, &context, "Login successful", &session, recovery_codes))
        }
    }
}

/// Stores a passkey and returns the recovery codes to show, if the account had none.
async fn store_passkey(
    app: &App,
    set_up: &FactorSetUp,
    id: Vec<u8>,
    credential: String,
    name: String,
) -> Result<Option<Vec<SecretString>>, Error> {
    let event = set_up.security_event(app, EventKind::PasskeyAdded).with_detail(&name);
    let row = PasskeyRow {
        id,
        user_id: set_up.user(),
        name,
        credential,
        created_at: app.clock.now().naive_utc(),
        last_used_at: None,
    };
    let factor = set_up.prepare(app, event, FactorChange::PasskeyAdded);
    let insert = move |c: &mut _, new: &_, event: &_| {
        storage::insert_passkey(c, &row, MAX_PASSKEYS_PER_USER, new, event)
    };
    factor.add(app, Error::PasskeyKnown, insert).await
}

/// The new name of a passkey.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenamePasskeyBody {
    /// A name of 1 to 60 characters.
    name: String,
}

/// `POST /api/passkeys/{id}`: renames a passkey.
#[utoipa::path(
    post,
    path = "/api/passkeys/{id}",
    operation_id = "rename_passkey",
    tag = "Second factors",
    params(("id" = String, Path, description = "The ID of the passkey in base64url.")),
    request_body = RenamePasskeyBody,
    responses(
        (status = 200, description = "The passkey is renamed", body = SuccessMessage),
        TokenProblems,
        RenamePasskeyProblems
    )
)]
pub(crate) async fn rename(
    app: web::Data<App>,
    context: RequestContext,
    id: web::Path<String>,
    web::Json(JsonObject(body)): web::Json<JsonObject<RenamePasskeyBody>>,
) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate(&app, &context).await?;
    let id = parse_id(&id)?;
    let name = parse_name(&body.name)?;
    let event = user.security_event(&app, EventKind::PasskeyRenamed).with_detail(&name);
    let user_id = user.holder.user;
    let rename = move |c: &mut _, event: &_| storage::rename_passkey(c, user_id, &id, &name, event);
    if !app.commit(event, rename).await? {
        return Err(Error::PasskeyNotFound);
    }
    Ok(HttpResponse::Ok().json(Success::message("Passkey renamed")))
}

/// `DELETE /api/passkeys/{id}`: removes a passkey.
#[utoipa::path(
    delete,
    path = "/api/passkeys/{id}",
    operation_id = "remove_passkey",
    tag = "Second factors",
    params(("id" = String, Path, description = "The ID of the passkey in base64url.")),
    responses(
        (status = 200, description = "The passkey is removed", body = SuccessMessage),
        TokenProblems,
        RemovePasskeyProblems,
        FactorRemovalProblems
    )
)]
pub(crate) async fn remove(
    app: web::Data<App>,
    context: RequestContext,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let user = SignedInUser::authenticate_confirmed(&app, &context).await?;
    let id = parse_id(&id)?;
    let event = user.security_event(&app, EventKind::PasskeyRemoved);
    let event = user.with_notification(&app, event, Notice::Factor(FactorChange::PasskeyRemoved));
    let rules = RemovalRules {
        factor_required: app.second_factor.is_required(),
        password_resettable: app.mail.is_some(),
    };
    let user_id = user.holder.user;
    let now = app.clock.now();
    let remove = move |c: &mut _, event: &_| storage::delete_passkey(c, user_id, &id, rules, now, event);
    match app.commit(event, remove).await? {
        FactorRemoval::Removed { .. } => {}
        FactorRemoval::NotFound => return Err(Error::PasskeyNotFound),
        FactorRemoval::LastFactor => return Err(Error::LastFactor),
        FactorRemoval::LastWayIn => return Err(Error::LastWayIn),
    }
    Ok(HttpResponse::Ok().json(Success::message("Passkey removed")))
}

fn parse_id(text: &str) -> Result<Vec<u8>, Error> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::PasskeyNotFound)
}

fn parse_name(text: &str) -> Result<String, Error> {
    let name = text.trim();
    let is_valid =
        (1..=NAME_MAX_CHARACTERS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if is_valid { Ok(name.to_owned()) } else { Err(Error::InvalidName) }
}
