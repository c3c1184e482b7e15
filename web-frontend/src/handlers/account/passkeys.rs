use actix_web::{HttpResponse, web};
use drawbridge_http::problem::Problem;
use serde::Deserialize;
use serde_json::json;

use super::recovery_codes;
use crate::{
    account::NewRecoveryCodes,
    auth_client::{AuthEndpoint, bodies::EmptyBody},
    flash::FlashMessage,
    handlers::{
        passkey,
        refusal::{redirect_after_stale_form, redirect_with_refusal},
    },
    page_request::PageRequest,
    pages::{self, AccountSection, PasskeyButton, PasskeysPage},
    utf8_form::Utf8Form,
};

const PAGE: &str = AccountSection::Passkeys.path();

/// A form about one passkey.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasskeyForm {
    csrf: String,
    id: String,
    name: Option<String>,
}

/// `GET /account/passkeys`.
pub(crate) async fn show(request: PageRequest) -> Result<HttpResponse, Problem> {
    let account = request.account().await?;
    let passkey = PasskeyButton {
        label: request.text.passkeys.add,
        begin: "/account/passkeys/begin",
        finish: "/account/passkeys/finish",
        conditional: false,
        next: None,
    };
    pages::render(&PasskeysPage {
        layout: request.layout().within(AccountSection::Passkeys),
        csrf: request.csrf_token()?,
        passkeys: account.passkeys,
        can_add: account.passkeys_possible,
        passkey,
    })
}

/// `POST /account/passkeys/begin`.
pub(crate) async fn begin(request: PageRequest) -> Result<HttpResponse, Problem> {
    passkey::begin(&request, AuthEndpoint::PASSKEY_BEGIN, None).await
}

/// `POST /account/passkeys/finish`: adds a passkey.
pub(crate) async fn finish(
    request: PageRequest,
    body: web::Json<passkey::CeremonyResult>,
) -> Result<HttpResponse, Problem> {
    let response = passkey::finish(&request, AuthEndpoint::PASSKEY_FINISH, &body, None).await?;
    if let Some(refusal) = response.refusal() {
        return Ok(passkey::refuse(&request, &response, &refusal, &request.at(PAGE)));
    }
    FlashMessage::success(request.text.passkeys.added).store(&request.session)?;
    let NewRecoveryCodes { recovery_codes } = response.data()?;
    let next = recovery_codes::show_before(&request, recovery_codes, &request.at(PAGE))?;
    Ok(passkey::proceed(&request, &response, Some(&next)))
}

/// `POST /account/passkeys/rename`.
pub(crate) async fn rename(
    request: PageRequest,
    Utf8Form(form): Utf8Form<PasskeyForm>,
) -> Result<HttpResponse, Problem> {
    if !request.has_valid_csrf_token(&form.csrf) {
        return redirect_after_stale_form(&request, &request.at(PAGE));
    }
    let body = json!({"name": form.name.unwrap_or_default()});
    let response = request.call_with_id(AuthEndpoint::RENAME_PASSKEY, &form.id, &body).await?;
    match response.refusal() {
        Some(refusal) => redirect_with_refusal(&request, &refusal, &request.at(PAGE)),
        None => request.redirect_with_message(request.text.passkeys.renamed, &request.at(PAGE)),
    }
}

/// `POST /account/passkeys/remove`.
pub(crate) async fn remove(
    request: PageRequest,
    Utf8Form(form): Utf8Form<PasskeyForm>,
) -> Result<HttpResponse, Problem> {
    if !request.has_valid_csrf_token(&form.csrf) {
        return redirect_after_stale_form(&request, &request.at(PAGE));
    }
    let response = request.call_with_id(AuthEndpoint::REMOVE_PASSKEY, &form.id, &EmptyBody {}).await?;
    match response.refusal() {
        Some(refusal) => redirect_with_refusal(&request, &refusal, &request.at(PAGE)),
        None => request.redirect_with_message(request.text.passkeys.removed, &request.at(PAGE)),
    }
}
