use actix_web::{HttpResponse, web};
use drawbridge_http::problem::{Code, Problem};

use super::{
    account::{
        authenticator::{self, SetupForms},
        recovery_codes,
    },
    forms::ButtonForm,
    passkey,
    refusal::{redirect_after_stale_form, redirect_with_refusal},
    second_factor::{redirect_after_expiry, show_sign_in_again},
    sign_in::leave_with_cookies,
};
use crate::{
    account::NewRecoveryCodes,
    auth_client::{
        AuthEndpoint, AuthResponse,
        bodies::{CodeBody, PendingLoginBody},
    },
    page_request::PageRequest,
    pages::{self, EnrolPage, PasskeyButton, allow_form_target, see_other},
    pending_login::{PendingLogin, is_stored, page_url},
    utf8_form::Utf8Form,
};

const PAGE: &str = "/login/enrol";
const AUTHENTICATOR_PAGE: &str = "/login/enrol/authenticator";

/// `GET /login/enrol`: offers second factors to set up, on sites that require one.
pub(crate) async fn show(request: PageRequest) -> Result<HttpResponse, Problem> {
    let Some(pending) = find_pending(&request).await else { return show_sign_in_again(&request).await };
    let passkey = PasskeyButton {
        label: request.text.enrol.passkey.button,
        begin: "/login/enrol/passkey/begin",
        finish: "/login/enrol/passkey/finish",
        conditional: false,
        next: pending.next.clone().filter(|next| !is_stored(next)),
    };
    pages::render(&EnrolPage {
        layout: request.layout(),
        csrf: request.csrf_token()?,
        authenticator_form: pending.url("/login/enrol/authenticator/begin"),
        passkey,
    })
}

/// `GET` of a path that only accepts a form: redirects to the offer.
pub(crate) async fn redirect_to_page(request: PageRequest) -> HttpResponse {
    let next = request.carried_target().await;
    see_other(&request.at(&page_url(PAGE, next.as_deref()))).finish()
}

/// `POST /login/enrol/authenticator/begin`: shows the QR code.
pub(crate) async fn begin_authenticator(
    request: PageRequest,
    Utf8Form(form): Utf8Form<ButtonForm>,
) -> Result<HttpResponse, Problem> {
    let Some(pending) = find_pending(&request).await else { return redirect_after_expiry(&request).await };
    if !request.has_valid_csrf_token(&form.csrf) {
        return redirect_after_stale_form(&request, &request.at(&pending.url(PAGE)));
    }
    let body = PendingLoginBody { pending: Some((&pending.token).into()) };
    let response = request.call_with_body(AuthEndpoint::TOTP_BEGIN, &body).await?;
    match response.refusal() {
        Some(refusal) if refusal.is(Code::LoginExpired) => redirect_after_expiry(&request).await,
        Some(refusal) => redirect_with_refusal(&request, &refusal, &request.at(&pending.url(PAGE))),
        None => {
            let page =
                authenticator::show_qr_code(&request, request.layout(), setup_forms(&pending), &response)?;
            Ok(allow_form_target(page, pending.next.as_deref()))
        }
    }
}

/// `POST /login/enrol/authenticator/confirm`: completes the set-up with the first code, and signs in.
pub(crate) async fn confirm_authenticator(
    request: PageRequest,
    Utf8Form(form): Utf8Form<authenticator::AuthenticatorForm>,
) -> Result<HttpResponse, Problem> {
    let Some(pending) = find_pending(&request).await else { return redirect_after_expiry(&request).await };
    if !request.has_valid_csrf_token(&form.csrf) {
        return redirect_after_stale_form(&request, &request.at(&pending.url(PAGE)));
    }
    let body = CodeBody { pending: Some((&pending.token).into()), code: &form.code };
    let response = request.call_with_body(AuthEndpoint::TOTP_CONFIRM, &body).await?;
    match response.refusal() {
        Some(refusal) if refusal.is(Code::LoginExpired) => redirect_after_expiry(&request).await,
        Some(refusal) if refusal.is(Code::InvalidCode) => {
            let layout = request.layout();
            let page =
                authenticator::show_wrong_code(&request, layout, setup_forms(&pending), &response, &refusal)?;
            Ok(allow_form_target(page, pending.next.as_deref()))
        }
        Some(refusal) => redirect_with_refusal(&request, &refusal, &request.at(&pending.url(PAGE))),
        None => {
            let next = finish_enrolment(&request, &response, pending.next.as_deref()).await?;
            leave_with_cookies(&request, &response, &next)
        }
    }
}

/// `POST /login/enrol/passkey/begin`.
pub(crate) async fn begin_passkey(request: PageRequest) -> Result<HttpResponse, Problem> {
    passkey::begin(&request, AuthEndpoint::PASSKEY_BEGIN, find_pending(&request).await.as_ref()).await
}

/// `POST /login/enrol/passkey/finish`: sets up a passkey, and signs in.
pub(crate) async fn finish_passkey(
    request: PageRequest,
    body: web::Json<passkey::CeremonyResult>,
) -> Result<HttpResponse, Problem> {
    let Some(pending) = find_pending(&request).await else {
        return Ok(passkey::refuse_expired_login(&request));
    };
    let response = passkey::finish(&request, AuthEndpoint::PASSKEY_FINISH, &body, Some(&pending)).await?;
    if let Some(refusal) = response.refusal() {
        return Ok(passkey::refuse(&request, &response, &refusal, &request.at(PAGE)));
    }
    let next = pending.next.or_else(|| body.next.clone());
    let next = finish_enrolment(&request, &response, next.as_deref()).await?;
    Ok(passkey::proceed(&request, &response, Some(&next)))
}

fn setup_forms(pending: &PendingLogin) -> SetupForms<'_> {
    SetupForms { base: AUTHENTICATOR_PAGE, next: pending.next.as_deref() }
}

async fn find_pending(request: &PageRequest) -> Option<PendingLogin> {
    request.pending_login().await.filter(|pending| pending.needs_enrolment)
}

/// Starts a new page session. Returns the path or URL to go to: the page with the new recovery codes comes first.
async fn finish_enrolment(
    request: &PageRequest,
    response: &AuthResponse,
    next: Option<&str>,
) -> Result<String, Problem> {
    let NewRecoveryCodes { recovery_codes } = response.data()?;
    let next = request.return_target(next).await;
    request.reset_session();
    recovery_codes::show_before(request, recovery_codes, next.as_deref().unwrap_or(request.default_page()))
}
