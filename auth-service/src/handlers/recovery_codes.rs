use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;
use shared::{http::Success, id::UserId};

use crate::{
    app::App,
    domain::EventKind,
    error::Error,
    mail::{FactorChange, Notice},
    person::{Person, SettingUp},
    storage::{self, NewEvent},
};

#[derive(Serialize)]
struct Made {
    recovery_codes: Vec<String>,
}

/// `POST /api/recovery-codes`: ten new ones; the old ones are void. They are shown this once.
pub(crate) async fn replace(
    app: web::Data<App>,
    request: HttpRequest,
    _: web::Bytes,
) -> Result<HttpResponse, Error> {
    app.factors.possible()?;
    let person = Person::confirmed(&app, &request).await?;
    let user = person.user;
    let factors = app.database.query(move |c| storage::find_second_factors(c, user)).await?;
    if !factors.any() {
        return Err(Error::NoSecondFactor);
    }
    let event = person.did(&app, EventKind::RecoveryCodesMade);
    let notice = Notice::Factor(FactorChange::RecoveryCodesMade);
    let event = app.telling(event, &person.caller, &person.email, notice);
    let recovery_codes = make(&app, user, event).await?;
    Ok(HttpResponse::Ok().json(Success::with("Recovery codes made", Made { recovery_codes })))
}

/// A set for somebody who has just added a factor and has none.
pub(super) async fn make_if_none(app: &App, who: &SettingUp) -> Result<Option<Vec<String>>, Error> {
    let user = who.user;
    let factors = app.database.query(move |c| storage::find_second_factors(c, user)).await?;
    if factors.recovery_codes > 0 {
        return Ok(None);
    }
    make(app, user, who.did(app, EventKind::RecoveryCodesMade)).await.map(Some)
}

async fn make(app: &App, user: UserId, event: NewEvent) -> Result<Vec<String>, Error> {
    let (codes, hashes) = app.factors.new_recovery_codes();
    app.database.query(move |c| storage::replace_recovery_codes(c, user, &hashes, &event)).await?;
    app.wake_mail();
    Ok(codes)
}
