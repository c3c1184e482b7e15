use actix_web::{HttpResponse, HttpResponseBuilder};
use drawbridge_http::problem::{Code, Problem};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::recovery_codes;
use crate::{
    account::NewRecoveryCodes,
    auth_client::{
        AuthEndpoint, AuthRefusal, AuthResponse,
        bodies::{CodeBody, EmptyBody},
    },
    handlers::{
        forms::ButtonForm,
        refusal::{redirect_after_stale_form, redirect_with_refusal},
    },
    page_request::PageRequest,
    pages::{self, AccountSection, AuthenticatorPage, PageLayout, QrCode},
    pending_login::page_url,
    utf8_form::Utf8Form,
};

const PAGE: &str = AccountSection::Authenticator.path();

/// The page session's key for the secret that is being set up.
const SECRET_SESSION_KEY: &str = "authenticator";

/// The form with the first code.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuthenticatorForm {
    pub(crate) csrf: String,
    pub(crate) code: SecretString,
}

/// Where the forms of a set-up are submitted.
#[derive(Clone, Copy)]
pub(crate) struct SetupForms<'a> {
    /// The path above the two endpoints.
    pub(crate) base: &'static str,
    /// Where to go after the set-up, if that is part of a sign-in.
    pub(crate) next: Option<&'a str>,
}

const FORMS: SetupForms<'static> = SetupForms { base: PAGE, next: None };

/// The response of `POST /api/totp/begin`.
#[derive(Deserialize)]
struct AuthenticatorSecret {
    secret: SecretString,
    /// The QR code.
    svg: SecretString,
}

/// `GET /account/authenticator`.
pub(crate) async fn show(request: PageRequest) -> Result<HttpResponse, Problem> {
    let account = request.account().await?;
    pages::render(&AuthenticatorPage {
        layout: request.layout().within(AccountSection::Authenticator),
        csrf: request.csrf_token()?,
        base: PAGE,
        query: String::new(),
        is_on: account.totp,
        qr_code: None,
        error: None,
    })
}

/// `POST /account/authenticator/begin`: shows the QR code.
pub(crate) async fn begin(
    request: PageRequest,
    Utf8Form(form): Utf8Form<ButtonForm>,
) -> Result<HttpResponse, Problem> {
    if !request.has_valid_csrf_token(&form.csrf) {
        return redirect_after_stale_form(&request, &request.at(PAGE));
    }
    let response = request.call_with_body(AuthEndpoint::TOTP_BEGIN, &EmptyBody {}).await?;
    match response.refusal() {
        Some(refusal) => redirect_with_refusal(&request, &refusal, &request.at(PAGE)),
        None => {
            let layout = request.layout().within(AccountSection::Authenticator);
            show_qr_code(&request, layout, FORMS, &response)
        }
    }
}

/// `POST /account/authenticator/confirm`: completes the set-up with the first code.
pub(crate) async fn confirm(
    request: PageRequest,
    Utf8Form(form): Utf8Form<AuthenticatorForm>,
) -> Result<HttpResponse, Problem> {
    if !request.has_valid_csrf_token(&form.csrf) {
        return redirect_after_stale_form(&request, &request.at(PAGE));
    }
    let body = CodeBody { pending: None, code: &form.code };
    let response = request.call_with_body(AuthEndpoint::TOTP_CONFIRM, &body).await?;
    match response.refusal() {
        Some(refusal) if refusal.is(Code::InvalidCode) => {
            let layout = request.layout().within(AccountSection::Authenticator);
            show_wrong_code(&request, layout, FORMS, &response, &refusal)
        }
        Some(refusal) => redirect_with_refusal(&request, &refusal, &request.at(PAGE)),
        None => {
            request.session.remove(SECRET_SESSION_KEY);
            let NewRecoveryCodes { recovery_codes } = response.data()?;
            let next = recovery_codes::show_before(
                &request,
                recovery_codes,
                &request.at(AccountSection::Overview.path()),
            )?;
            request.redirect_with_message(request.text.authenticator.added, &next)
        }
    }
}

/// `POST /account/authenticator/remove`.
pub(crate) async fn remove(
    request: PageRequest,
    Utf8Form(form): Utf8Form<ButtonForm>,
) -> Result<HttpResponse, Problem> {
    if !request.has_valid_csrf_token(&form.csrf) {
        return redirect_after_stale_form(&request, &request.at(PAGE));
    }
    let response = request.call(AuthEndpoint::REMOVE_TOTP).await?;
    match response.refusal() {
        Some(refusal) => redirect_with_refusal(&request, &refusal, &request.at(PAGE)),
        None => {
            let message = request.text.authenticator.removed;
            request.redirect_with_message(message, &request.at(AccountSection::Overview.path()))
        }
    }
}

/// Shows the QR code of a set-up that auth-service has started.
pub(crate) fn show_qr_code(
    request: &PageRequest,
    layout: PageLayout,
    forms: SetupForms<'_>,
    response: &AuthResponse,
) -> Result<HttpResponse, Problem> {
    let AuthenticatorSecret { secret, svg } = response.data()?;
    // For the page after a wrong code. Only the secret is stored: the QR code can be too large for a cookie.
    request.session.insert(SECRET_SESSION_KEY, secret.expose_secret()).map_err(Problem::internal)?;
    let setup = SetupPage { layout, forms, qr_code: QrCode { svg: Some(svg), secret }, error: None };
    setup.render_into(request, HttpResponse::Ok())
}

/// Shows the set-up again after a wrong code.
pub(crate) fn show_wrong_code(
    request: &PageRequest,
    layout: PageLayout,
    forms: SetupForms<'_>,
    response: &AuthResponse,
    refusal: &AuthRefusal,
) -> Result<HttpResponse, Problem> {
    let secret = request.session.get(SECRET_SESSION_KEY).ok().flatten().unwrap_or_default();
    let error = Some(request.explain(refusal));
    let setup = SetupPage { layout, forms, qr_code: QrCode { svg: None, secret }, error };
    setup.render_into(request, response.response_head())
}

/// The page during the set-up.
struct SetupPage<'a> {
    layout: PageLayout,
    forms: SetupForms<'a>,
    qr_code: QrCode,
    error: Option<String>,
}

impl SetupPage<'_> {
    fn render_into(
        self,
        request: &PageRequest,
        response: HttpResponseBuilder,
    ) -> Result<HttpResponse, Problem> {
        let page = AuthenticatorPage {
            layout: self.layout,
            csrf: request.csrf_token()?,
            base: self.forms.base,
            query: page_url("", self.forms.next),
            is_on: false,
            qr_code: Some(self.qr_code),
            error: self.error,
        };
        pages::render_into(response, &page)
    }
}
