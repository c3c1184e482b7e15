use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;
use serde::Deserialize;
use serde_json::json;

use super::{
    forms::shown_email,
    refusal::{show_refusal, show_stale_form},
};
use crate::{
    auth_client::AuthEndpoint,
    flash::FlashMessage,
    page_request::PageRequest,
    pages::{self, FormField, FormPage, NoticePage, PageLink, see_other},
    utf8_form::Utf8Form,
};

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgotForm {
    csrf: String,
    email: String,
}

/// `GET /forgot-password`.
pub(crate) async fn show(request: PageRequest) -> Result<HttpResponse, Problem> {
    form_page(&request, "")?.render()
}

/// `POST /forgot-password`: requests a link by e-mail, which is sent if the address belongs to an account.
pub(crate) async fn submit(
    request: PageRequest,
    Utf8Form(form): Utf8Form<ForgotForm>,
) -> Result<HttpResponse, Problem> {
    if !request.has_valid_csrf_token(&form.csrf) {
        return show_stale_form(form_page(&request, &form.email)?);
    }
    let body = json!({"email": form.email});
    let response = request.call_with_body(AuthEndpoint::PASSWORD_FORGOT, &body).await?;
    if let Some(refusal) = response.refusal() {
        return show_refusal(&request, form_page(&request, &form.email)?, &response, &refusal);
    }
    FlashMessage::only_email(shown_email(&form.email)).store(&request.session)?;
    Ok(see_other(&request.at("/forgot-password/sent")).finish())
}

/// `GET /forgot-password/sent`: the same for every address, so that it does not reveal who has an account.
pub(crate) async fn show_sent(request: PageRequest) -> Result<HttpResponse, Problem> {
    let layout = request.layout();
    let text = &request.text.forgot;
    let email = layout.flash.as_ref().and_then(|flash| flash.email.as_deref());
    pages::render(&NoticePage {
        title: text.sent_title,
        paragraphs: vec![(text.sent)(email)],
        hint: text.sent_hint,
        button: None,
        link: Some(PageLink::new(text.back, request.at("/login"))),
        layout,
    })
}

fn form_page(request: &PageRequest, email: &str) -> Result<FormPage, Problem> {
    let text = &request.text.forgot;
    let page = request.form_page(request.layout(), &text.form, "/forgot-password")?;
    Ok(page
        .with_field(FormField::email(request.text, email))
        .with_link(PageLink::new(text.back, request.at("/login"))))
}
