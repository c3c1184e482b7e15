use actix_web::{HttpResponse, web};
use drawbridge_http::problem::{Code, Problem};
use secrecy::SecretString;
use serde::Deserialize;

use super::{
    passkey,
    refusal::{show_refusal, show_stale_form},
    sign_in::finish_sign_in,
};
use crate::{
    auth_client::{AuthEndpoint, bodies::CodeBody},
    flash::FlashMessage,
    page_query::PageQuery,
    page_request::PageRequest,
    pages::{FormField, FormPage, PageLink, PasskeyButton, see_other},
    pending_login::{LoginFactor, PendingLogin, is_stored},
    text::Form,
    utf8_form::Utf8Form,
};

const PAGE: &str = "/login/second";

/// `?with=recovery_code`: asks for a recovery code instead of the usual second factor.
#[derive(Default, Deserialize)]
pub(crate) struct FactorQuery {
    with: Option<LoginFactor>,
}

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SecondFactorForm {
    csrf: String,
    code: SecretString,
    with: Option<LoginFactor>,
}

/// `GET /login/second`: asks for the second factor.
pub(crate) async fn show(
    request: PageRequest,
    PageQuery(query): PageQuery<FactorQuery>,
) -> Result<HttpResponse, Problem> {
    let Some(pending) = request.pending_login().await else { return show_sign_in_again(&request).await };
    form_page(&request, &pending, query.with)?.render()
}

/// `POST /login/second`: signs in with a code.
pub(crate) async fn submit(
    request: PageRequest,
    Utf8Form(form): Utf8Form<SecondFactorForm>,
) -> Result<HttpResponse, Problem> {
    let Some(pending) = request.pending_login().await else {
        return redirect_after_expiry(&request).await;
    };
    if !request.has_valid_csrf_token(&form.csrf) {
        return show_stale_form(form_page(&request, &pending, form.with)?);
    }
    let body = CodeBody { pending: Some((&pending.token).into()), code: &form.code };
    let response = request.call_with_body(AuthEndpoint::LOGIN_SECOND, &body).await?;
    match response.refusal() {
        Some(refusal) if refusal.is(Code::LoginExpired) => redirect_after_expiry(&request).await,
        Some(refusal) => {
            show_refusal(&request, form_page(&request, &pending, form.with)?, &response, &refusal)
        }
        None => {
            let next = request.return_target(pending.next.as_deref()).await;
            finish_sign_in(&request, &response, next.as_deref())
        }
    }
}

/// `POST /login/second/passkey/begin`.
pub(crate) async fn begin_passkey(request: PageRequest) -> Result<HttpResponse, Problem> {
    let pending = PendingLogin::find(&request.session);
    passkey::begin(&request, AuthEndpoint::LOGIN_PASSKEY_BEGIN, pending.as_ref()).await
}

/// `POST /login/second/passkey/finish`: signs in.
pub(crate) async fn finish_passkey(
    request: PageRequest,
    body: web::Json<passkey::CeremonyResult>,
) -> Result<HttpResponse, Problem> {
    let pending = PendingLogin::find(&request.session);
    let carried = body.next.clone();
    let response =
        passkey::finish(&request, AuthEndpoint::LOGIN_PASSKEY_FINISH, &body, pending.as_ref()).await?;
    if let Some(refusal) = response.refusal() {
        return Ok(passkey::refuse(&request, &response, &refusal, &request.at("/login/second")));
    }
    let next = pending.and_then(|pending| pending.next).or(carried);
    let next = request.return_target(next.as_deref()).await;
    request.reset_session();
    Ok(passkey::proceed(&request, &response, next.as_deref()))
}

/// Redirects to the sign-in page, because there is no pending login.
pub(super) async fn show_sign_in_again(request: &PageRequest) -> Result<HttpResponse, Problem> {
    let next = request.carried_target().await;
    Ok(see_other(&request.login_path(next.as_deref())).finish())
}

/// Redirects to the sign-in page, because the first step was too long ago. If the user is signed in already, the form was
/// submitted twice.
pub(super) async fn redirect_after_expiry(request: &PageRequest) -> Result<HttpResponse, Problem> {
    let pending = request.pending_login().await;
    let carried = request.carried_target().await;
    if pending.is_none()
        && let Some(redirect) = request.redirect_if_signed_in(carried.as_deref()).await
    {
        return Ok(redirect);
    }
    PendingLogin::forget(&request.session);
    let (email, next) = pending.map_or((String::new(), carried), |pending| (pending.email, pending.next));
    FlashMessage::error(request.text.sign_in.expired).with_email(email).store(&request.session)?;
    Ok(see_other(&request.login_path(next.as_deref())).finish())
}

fn form_page(
    request: &PageRequest,
    pending: &PendingLogin,
    with: Option<LoginFactor>,
) -> Result<FormPage, Problem> {
    let mut page = if with == Some(LoginFactor::RecoveryCode) && pending.accepts(LoginFactor::RecoveryCode) {
        recovery_code_page(request, pending)?
    } else {
        usual_page(request, pending)?
    };
    if let Some(next) = &pending.next {
        page = page.returning_to(next);
    }
    let login_path = request.login_path(pending.next.as_deref());
    Ok(page.with_link(PageLink::new(request.text.second.start_over, login_path)))
}

fn recovery_code_page(request: &PageRequest, pending: &PendingLogin) -> Result<FormPage, Problem> {
    let text = &request.text.second;
    let form = Form { title: text.form.title, intro: text.with_recovery_code, button: text.form.button };
    let usual = if pending.accepts(LoginFactor::Totp) { text.to_code } else { request.text.passkey.use_one };
    let url = pending.url(PAGE);
    Ok(request
        .form_page(request.layout(), &form, &url)?
        .with_hidden("with", Some("recovery_code".to_owned()))
        .with_field(FormField::recovery_code(request.text))
        .with_link(PageLink::new(usual, request.at(&url))))
}

fn usual_page(request: &PageRequest, pending: &PendingLogin) -> Result<FormPage, Problem> {
    let text = &request.text.second;
    let has_app = pending.accepts(LoginFactor::Totp);
    let (intro, button) = if has_app { (text.form.intro, text.form.button) } else { (text.with_passkey, "") };
    let form = Form { title: text.form.title, intro, button };
    let url = pending.url(PAGE);
    let mut page = request.form_page(request.layout(), &form, &url)?;
    if has_app {
        page = page.with_field(FormField::code(request.text));
    }
    if pending.accepts(LoginFactor::Passkey) {
        page = page.with_passkey(PasskeyButton {
            label: request.text.passkey.use_one,
            begin: "/login/second/passkey/begin",
            finish: "/login/second/passkey/finish",
            conditional: false,
            next: pending.next.clone().filter(|next| !is_stored(next)),
        });
    }
    if pending.accepts(LoginFactor::RecoveryCode) {
        let separator = if url.contains('?') { '&' } else { '?' };
        let target = format!("{url}{separator}with=recovery_code");
        page = page.with_link(PageLink::new(text.to_recovery_code, request.at(&target)));
    }
    Ok(page)
}
