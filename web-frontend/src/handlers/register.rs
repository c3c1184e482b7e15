use actix_web::{HttpResponse, http::StatusCode};
use drawbridge_http::problem::Problem;

use super::{
    forms::{CredentialsForm, NextQuery, shown_email},
    refusal::{show_refusal, show_stale_form},
};
use crate::{
    auth_client::{AuthEndpoint, AuthResponse, bodies::RegistrationBody},
    flash::FlashMessage,
    page_query::PageQuery,
    page_request::PageRequest,
    pages::{self, FormField, FormPage, NoticePage, PageLink, see_other},
    utf8_form::Utf8Form,
};

/// `GET /register`: shows the form, unless the visitor is already signed in.
pub(crate) async fn show(
    request: PageRequest,
    PageQuery(query): PageQuery<NextQuery>,
) -> Result<HttpResponse, Problem> {
    let next = request.return_target(query.next.as_deref()).await;
    if let Some(redirect) = request.redirect_if_signed_in(next.as_deref()).await {
        return Ok(redirect);
    }
    form_page(&request, "", next)?.render()
}

/// `POST /register`: creates the account. Continues with the sign-in page, or with a hint to check the inbox.
pub(crate) async fn submit(
    request: PageRequest,
    Utf8Form(form): Utf8Form<CredentialsForm>,
) -> Result<HttpResponse, Problem> {
    let next = request.return_target(form.next.as_deref()).await;
    if !request.has_valid_csrf_token(&form.csrf) {
        if let Some(redirect) = request.redirect_if_signed_in(next.as_deref()).await {
            return Ok(redirect);
        }
        return show_stale_form(form_page(&request, &form.email, next)?);
    }
    let body = RegistrationBody { email: &form.email, password: &form.password, next: next.as_deref() };
    let response = request.call_with_body(AuthEndpoint::REGISTER, &body).await?;
    if let Some(refusal) = response.refusal() {
        return show_refusal(&request, form_page(&request, &form.email, next)?, &response, &refusal);
    }
    if response.status == StatusCode::ACCEPTED {
        FlashMessage::only_email(shown_email(&form.email)).store(&request.session)?;
        return Ok(see_other(&request.at("/register/sent")).finish());
    }
    FlashMessage::success(request.text.register.ready)
        .with_email(stored_email(&response))
        .store(&request.session)?;
    Ok(see_other(&request.login_path(next.as_deref())).finish())
}

/// `GET /register/sent`: tells the visitor to check their inbox, whether or not the address was already in
/// use.
pub(crate) async fn show_sent(request: PageRequest) -> Result<HttpResponse, Problem> {
    let layout = request.layout();
    let text = &request.text.register;
    let email = layout.flash.as_ref().and_then(|flash| flash.email.as_deref());
    pages::render(&NoticePage {
        title: text.sent_title,
        paragraphs: vec![(text.sent)(email)],
        hint: text.sent_hint,
        button: None,
        link: Some(PageLink::new(request.text.frame.sign_in, request.at("/login")).after(text.have_account)),
        layout,
    })
}

/// The address as auth-service has stored it. What the visitor typed can be longer than a cookie may be.
fn stored_email(response: &AuthResponse) -> &str {
    response.body.pointer("/data/user/email").and_then(|email| email.as_str()).unwrap_or_default()
}

fn form_page(request: &PageRequest, email: &str, next: Option<String>) -> Result<FormPage, Problem> {
    let text = request.text;
    let login_path = request.login_path(next.as_deref());
    let mut page = request.form_page(request.layout(), &text.register.form, "/register")?;
    if let Some(next) = &next {
        page = page.returning_to(next);
    }
    Ok(page
        .with_hidden("next", next)
        .with_field(FormField::email(text, email))
        .with_field(FormField::new_password(text, text.field.password))
        .with_link(PageLink::new(text.frame.sign_in, login_path).after(text.register.have_account)))
}
