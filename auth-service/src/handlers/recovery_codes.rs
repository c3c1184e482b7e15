use actix_web::{HttpRequest, HttpResponse, web};
use drawbridge_http::Success;
use serde::Serialize;

use crate::{
    app::App,
    domain::EventKind,
    error::Error,
    mail::{FactorChange, Notice},
    person::Person,
    storage,
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
    let event = app.telling(event, &person.caller, (person.user, &person.email), notice);
    let (recovery_codes, hashes) = app.factors.new_recovery_codes();
    app.database.query(move |c| storage::replace_recovery_codes(c, user, &hashes, &event)).await?;
    app.wake_mail();
    Ok(HttpResponse::Ok().json(Success::with("Recovery codes made", Made { recovery_codes })))
}
