use actix_web::{HttpRequest, HttpResponse, web};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_http::{Object, Success};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::session_answer::session_answer;
use crate::{
    app::App,
    domain::EventKind,
    error::Error,
    mail::{FactorChange, Notice},
    passkeys::MOST,
    person::{Person, SettingUp, shown},
    sign_in::{Shown, sign_in},
    storage::{self, PasskeyRow, Proof, Removal},
};

/// The most characters of a passkey's name.
const NAME_MAX: usize = 60;

/// The sign-in that waits for the set-up, if there is one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginBody {
    #[serde(default)]
    pending: Option<String>,
}

/// `POST /api/passkeys/begin`: the challenge for a new passkey.
pub(crate) async fn begin(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<BeginBody>>,
) -> Result<HttpResponse, Error> {
    let passkeys = app.passkeys()?;
    let who = SettingUp::of(&app, &request, body.pending.as_deref()).await?;
    let user = who.user;
    let known = app.database.query(move |c| storage::find_passkeys(c, user)).await?;
    if i64::try_from(known.len()).is_ok_and(|count| count >= MOST) {
        return Err(Error::TooManyPasskeys);
    }
    let challenge = passkeys.begin_adding(user, &who.email, &known, app.clock.now()).await?;
    Ok(HttpResponse::Ok().json(Success::with("Answer the challenge", challenge)))
}

/// The device's answer, and what the person calls the passkey.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FinishBody {
    ceremony: String,
    credential: Value,
    name: String,
    #[serde(default)]
    pending: Option<String>,
}

#[derive(Serialize)]
struct Added {
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
}

/// `POST /api/passkeys/finish`: keeps the new passkey (201).
pub(crate) async fn finish(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<FinishBody>>,
) -> Result<HttpResponse, Error> {
    let passkeys = app.passkeys()?;
    let name = parse_name(&body.name)?;
    let who = SettingUp::of(&app, &request, body.pending.as_deref()).await?;
    let (user, now) = (who.user, app.clock.now());
    let (id, credential) = passkeys.finish_adding(user, &body.ceremony, &body.credential, now).await?;
    let row = PasskeyRow {
        id: id.clone(),
        user_id: user,
        name: name.clone(),
        credential,
        created_at: now.naive_utc(),
        last_used_at: None,
    };
    let event = who.did(&app, EventKind::PasskeyAdded).saying(&name);
    let (new, codes) = who.adds(&app, event, FactorChange::PasskeyAdded);
    let add = move |c: &mut _| storage::insert_passkey(c, &row, MOST, &new);
    let recovery_codes = shown(app.database.query(add).await?, codes, Error::PasskeyKnown)?;
    app.wake_mail();
    match who.pending {
        None => {
            let added = Added { id: URL_SAFE_NO_PAD.encode(&id), name, recovery_codes };
            Ok(HttpResponse::Created().json(Success::with("Passkey added", added)))
        }
        Some(pending) => {
            let (proof, by) = (Proof::Password(pending.password_changed_at), "password passkey");
            let holder = Shown { user, email: pending.email, proof, by };
            let session = sign_in(&app, &request, &who.caller, holder).await?;
            Ok(session_answer(&app, &request, "Login successful", &session, recovery_codes))
        }
    }
}

/// What the person calls the passkey from now on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenameBody {
    name: String,
}

/// `POST /api/passkeys/{id}`: gives a passkey another name.
pub(crate) async fn rename(
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<String>,
    web::Json(Object(body)): web::Json<Object<RenameBody>>,
) -> Result<HttpResponse, Error> {
    let person = Person::of(&app, &request).await?;
    let (user, id, name) = (person.user, parse_id(&id)?, parse_name(&body.name)?);
    let event = person.did(&app, EventKind::PasskeyRenamed).saying(&name);
    let renamed = app.database.query(move |c| storage::rename_passkey(c, user, &id, &name, &event)).await?;
    if !renamed {
        return Err(Error::PasskeyNotFound);
    }
    Ok(HttpResponse::Ok().json(Success::message("Passkey renamed")))
}

/// `DELETE /api/passkeys/{id}`: it signs nobody in any more.
pub(crate) async fn remove(
    app: web::Data<App>,
    request: HttpRequest,
    id: web::Path<String>,
) -> Result<HttpResponse, Error> {
    let person = Person::confirmed(&app, &request).await?;
    let (user, id) = (person.user, parse_id(&id)?);
    let what_must_stay = (app.factors.one_must_stay(), app.mail.is_some());
    let event = person.did(&app, EventKind::PasskeyRemoved);
    let notice = Notice::Factor(FactorChange::PasskeyRemoved);
    let event = app.telling(event, &person.caller, (person.user, &person.email), notice);
    let removal = move |c: &mut _| storage::delete_passkey(c, user, &id, what_must_stay, &event);
    match app.database.query(removal).await? {
        Removal::Removed => {}
        Removal::Absent => return Err(Error::PasskeyNotFound),
        Removal::Last => return Err(Error::LastFactor),
        Removal::LastWayIn => return Err(Error::LastWayIn),
    }
    app.wake_mail();
    Ok(HttpResponse::Ok().json(Success::message("Passkey removed")))
}

fn parse_id(text: &str) -> Result<Vec<u8>, Error> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::PasskeyNotFound)
}

fn parse_name(text: &str) -> Result<String, Error> {
    let name = text.trim();
    let is_good = (1..=NAME_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if is_good { Ok(name.to_owned()) } else { Err(Error::InvalidName) }
}
