//! Replaces and removes stale session cookies.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{StatusCode, header::SET_COOKIE},
    middleware::Next,
    web,
};
use drawbridge_http::{append_cookies, token_headers};
use drawbridge_verification::token::AcceptedTokens;

use crate::app::App;

/// Middleware that replaces a previous cookie (`COOKIE_PREVIOUS`) with the current one if its token is valid. If
/// several session cookies were sent and not exactly one of them is valid, it removes them all.
pub(crate) async fn replace_stale_cookies<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    if !response.headers().contains_key(SET_COOKIE) {
        let cookies = replacements(&response).await;
        append_cookies(response.headers_mut(), cookies);
    }
    Ok(response)
}

/// The cookies to set in place of the ones sent with the request.
async fn replacements<B>(response: &ServiceResponse<B>) -> Vec<String> {
    let request = response.request();
    let Some(app) = request.app_data::<web::Data<App>>() else { return Vec::new() };
    let headers = token_headers(request.headers());
    let tokens = app.cookie.tokens(&headers);
    match (tokens.as_slice(), response.status()) {
        ([token], status) if status.is_success() && app.cookie.is_outdated(&headers) => {
            let signed = app.verifier.check_signature(token, AcceptedTokens::Session).await;
            signed.map_or(Vec::new(), |signed| app.cookie.issue(token, signed.expires_at(), app.clock.now()))
        }
        ([_, _, ..], StatusCode::FORBIDDEN) => app.cookie.clear(),
        _ => Vec::new(),
    }
}
