use actix_web::HttpResponse;
use drawbridge_http::problem::{Code, Problem};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{
    mail_link::{LinkDetails, LinkQuery, look_up_link, show_invalid_link},
    refusal::{show_refusal, show_stale_form},
};
use crate::{
    auth_client::{AuthEndpoint, AuthRefusal, bodies::LinkPasswordBody},
    flash::FlashMessage,
    page_query::PageQuery,
    page_request::PageRequest,
    pages::{FormField, FormPage, PageLink, see_other},
    utf8_form::Utf8Form,
};

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResetForm {
    csrf: String,
    token: SecretString,
    password: SecretString,
}

/// `GET /reset-password?token=`: shows the form.
pub(crate) async fn show(
    request: PageRequest,
    PageQuery(query): PageQuery<LinkQuery>,
) -> Result<HttpResponse, Problem> {
    let response = look_up_link(&request, &query.token).await?;
    match response.refusal() {
        Some(refusal) => show_invalid(&request, &refusal),
        None => form_page(&request, &response.data()?, &query.token)?.render(),
    }
}

/// `POST /reset-password`: sets the new password.
pub(crate) async fn submit(
    request: PageRequest,
    Utf8Form(form): Utf8Form<ResetForm>,
) -> Result<HttpResponse, Problem> {
    let is_own_form = request.has_valid_csrf_token(&form.csrf);
    let response = look_up_link(&request, &form.token).await?;
    if let Some(refusal) = response.refusal() {
        return show_invalid(&request, &refusal);
    }
    let link: LinkDetails = response.data()?;
    if !is_own_form {
        return show_stale_form(form_page(&request, &link, &form.token)?);
    }
    let body = LinkPasswordBody { token: &form.token, password: &form.password };
    let response = request.call_with_body(AuthEndpoint::PASSWORD_RESET, &body).await?;
    match response.refusal() {
        Some(refusal) if refusal.is(Code::LinkInvalid) => show_invalid(&request, &refusal),
        Some(refusal) => {
            show_refusal(&request, form_page(&request, &link, &form.token)?, &response, &refusal)
        }
        None => {
            FlashMessage::success(request.text.reset.done).with_email(link.email).store(&request.session)?;
            Ok(see_other(&request.at("/login")).finish())
        }
    }
}

fn show_invalid(request: &PageRequest, refusal: &AuthRefusal) -> Result<HttpResponse, Problem> {
    show_invalid_link(
        request,
        refusal,
        PageLink::new(request.text.reset.ask_again, request.at("/forgot-password")),
    )
}

fn form_page(request: &PageRequest, link: &LinkDetails, token: &SecretString) -> Result<FormPage, Problem> {
    let text = request.text;
    Ok(request
        .form_page(request.layout(), &text.reset.form, "/reset-password")?
        .with_hidden("token", Some(token.expose_secret().to_owned()))
        .with_field(FormField::read_only_email(text, text.field.email, &link.email))
        .with_field(FormField::new_password(text, text.field.new_password)))
}
