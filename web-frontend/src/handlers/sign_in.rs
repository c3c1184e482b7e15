//! What follows a successful step of a sign-in.

use actix_web::{HttpResponse, http::StatusCode};
use drawbridge_http::problem::Problem;

use crate::{
    auth_client::AuthResponse,
    page_request::{DEFAULT_PAGE, PageRequest},
    pages::see_other,
    pending_login::PendingLogin,
};

/// Continues after a correct password: with the second step if one is needed, else to `next`.
pub(super) fn continue_sign_in(
    request: &PageRequest,
    response: &AuthResponse,
    next: Option<String>,
    email: &str,
) -> Result<HttpResponse, Problem> {
    if response.status == StatusCode::ACCEPTED {
        let pending = PendingLogin { next, email: email.to_owned(), ..response.data()? };
        pending.store(&request.session)?;
        return Ok(see_other(pending.next_page()).finish());
    }
    Ok(finish_sign_in(request, response, next.as_deref()))
}

/// Sets the session cookie and redirects to `next`.
pub(super) fn finish_sign_in(
    request: &PageRequest,
    response: &AuthResponse,
    next: Option<&str>,
) -> HttpResponse {
    request.reset_session();
    redirect_with_cookies(response, next.unwrap_or(DEFAULT_PAGE))
}

/// Redirects to `path` and sets the cookies of auth-service's response.
pub(super) fn redirect_with_cookies(response: &AuthResponse, path: &str) -> HttpResponse {
    let mut redirect = see_other(path);
    response.add_cookies(&mut redirect);
    redirect.finish()
}
