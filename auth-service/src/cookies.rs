//! What an answer does to the cookies of a browser beside what its handler does.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{StatusCode, header::SET_COOKIE},
    middleware::Next,
    web,
};

use drawbridge_http::{append_cookies, token_headers};

use crate::app::App;

/// Replaces a cookie of before (`COOKIE_PREVIOUS`) that has brought a good session, and makes a browser forget
/// several cookies of which not exactly one is good.
pub(crate) async fn mend<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let mut response = next.call(request).await?;
    if !response.headers().contains_key(SET_COOKIE) {
        let cookies = mended(&response).await;
        append_cookies(response.headers_mut(), cookies);
    }
    Ok(response)
}

async fn mended<B>(response: &ServiceResponse<B>) -> Vec<String> {
    let request = response.request();
    let Some(app) = request.app_data::<web::Data<App>>() else { return Vec::new() };
    let tokens = app.cookie.tokens(&token_headers(request.headers()));
    match (tokens.as_slice(), response.status()) {
        ([token], status)
            if status.is_success() && app.cookie.is_outdated(&token_headers(request.headers())) =>
        {
            let signed = app.verifier.check_signature(token).await;
            signed.map_or(Vec::new(), |signed| app.cookie.issue(token, signed.expires_at(), app.clock.now()))
        }
        ([_, _, ..], StatusCode::FORBIDDEN) => app.cookie.clear(),
        _ => Vec::new(),
    }
}
