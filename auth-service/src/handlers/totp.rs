use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::{Object, Success};
use serde::{Deserialize, Serialize};

use super::session_answer::session_answer;
use crate::{
    app::App,
    domain::{EventKind, TotpSecret, qr_svg},
    error::Error,
    mail::{FactorChange, Notice},
    person::{Person, SettingUp, shown},
    sign_in::{Shown, sign_in},
    storage::{self, Proof, Removal, TotpRow},
};

/// The sign-in that waits for the set-up, if there is one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BeginBody {
    #[serde(default)]
    pending: Option<String>,
}

#[derive(Serialize)]
struct Begun {
    secret: String,
    uri: String,
    svg: String,
}

/// `POST /api/totp/begin`: a secret for an authenticator app. It protects nothing until its first code came.
pub(crate) async fn begin(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<BeginBody>>,
) -> Result<HttpResponse, Error> {
    let who = SettingUp::of(&app, &request, body.pending.as_deref()).await?;
    let secret = TotpSecret::generate(app.random);
    let row = TotpRow {
        user_id: who.user,
        sealed: app.factors.seal_totp(who.user, &secret),
        last_step: 0,
        created_at: app.clock.now().naive_utc(),
        confirmed_at: None,
    };
    if !app.database.query(move |c| storage::begin_totp(c, &row)).await? {
        return Err(Error::TotpPresent);
    }
    let uri = secret.uri(&app.site_name, &who.email);
    let uri = uri.ok_or_else(|| Error::Fault("an otpauth URI cannot be written".into()))?;
    let svg = qr_svg(&uri).ok_or_else(|| Error::Fault("a QR code cannot be drawn".into()))?;
    let begun = Begun { secret: secret.text(), uri, svg };
    Ok(HttpResponse::Ok().json(Success::with("Scan the code", begun)))
}

/// The app's first code, and the sign-in that waits for it, if there is one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmBody {
    code: String,
    #[serde(default)]
    pending: Option<String>,
}

#[derive(Serialize)]
struct Confirmed {
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_codes: Option<Vec<String>>,
}

/// `POST /api/totp/confirm`: from its first code on, the app is asked for at sign-in.
pub(crate) async fn confirm(
    app: web::Data<App>,
    request: HttpRequest,
    web::Json(Object(body)): web::Json<Object<ConfirmBody>>,
) -> Result<HttpResponse, Error> {
    let who = SettingUp::of(&app, &request, body.pending.as_deref()).await?;
    let (user, now) = (who.user, app.clock.now());
    let admitted = app.limits.code(user, Some("set-up")).await?;
    let begun = app.database.query(move |c| storage::find_totp(c, user)).await?;
    let begun = begun.filter(|row| row.confirmed_at.is_none()).ok_or(Error::TotpNotBegun)?;
    let typed: String = body.code.chars().filter(|c| !c.is_whitespace()).collect();
    let step = app.factors.open_totp(&begun)?.check(&typed, now).ok_or(Error::InvalidCode)?;
    admitted.give_back().await;
    let (new, codes) = who.adds(&app, who.did(&app, EventKind::TotpAdded), FactorChange::TotpAdded);
    let confirm = move |c: &mut _| storage::confirm_totp(c, &begun, step, now, &new);
    let recovery_codes = shown(app.database.query(confirm).await?, codes, Error::TotpNotBegun)?;
    app.wake_mail();
    match who.pending {
        None => {
            Ok(HttpResponse::Ok()
                .json(Success::with("Authenticator app added", Confirmed { recovery_codes })))
        }
        Some(pending) => {
            let proof = Proof::Password(pending.password_changed_at);
            let holder = Shown { user, email: pending.email, proof, by: "password totp" };
            let session = sign_in(&app, &request, &who.caller, holder).await?;
            Ok(session_answer(&app, &request, "Login successful", &session, recovery_codes))
        }
    }
}

/// `DELETE /api/totp`: the app is no longer asked for.
pub(crate) async fn remove(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Error> {
    let person = Person::confirmed(&app, &request).await?;
    let (user, one_must_stay) = (person.user, app.factors.one_must_stay());
    let event = person.did(&app, EventKind::TotpRemoved);
    let notice = Notice::Factor(FactorChange::TotpRemoved);
    let event = app.telling(event, &person.caller, (person.user, &person.email), notice);
    match app.database.query(move |c| storage::delete_totp(c, user, one_must_stay, &event)).await? {
        Removal::Removed | Removal::Absent => {}
        Removal::Last => return Err(Error::LastFactor),
        Removal::LastWayIn => return Err(Error::LastWayIn),
    }
    app.wake_mail();
    Ok(HttpResponse::Ok().json(Success::message("Authenticator app removed")))
}
