use actix_web::HttpResponse;
use drawbridge_http::problem::Problem;

use super::{forms::ButtonForm, refusal::show_stale_form, sign_in::leave_with_cookies};
use crate::{
    auth_client::AuthEndpoint,
    flash::FlashMessage,
    page_request::PageRequest,
    pages::{FormPage, PageLink},
    utf8_form::Utf8Form,
};

/// `GET /logout`: asks for confirmation, since a link alone must not sign anyone out.
pub(crate) async fn show(request: PageRequest) -> Result<HttpResponse, Problem> {
    form_page(&request).await?.render()
}

/// `POST /logout`: ends the session and removes the cookie.
pub(crate) async fn submit(
    request: PageRequest,
    Utf8Form(form): Utf8Form<ButtonForm>,
) -> Result<HttpResponse, Problem> {
    if !request.has_valid_csrf_token(&form.csrf) {
        return show_stale_form(form_page(&request).await?);
    }
    let response = request.call(AuthEndpoint::LOGOUT).await?;
    // A refused token is no session here. Its cookie is removed, and the browser is signed out.
    if let Some(refusal) = response.refusal().filter(|refusal| !refusal.is_about_token()) {
        let cause = format!("auth-service answered {}", refusal.code);
        return Err(Problem::unavailable(request.text.logout.not_now, cause));
    }
    request.reset_session();
    FlashMessage::success(request.text.logout.done).store(&request.session)?;
    leave_with_cookies(&request, &response, "/")
}

async fn form_page(request: &PageRequest) -> Result<FormPage, Problem> {
    let text = &request.text.logout;
    let page = request.form_page(request.public_layout().await, &text.form, "/logout")?;
    Ok(page.with_link(PageLink::new(text.stay, "/")))
}
