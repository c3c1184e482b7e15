//! Who somebody is, in the headers that a gateway hands on to what stands behind it.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use drawbridge_verification::user_record::UserRecord;

/// The user's id.
pub(crate) const USER_ID: HeaderName = HeaderName::from_static("x-auth-user-id");

/// The user's address, in UTF-8.
pub(crate) const EMAIL: HeaderName = HeaderName::from_static("x-auth-email");

/// The user's roles, separated by commas.
pub(crate) const ROLES: HeaderName = HeaderName::from_static("x-auth-roles");

/// Writes all three, empty where there is nothing to say, so that what a client sent by the same
/// names never stays.
pub(crate) fn write(headers: &mut HeaderMap, user: &UserRecord) {
    headers.insert(USER_ID, value(&user.id.to_string()));
    headers.insert(EMAIL, value(&user.email));
    headers.insert(ROLES, value(&user.roles.join(",")));
}

/// A text as a header's value. A control character, which no address or role has, would make it none.
fn value(text: &str) -> HeaderValue {
    HeaderValue::from_bytes(text.as_bytes()).unwrap_or(HeaderValue::from_static(""))
}
