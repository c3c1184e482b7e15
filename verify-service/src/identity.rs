//! The response to a gateway for a valid token: the user in headers, and a new token if one is due.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
};
use drawbridge_http::{request_id::RequestId, token_headers};
use drawbridge_verification::{Grant, user_record::UserRecord};

use crate::{app::App, verdict::is_renewal_due};

/// The user's ID.
const USER_ID: HeaderName = HeaderName::from_static("x-auth-user-id");

/// The user's e-mail address, in UTF-8.
const EMAIL: HeaderName = HeaderName::from_static("x-auth-email");

/// The user's roles, separated by commas.
const ROLES: HeaderName = HeaderName::from_static("x-auth-roles");

/// The response with the user in headers.
pub(crate) fn response(user: &UserRecord) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::OK);
    insert_headers(response.headers_mut(), user);
    response
}

/// Like [`response`], with a new token in a cookie if the old one is past half its lifetime.
pub(crate) async fn response_with_renewal(
    app: &App,
    request: &HttpRequest,
    grant: &Grant,
    request_id: Option<&RequestId>,
) -> HttpResponse {
    let mut response = response(grant.record());
    if let Some(renewal) = app.renewal.as_ref().filter(|_| is_renewal_due(app, grant))
        && let [token] = app.cookie.tokens(&token_headers(request.headers())).as_slice()
    {
        renewal.renew(grant.session().id, token, request_id, response.headers_mut()).await;
    }
    response
}

/// Inserts all three headers, even if a value is empty: the gateway then replaces whatever a client has sent
/// in them.
fn insert_headers(headers: &mut HeaderMap, user: &UserRecord) {
    headers.insert(USER_ID, header_value(&user.id.to_string()));
    headers.insert(EMAIL, header_value(&user.email));
    headers.insert(ROLES, header_value(&user.roles.join(",")));
}

/// A header value; empty if the text contains a control character, which no address or role contains.
fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_bytes(text.as_bytes()).unwrap_or(HeaderValue::from_static(""))
}
