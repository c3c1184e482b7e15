use actix_web::HttpResponse;
use drawbridge_guard::SignedIn;
use drawbridge_http::problem::Problem;
use serde::Deserialize;
use serde_json::json;

use crate::{
    auth_client::{AuthEndpoint, bodies::EmptyBody},
    handlers::{
        forms::{ButtonForm, shown_email},
        refusal::{
            redirect_after_stale_form, redirect_to_confirmation, redirect_with_refusal, show_refusal,
            show_stale_form,
        },
    },
    page_request::PageRequest,
    pages::{self, AccountSection, FormField, FormPage, NoticePage, PageLink},
    utf8_form::Utf8Form,
};

const PAGE: &str = AccountSection::Email.path();
const OVERVIEW: &str = AccountSection::Overview.path();

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EmailForm {
    csrf: String,
    email: String,
}

/// `GET /account/email`.
pub(crate) async fn show(request: PageRequest, person: SignedIn) -> Result<HttpResponse, Problem> {
    let account = request.account().await?;
    if !account.mail {
        return pages::render(&NoticePage {
            layout: request.layout().within(AccountSection::Email),
            title: request.text.email.form.title,
            paragraphs: vec![request.text.email.no_mail.to_owned()],
            hint: "",
            button: None,
            link: Some(PageLink::new(request.text.overview.title, request.at(OVERVIEW))),
        });
    }
    if !account.is_confirmed(request.app.clock.now()) {
        return Ok(redirect_to_confirmation(&request, &request.at(PAGE)));
    }
    form_page(&request, &person, "")?.render()
}

/// `POST /account/email`: sends a link to the new address. The address changes when the link is used.
pub(crate) async fn submit(
    request: PageRequest,
    person: SignedIn,
    Utf8Form(form): Utf8Form<EmailForm>,
) -> Result<HttpResponse, Problem> {
    if !request.has_valid_csrf_token(&form.csrf) {
        return show_stale_form(form_page(&request, &person, &form.email)?);
    }
    let response = request.call_with_body(AuthEndpoint::EMAIL, &json!({"email": form.email})).await?;
    match response.refusal() {
        Some(refusal) => {
            show_refusal(&request, form_page(&request, &person, &form.email)?, &response, &refusal)
        }
        None => {
            let message = (request.text.email.done)(&shown_email(&form.email));
            request.redirect_with_message(message, &request.at(OVERVIEW))
        }
    }
}

/// `POST /account/email/resend`: sends the link that confirms the current address again.
pub(crate) async fn resend(
    request: PageRequest,
    Utf8Form(form): Utf8Form<ButtonForm>,
) -> Result<HttpResponse, Problem> {
    if !request.has_valid_csrf_token(&form.csrf) {
        return redirect_after_stale_form(&request, &request.at(OVERVIEW));
    }
    let response = request.call_with_body(AuthEndpoint::EMAIL_RESEND, &EmptyBody {}).await?;
    match response.refusal() {
        Some(refusal) => redirect_with_refusal(&request, &refusal, &request.at(OVERVIEW)),
        None => request.redirect_with_message(request.text.overview.resent, &request.at(OVERVIEW)),
    }
}

fn form_page(request: &PageRequest, person: &SignedIn, email: &str) -> Result<FormPage, Problem> {
    let text = request.text;
    let layout = request.layout().within(AccountSection::Email);
    Ok(request
        .form_page(layout, &text.email.form, PAGE)?
        .with_field(FormField::read_only_email(text, text.email.present, &person.user.email))
        .with_field(FormField::new_email(text, email)))
}
