//! What a response to a gateway says about the user: identity headers, and a new token if one is due.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
};
use drawbridge_http::{
    identity_headers::{ROLES, ROLES_OMITTED, roles_value},
    problem::Problem,
    request_id::RequestId,
    token_headers,
};
use drawbridge_verification::{Grant, Refusal, user_record::UserRecord};

use crate::{app::App, verdict::is_renewal_due};

/// Whether the client is signed in: `signed-in`, `anonymous`, or `unknown` during an outage.
const STATUS: &str = "x-auth-status";

/// The user's ID.
const USER_ID: &str = "x-auth-user-id";

/// The user's e-mail address, in UTF-8.
const EMAIL: &str = "x-auth-email";

/// Whether the user has proved that the address is theirs: `true` or `false`.
const EMAIL_VERIFIED: &str = "x-auth-email-verified";

/// Names and values of headers.
type Headers = [(&'static str, &'static str); 6];

/// The identity headers of a client without a session.
pub(crate) const ANONYMOUS: &Headers = &without_user("anonymous");

/// The identity headers while an outage keeps this service from finding out whether there is a session.
const UNKNOWN: &Headers = &without_user("unknown");

/// All identity headers. The empty ones replace whatever a client has sent in them.
const fn without_user(status: &'static str) -> Headers {
    [(STATUS, status), (USER_ID, ""), (EMAIL, ""), (EMAIL_VERIFIED, ""), (ROLES, ""), (ROLES_OMITTED, "")]
}

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

/// The problem for a request without a valid session (401), or for an outage (503).
pub(crate) fn refusal_problem(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Unavailable(_) => Problem::from(refusal).with_headers(UNKNOWN),
        _ => Problem::from(refusal).as_unauthorized().with_headers(ANONYMOUS),
    }
}

/// The response to a request without a valid session for a page that everyone may see.
pub(crate) fn response_without_user(refusal: &Refusal) -> HttpResponse {
    let headers = if matches!(refusal, Refusal::Unavailable(_)) { UNKNOWN } else { ANONYMOUS };
    let mut response = HttpResponse::Ok();
    for header in headers {
        response.insert_header(*header);
    }
    response.finish()
}

/// Inserts all identity headers, even if a value is empty: the gateway then replaces whatever a client has
/// sent in them.
fn insert_headers(headers: &mut HeaderMap, user: &UserRecord) {
    let verified = if user.email_verified {
        const { HeaderValue::from_static("true") }
    } else {
        const { HeaderValue::from_static("false") }
    };
    headers
        .insert(const { HeaderName::from_static(STATUS) }, const { HeaderValue::from_static("signed-in") });
    headers.insert(const { HeaderName::from_static(USER_ID) }, header_value(user.id.to_string()));
    headers.insert(const { HeaderName::from_static(EMAIL) }, header_value(user.email.clone()));
    headers.insert(const { HeaderName::from_static(EMAIL_VERIFIED) }, verified);
    let nothing = HeaderValue::from_static("");
    let (roles, omitted) = match roles_value(&user.roles) {
        Some(roles) => (header_value(roles), nothing),
        None => (nothing, HeaderValue::from_static("true")),
    };
    headers.insert(const { HeaderName::from_static(ROLES) }, roles);
    headers.insert(const { HeaderName::from_static(ROLES_OMITTED) }, omitted);
}

/// A header value; empty if the text contains a control character, which no address or role contains.
fn header_value(text: String) -> HeaderValue {
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static(""))
}
