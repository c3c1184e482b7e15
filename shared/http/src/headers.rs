//! Converts Actix headers to and from the types of `drawbridge-cookies`.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use drawbridge_cookies::session_cookie::TokenHeaders;

/// The values of all `Cookie` fields.
pub fn cookie_fields(headers: &HeaderMap) -> impl Iterator<Item = &[u8]> + Clone {
    headers.get_all(header::COOKIE).map(HeaderValue::as_bytes)
}

/// The headers that can carry a session token.
pub fn token_headers(headers: &HeaderMap) -> TokenHeaders<'_, impl Iterator<Item = &[u8]> + Clone> {
    TokenHeaders {
        authorization: headers.get(header::AUTHORIZATION).map(HeaderValue::as_bytes),
        cookies: cookie_fields(headers),
    }
}

/// One `Set-Cookie` field for each cookie. A value with a control character is left out, because none of our
/// cookies contains one.
pub fn cookie_headers(
    cookies: impl IntoIterator<Item = String>,
) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
    cookies.into_iter().filter_map(|cookie| Some((header::SET_COOKIE, HeaderValue::try_from(cookie).ok()?)))
}

/// Adds the fields of [`cookie_headers`] to a response.
pub fn append_cookies(headers: &mut HeaderMap, cookies: impl IntoIterator<Item = String>) {
    for (name, value) in cookie_headers(cookies) {
        headers.append(name, value);
    }
}
