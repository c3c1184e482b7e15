use actix_web::HttpResponse;
use drawbridge_guard::SignedIn;
use drawbridge_http::problem::Problem;
use secrecy::SecretString;
use serde::Deserialize;

use crate::{
    auth_client::{AuthEndpoint, bodies::PasswordChangeBody},
    handlers::refusal::{show_refusal, show_stale_form},
    page_request::PageRequest,
    pages::{AccountSection, FormField, FormPage},
    utf8_form::Utf8Form,
};

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordForm {
    csrf: String,
    current: SecretString,
    password: SecretString,
    /// Present if the checkbox is checked.
    end_others: Option<String>,
}

/// `GET /account/password`.
pub(crate) async fn show(request: PageRequest, person: SignedIn) -> Result<HttpResponse, Problem> {
    form_page(&request, &person, true)?.render()
}

/// `POST /account/password`: changes the password and, if the user wishes, signs out all other devices.
pub(crate) async fn submit(
    request: PageRequest,
    person: SignedIn,
    Utf8Form(form): Utf8Form<PasswordForm>,
) -> Result<HttpResponse, Problem> {
    let end_others = form.end_others.is_some();
    if !request.has_valid_csrf_token(&form.csrf) {
        return show_stale_form(form_page(&request, &person, end_others)?);
    }
    let body = PasswordChangeBody { current: &form.current, new: &form.password, end_others };
    let response = request.call_with_body(AuthEndpoint::PASSWORD, &body).await?;
    match response.refusal() {
        Some(refusal) => {
            show_refusal(&request, form_page(&request, &person, end_others)?, &response, &refusal)
        }
        None => request
            .redirect_with_message(request.text.password.done, &request.at(AccountSection::Overview.path())),
    }
}

fn form_page(request: &PageRequest, person: &SignedIn, end_others: bool) -> Result<FormPage, Problem> {
    let text = request.text;
    let layout = request.layout().within(AccountSection::Password);
    Ok(request
        .form_page(layout, &text.password.form, AccountSection::Password.path())?
        .with_field(FormField::read_only_email(text, text.field.email, &person.user.email))
        .with_field(FormField::current_password(text, text.field.current_password))
        .with_field(FormField::new_password(text, text.field.new_password))
        .with_field(FormField::checkbox(text, "end_others", text.password.end_others, end_others)))
}
