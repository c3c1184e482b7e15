use actix_web::HttpResponse;
use drawbridge_guard::SignedIn;
use drawbridge_http::problem::{Code, Problem, status_of};
use serde::Deserialize;

use crate::{
    auth_client::AuthEndpoint,
    flash::FlashMessage,
    handlers::{
        refusal::{redirect_to_confirmation, show_refusal, show_stale_form},
        sign_in::leave_with_cookies,
    },
    page_request::PageRequest,
    pages::{AccountSection, FormField, FormPage, PageLink},
    utf8_form::Utf8Form,
};

const PAGE: &str = AccountSection::Delete.path();

/// The form.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeleteForm {
    csrf: String,
    /// Present if the checkbox is checked.
    sure: Option<String>,
}

/// `GET /account/delete`.
pub(crate) async fn show(request: PageRequest, person: SignedIn) -> Result<HttpResponse, Problem> {
    if !request.account().await?.is_confirmed(request.app.clock.now()) {
        return Ok(redirect_to_confirmation(&request, &request.at(PAGE)));
    }
    form_page(&request, &person)?.render()
}

/// `POST /account/delete`: deletes the account and removes the cookies.
pub(crate) async fn submit(
    request: PageRequest,
    person: SignedIn,
    Utf8Form(form): Utf8Form<DeleteForm>,
) -> Result<HttpResponse, Problem> {
    if !request.has_valid_csrf_token(&form.csrf) {
        return show_stale_form(form_page(&request, &person)?);
    }
    if form.sure.is_none() {
        let page = form_page(&request, &person)?.with_error("sure", request.text.delete.not_sure);
        return page.render_into(HttpResponse::build(status_of(Code::InvalidBody)));
    }
    let response = request.call(AuthEndpoint::DELETE_ME).await?;
    if let Some(refusal) = response.refusal() {
        return show_refusal(&request, form_page(&request, &person)?, &response, &refusal);
    }
    request.reset_session();
    FlashMessage::success(request.text.delete.done).store(&request.session)?;
    leave_with_cookies(&request, &response, "/")
}

fn form_page(request: &PageRequest, person: &SignedIn) -> Result<FormPage, Problem> {
    let text = request.text;
    let layout = request.layout().within(AccountSection::Delete);
    Ok(request
        .form_page(layout, &text.delete.form, PAGE)?
        .destructive()
        .with_field(FormField::read_only_email(text, text.field.email, &person.user.email))
        .with_field(FormField::checkbox(text, "sure", text.delete.sure, false))
        .with_link(PageLink::new(text.frame.cancel, request.at(AccountSection::Overview.path()))))
}
