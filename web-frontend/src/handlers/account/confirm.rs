use actix_web::{HttpResponse, web};
use drawbridge_core::{
    clock::{Clock, SystemClock},
    exposed_secret::ExposedSecret,
};
use drawbridge_http::problem::Problem;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::{
    account::AccountDetails,
    auth_client::{AuthEndpoint, bodies::ConfirmIdentityBody},
    handlers::{
        forms::NextQuery,
        passkey,
        refusal::{show_refusal, show_stale_form},
    },
    page_request::PageRequest,
    pages::{AccountSection, FormField, FormPage, PageLink, PasskeyButton, see_other},
    utf8_form::Utf8Form,
};

const PAGE: &str = "/account/confirm";

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfirmForm {
    csrf: String,
    current: SecretString,
    code: Option<SecretString>,
    next: Option<String>,
}

/// `GET /account/confirm?next=`: asks users to confirm their identity before a sensitive change.
pub(crate) async fn show(
    request: PageRequest,
    query: web::Query<NextQuery>,
) -> Result<HttpResponse, Problem> {
    let next = path_after(&request, query.next.as_deref());
    let account = request.account().await?;
    if account.is_confirmed(SystemClock.now()) {
        return Ok(see_other(&next).finish());
    }
    form_page(&request, &account, next)?.render()
}

/// `POST /account/confirm`: confirms the identity with the password, and with a code if there is a second
/// factor.
pub(crate) async fn submit(
    request: PageRequest,
    Utf8Form(form): Utf8Form<ConfirmForm>,
) -> Result<HttpResponse, Problem> {
    let next = path_after(&request, form.next.as_deref());
    let account = request.account().await?;
    if !request.has_valid_csrf_token(&form.csrf) {
        return show_stale_form(form_page(&request, &account, next)?);
    }
    let code = form.code.as_ref().filter(|code| !code.expose_secret().trim().is_empty());
    let code = code.map(ExposedSecret::from);
    let body = ConfirmIdentityBody { password: &form.current, code };
    let response = request.call_with_body(AuthEndpoint::CONFIRM, &body).await?;
    match response.refusal() {
        Some(refusal) => show_refusal(&request, form_page(&request, &account, next)?, &response, &refusal),
        None => Ok(see_other(&next).finish()),
    }
}

/// `POST /account/confirm/passkey/begin`.
pub(crate) async fn begin_passkey(request: PageRequest) -> Result<HttpResponse, Problem> {
    passkey::begin(&request, AuthEndpoint::CONFIRM_PASSKEY_BEGIN, None).await
}

/// `POST /account/confirm/passkey/finish`: confirms the identity with a passkey.
pub(crate) async fn finish_passkey(
    request: PageRequest,
    body: web::Json<passkey::CeremonyResult>,
) -> Result<HttpResponse, Problem> {
    let next = path_after(&request, body.next.as_deref());
    let response = passkey::finish(&request, AuthEndpoint::CONFIRM_PASSKEY_FINISH, &body, None).await?;
    Ok(match response.refusal() {
        Some(refusal) => passkey::refuse(&request, &response, &refusal, AccountSection::Overview.path()),
        None => passkey::proceed(&response, Some(&next)),
    })
}

/// The path to go to afterwards, which must not be this page again.
fn path_after(request: &PageRequest, next: Option<&str>) -> String {
    let next = request.return_path(next).filter(|next| !next.starts_with(PAGE));
    next.unwrap_or_else(|| AccountSection::Overview.path().to_owned())
}

fn form_page(request: &PageRequest, account: &AccountDetails, next: String) -> Result<FormPage, Problem> {
    let text = request.text;
    let mut page = request
        .form_page(request.layout(), &text.confirm.form, PAGE)?
        .with_hidden("next", Some(next.clone()))
        .with_field(FormField::read_only_email(text, text.field.email, &account.email))
        .with_field(FormField::current_password(text, text.field.password));
    if account.has_second_factor() {
        page = page.with_field(FormField::code_or_recovery_code(text));
    }
    if !account.passkeys.is_empty() {
        page = page.with_passkey(PasskeyButton {
            label: text.passkey.use_one,
            begin: "/account/confirm/passkey/begin",
            finish: "/account/confirm/passkey/finish",
            conditional: false,
            next: Some(next),
        });
    }
    Ok(page.with_link(PageLink::new(text.frame.cancel, AccountSection::Overview.path())))
}
