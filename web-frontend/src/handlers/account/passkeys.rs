use actix_web::{HttpResponse, web};
use drawbridge_http::problem::Problem;
use serde::Deserialize;
use serde_json::json;

use super::recovery_codes;
use crate::{
    account::FreshCodes,
    auth_client::Call,
    form::Utf8Form,
    handlers::{Nothing, passkey},
    pages::{self, Flash, PasskeyButton, PasskeysPage, Section},
    visit::Visit,
};

const PAGE: &str = Section::Passkeys.path();

/// The fields of a form about one passkey.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyForm {
    csrf: String,
    id: String,
    name: Option<String>,
}

/// `GET /account/passkeys`.
pub(crate) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    let account = visit.account().await?;
    let passkey = PasskeyButton {
        label: visit.text.passkeys.add,
        begin: "/account/passkeys/begin",
        finish: "/account/passkeys/finish",
        conditional: false,
        next: None,
    };
    pages::show(&PasskeysPage {
        frame: visit.frame().within(Section::Passkeys),
        csrf: visit.csrf()?,
        passkeys: account.passkeys,
        is_possible: account.passkeys_possible,
        passkey,
    })
}

/// `POST /account/passkeys/begin`.
pub(crate) async fn begin(visit: Visit) -> Result<HttpResponse, Problem> {
    passkey::begin(&visit, Call::PASSKEY_BEGIN, None).await
}

/// `POST /account/passkeys/finish`: sets a passkey up.
pub(crate) async fn finish(visit: Visit, body: web::Json<passkey::Finish>) -> Result<HttpResponse, Problem> {
    let answer = passkey::finish(&visit, Call::PASSKEY_FINISH, &body, None).await?;
    if let Some(refused) = answer.refusal() {
        return Ok(passkey::refuse(&visit, &answer, &refused, PAGE));
    }
    Flash::new(visit.text.passkeys.added).leave(&visit.session)?;
    let FreshCodes { recovery_codes: codes } = answer.data()?;
    let next = recovery_codes::show_next(&visit, codes, PAGE)?;
    Ok(passkey::go(&answer, Some(&next)))
}

/// `POST /account/passkeys/rename`.
pub(crate) async fn rename(
    visit: Visit,
    Utf8Form(form): Utf8Form<PasskeyForm>,
) -> Result<HttpResponse, Problem> {
    if !visit.has_shown(&form.csrf) {
        return visit.leave_bad(visit.text.problem.stale_form, PAGE);
    }
    let body = json!({"name": form.name.unwrap_or_default()});
    let answer = visit.send_about(Call::RENAME_PASSKEY, &form.id, &body).await?;
    match answer.refusal() {
        Some(refused) => visit.refuse(&refused, PAGE),
        None => visit.leave(visit.text.passkeys.renamed, PAGE),
    }
}

/// `POST /account/passkeys/remove`.
pub(crate) async fn remove(
    visit: Visit,
    Utf8Form(form): Utf8Form<PasskeyForm>,
) -> Result<HttpResponse, Problem> {
    if !visit.has_shown(&form.csrf) {
        return visit.leave_bad(visit.text.problem.stale_form, PAGE);
    }
    let answer = visit.send_about(Call::REMOVE_PASSKEY, &form.id, &Nothing {}).await?;
    match answer.refusal() {
        Some(refused) => visit.refuse(&refused, PAGE),
        None => visit.leave(visit.text.passkeys.removed, PAGE),
    }
}
