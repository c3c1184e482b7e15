use actix_web::{HttpResponse, web};
use drawbridge_core::exposed_secret::ExposedSecret;
use drawbridge_guard::SignedIn;
use drawbridge_http::problem::Problem;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::{
    account::AccountDetails,
    auth_client::{AuthEndpoint, bodies::ConfirmIdentityBody},
    handlers::{
        passkey,
        refusal::{show_refusal, show_stale_form},
    },
    page_query::PageQuery,
    page_request::PageRequest,
    pages::{self, AccountSection, FormField, FormPage, NoticePage, PageLink, PasskeyButton, see_other},
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

/// `?next=` and `?factor=second`.
#[derive(Default, Deserialize)]
pub(crate) struct ConfirmQuery {
    next: Option<String>,
    factor: Option<NeededFactor>,
}

/// What a page needs beyond the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum NeededFactor {
    /// A second factor, given in this session (`GUARDED_PATHS`).
    Second,
}

/// `GET /account/confirm?next=`: asks users to confirm their identity before a sensitive change, or before a page that
/// requires a second factor.
pub(crate) async fn show(
    request: PageRequest,
    person: SignedIn,
    PageQuery(query): PageQuery<ConfirmQuery>,
) -> Result<HttpResponse, Problem> {
    let next = path_after(&request, query.next.as_deref());
    let account = request.account().await?;
    let is_done = match query.factor {
        Some(NeededFactor::Second) => person.session.second_factor,
        None => account.is_confirmed(request.app.clock.now()),
    };
    if is_done {
        return Ok(see_other(&next).finish());
    }
    if query.factor.is_some() && !account.has_second_factor() {
        return show_missing_factor(&request);
    }
    form_page(&request, &account, next)?.render()
}

/// Tells users without a second factor to set one up.
fn show_missing_factor(request: &PageRequest) -> Result<HttpResponse, Problem> {
    let text = request.text;
    pages::render(&NoticePage {
        layout: request.layout(),
        title: text.confirm.missing_factor_title,
        paragraphs: vec![text.confirm.missing_factor.to_owned()],
        hint: "",
        button: Some(PageLink::new(text.passkeys.title, request.at(AccountSection::Passkeys.path()))),
        link: Some(PageLink::new(text.authenticator.title, request.at(AccountSection::Authenticator.path()))),
    })
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
        None => request.leave_form(&next, Vec::new()),
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
        Some(refusal) => {
            passkey::refuse(&request, &response, &refusal, &request.at(AccountSection::Overview.path()))
        }
        None => passkey::proceed(&request, &response, Some(&next)),
    })
}

/// The path to go to afterwards, which must not be this page again.
fn path_after(request: &PageRequest, next: Option<&str>) -> String {
    let next = request.return_path(next).filter(|next| !next.starts_with(&request.at(PAGE)));
    next.unwrap_or_else(|| request.at(AccountSection::Overview.path()))
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
    Ok(page.with_link(PageLink::new(text.frame.cancel, request.at(AccountSection::Overview.path()))))
}
