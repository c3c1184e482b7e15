//! What follows a successful step of a sign-in.

use actix_web::{HttpResponse, http::StatusCode};
use drawbridge_http::problem::Problem;

use super::forms::shown_email;
use crate::{
    auth_client::AuthResponse, page_request::PageRequest, pages::see_other, pending_login::PendingLogin,
};

/// Continues after a correct password: with the second step if one is needed, else to `next`.
pub(super) fn continue_sign_in(
    request: &PageRequest,
    response: &AuthResponse,
    next: Option<String>,
    email: &str,
) -> Result<HttpResponse, Problem> {
    if response.status == StatusCode::ACCEPTED {
        let pending = PendingLogin { next, email: shown_email(email), ..response.data()? };
        pending.store(&request.session)?;
        return Ok(see_other(&request.at(&pending.next_page())).finish());
    }
    finish_sign_in(request, response, next.as_deref())
}

/// Sets the session cookie and goes to `next`.
pub(super) fn finish_sign_in(
    request: &PageRequest,
    response: &AuthResponse,
    next: Option<&str>,
) -> Result<HttpResponse, Problem> {
    request.reset_session();
    leave_with_cookies(request, response, next.unwrap_or(request.default_page()))
}

/// Goes to `target` and sets the cookies of auth-service's response.
pub(super) fn leave_with_cookies(
    request: &PageRequest,
    response: &AuthResponse,
    target: &str,
) -> Result<HttpResponse, Problem> {
    request.leave_form(target, response.clone().into_cookies())
}
