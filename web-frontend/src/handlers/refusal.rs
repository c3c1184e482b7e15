//! What pages do with a form that is refused.

use actix_web::HttpResponse;
use drawbridge_http::problem::{Code, Problem, status_of};

use crate::{
    auth_client::{AuthRefusal, AuthResponse},
    page_request::PageRequest,
    pages::{FormPage, see_other},
};

/// Shows the form again with the reason why auth-service refused it, or asks the user to confirm their
/// identity.
pub(super) fn show_refusal(
    request: &PageRequest,
    page: FormPage,
    response: &AuthResponse,
    refusal: &AuthRefusal,
) -> Result<HttpResponse, Problem> {
    if refusal.is(Code::ConfirmationRequired) {
        return Ok(redirect_to_confirmation(request, &page.layout.current_path));
    }
    let field = field_with_error(&refusal.code);
    let is_wrong_password = field == "current" && page.has_field(field);
    let message =
        if is_wrong_password { request.text.password.wrong.to_owned() } else { request.explain(refusal) };
    page.with_error(field, message).render_into(response.response_head())
}

/// Redirects to `path`, where the reason for the refusal is shown, or asks the user to confirm their
/// identity.
pub(super) fn redirect_with_refusal(
    request: &PageRequest,
    refusal: &AuthRefusal,
    path: &str,
) -> Result<HttpResponse, Problem> {
    if refusal.is(Code::ConfirmationRequired) {
        return Ok(redirect_to_confirmation(request, path));
    }
    request.redirect_with_error(request.explain(refusal), path)
}

/// Shows a form again that was submitted without a valid CSRF token.
pub(super) fn show_stale_form(page: FormPage) -> Result<HttpResponse, Problem> {
    let message = page.layout.text.problem.stale_form;
    page.with_error("", message).render_into(HttpResponse::build(status_of(Code::StaleForm)))
}

/// Redirects to `path` after a form that was submitted without a valid CSRF token.
pub(super) fn redirect_after_stale_form(request: &PageRequest, path: &str) -> Result<HttpResponse, Problem> {
    request.redirect_with_error(request.text.problem.stale_form, path)
}

/// Redirects to the page where users confirm their identity, which returns to `next`.
pub(super) fn redirect_to_confirmation(request: &PageRequest, next: &str) -> HttpResponse {
    see_other(&confirmation_path(request, next)).finish()
}

/// The path of the page where users confirm their identity.
pub(super) fn confirmation_path(request: &PageRequest, next: &str) -> String {
    request.at(&format!("/account/confirm?next={next}"))
}

/// The name of the form field that an error code is about; empty if it is about none.
fn field_with_error(code: &str) -> &'static str {
    match code {
        "invalid_email" | "email_taken" => "email",
        "password_too_short" | "password_too_long" | "password_too_common" | "password_leaked" => "password",
        "invalid_credentials" => "current",
        "invalid_code" | "second_factor_required" => "code",
        "invalid_name" => "name",
        _ => "",
    }
}
