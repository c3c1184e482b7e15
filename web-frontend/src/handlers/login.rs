use actix_web::{HttpResponse, web};
use drawbridge_http::problem::Problem;

use super::{
    forms::{CredentialsForm, NextQuery},
    passkey,
    refusal::{show_refusal, show_stale_form},
    sign_in::continue_sign_in,
};
use crate::{
    auth_client::{AuthEndpoint, bodies::PasswordLoginBody},
    page_query::PageQuery,
    page_request::PageRequest,
    pages::{FormField, FormPage, PageLink, PasskeyButton},
    utf8_form::Utf8Form,
};

/// `GET /login`: shows the form, unless the visitor is already signed in.
pub(crate) async fn show(
    request: PageRequest,
    PageQuery(query): PageQuery<NextQuery>,
) -> Result<HttpResponse, Problem> {
    let next = request.return_target(query.next.as_deref()).await;
    if let Some(redirect) = request.redirect_if_signed_in(next.as_deref()).await {
        return Ok(redirect);
    }
    form_page(&request, None, next)?.render()
}

/// `POST /login`: signs in and returns to the requested page, or continues with the second step.
pub(crate) async fn submit(
    request: PageRequest,
    Utf8Form(form): Utf8Form<CredentialsForm>,
) -> Result<HttpResponse, Problem> {
    let next = request.return_target(form.next.as_deref()).await;
    if !request.has_valid_csrf_token(&form.csrf) {
        if let Some(redirect) = request.redirect_if_signed_in(next.as_deref()).await {
            return Ok(redirect);
        }
        return show_stale_form(form_page(&request, Some(&form.email), next)?);
    }
    let body = PasswordLoginBody { email: &form.email, password: &form.password };
    let response = request.call_with_body(AuthEndpoint::LOGIN, &body).await?;
    match response.refusal() {
        Some(refusal) => {
            show_refusal(&request, form_page(&request, Some(&form.email), next)?, &response, &refusal)
        }
        None => continue_sign_in(&request, &response, next, &form.email),
    }
}

/// `POST /login/passkey/begin`.
pub(crate) async fn begin_passkey(request: PageRequest) -> Result<HttpResponse, Problem> {
    passkey::begin(&request, AuthEndpoint::LOGIN_PASSKEY_BEGIN, None).await
}

/// `POST /login/passkey/finish`: signs in.
pub(crate) async fn finish_passkey(
    request: PageRequest,
    body: web::Json<passkey::CeremonyResult>,
) -> Result<HttpResponse, Problem> {
    let next = request.return_target(body.next.as_deref()).await;
    let response = passkey::finish(&request, AuthEndpoint::LOGIN_PASSKEY_FINISH, &body, None).await?;
    if let Some(refusal) = response.refusal() {
        return Ok(passkey::refuse(&request, &response, &refusal, &request.at("/login")));
    }
    request.reset_session();
    Ok(passkey::proceed(&request, &response, next.as_deref()))
}

fn form_page(request: &PageRequest, email: Option<&str>, next: Option<String>) -> Result<FormPage, Problem> {
    let text = request.text;
    let layout = request.layout();
    let email = email.map(str::to_owned).or_else(|| layout.flash.as_ref()?.email.clone()).unwrap_or_default();
    let register_path = match &next {
        Some(next) => request.login_path(Some(next)).replacen("/login", "/register", 1),
        None => request.at("/register"),
    };
    let mut page = request.form_page(layout, &text.sign_in.form, "/login")?;
    if let Some(next) = &next {
        page = page.with_paragraph((text.sign_in.next)(next)).returning_to(next);
    }
    Ok(page
        .with_hidden("next", next.clone())
        .with_field(FormField::email_or_passkey(text, &email))
        .with_field(FormField::password(text))
        .with_passkey(PasskeyButton {
            label: text.passkey.sign_in,
            begin: "/login/passkey/begin",
            finish: "/login/passkey/finish",
            conditional: true,
            next,
        })
        .with_link(PageLink::new(text.sign_in.forgot, request.at("/forgot-password")))
        .with_link(PageLink::new(text.frame.sign_up, register_path).after(text.sign_in.no_account)))
}
