//! The heads of forwarded requests and responses.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode, Version,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
};
use drawbridge_cookies::confine;
use drawbridge_http::{
    problem::{Code, Problem},
    request_id::{REQUEST_ID, RequestId},
};
use reqwest::{Client, RequestBuilder, Url};

use super::identity::UpstreamIdentity;
use crate::{
    app::App,
    own_cookies::is_own_cookie,
    upstreams::{
        Upstream,
        headers::{
            RedirectSource, is_forwarded_to_client, is_forwarded_to_upstream, rewrite_location,
            upstream_cookies,
        },
    },
};

/// Says whether the client is signed in.
const AUTH_STATUS: &str = "x-auth-status";

/// Carries the access token, also if the client sends an `Authorization` of its own.
const AUTH_TOKEN: &str = "x-auth-token";

/// The request to the upstream, without its body.
pub(super) fn request_head(
    app: &App,
    request: &HttpRequest,
    client: &Client,
    url: Url,
    identity: &UpstreamIdentity,
) -> Result<RequestBuilder, Problem> {
    let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes())
        .map_err(|_| Problem::new(Code::BadRequest, "The method is invalid."))?;
    let mut outgoing = client.request(method, url);
    let mut has_own_authorization = false;
    for (name, value) in request.headers() {
        // A length without a body would make the upstream read the next request as the body.
        let is_stray_length = name == header::CONTENT_LENGTH && !has_body(request);
        let is_forwarded = is_forwarded_to_upstream(name, request.headers());
        let is_session =
            name == header::AUTHORIZATION && !identity.is_own_authorization(value, &app.audience);
        has_own_authorization |= name == header::AUTHORIZATION && !is_session;
        if is_forwarded && name != header::COOKIE && !is_stray_length && !is_session {
            outgoing = outgoing.header(name.as_str(), value.as_bytes());
        }
    }
    let cookies = upstream_cookies(request.headers(), |name| is_own_cookie(&app.cookie, name));
    if let Some(cookies) = cookies {
        outgoing = outgoing.header(header::COOKIE.as_str(), cookies.as_bytes());
    }
    outgoing = outgoing.header(AUTH_STATUS, identity.status.as_str());
    if let Some(token) = &identity.access_token {
        outgoing = outgoing.header(AUTH_TOKEN, token.text());
        if !has_own_authorization {
            outgoing = outgoing.bearer_auth(token.text());
        }
    }
    if let Some(id) = RequestId::of(request) {
        outgoing = outgoing.header(REQUEST_ID.as_str(), id.as_str());
    }
    let scheme = if app.frontend_origin.is_https() { "https" } else { "http" };
    Ok(outgoing
        .header("x-forwarded-for", app.client_address(request).to_string())
        .header("x-forwarded-host", app.frontend_origin.authority())
        .header("x-forwarded-proto", scheme))
}

/// The response to the client, without its body.
pub(super) fn response_head(
    app: &App,
    upstream: &Upstream,
    requested: &Url,
    received: &reqwest::Response,
) -> HttpResponse {
    let status = StatusCode::from_u16(received.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::new(status);
    let headers = actix_headers(received.headers());
    let source = RedirectSource { prefix: &upstream.prefix, target: &upstream.target, requested };
    for (name, value) in headers.iter().filter(|(name, _)| is_forwarded_to_client(name, &headers)) {
        let value = if name == header::SET_COOKIE {
            confine_cookie(app, upstream, value)
        } else if name == header::LOCATION {
            rewrite_location(value, &source)
        } else {
            Some(value.clone())
        };
        if let Some(value) = value {
            response.headers_mut().append(name.clone(), value);
        }
    }
    response
}

fn confine_cookie(app: &App, upstream: &Upstream, set_cookie: &HeaderValue) -> Option<HeaderValue> {
    let text = str::from_utf8(set_cookie.as_bytes()).ok()?;
    let is_own = |name: &str| is_own_cookie(&app.cookie, name);
    let confined = confine(text, &upstream.prefix, app.cookie.is_secure(), is_own)?;
    HeaderValue::from_bytes(confined.as_bytes()).ok()
}

/// Converts headers from the HTTP client's types to those of the server.
fn actix_headers(received: &reqwest::header::HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in received {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}

/// Returns true if a request asks for a WebSocket (RFC 6455, 4.1). Any other `Upgrade` concerns this
/// connection only and is dropped, as a server may always do (RFC 9110, 7.8).
pub(super) fn is_websocket_upgrade(request: &HttpRequest) -> bool {
    let lists = |name: HeaderName, wanted: &str| {
        let values = request.headers().get_all(name).filter_map(|value| value.to_str().ok());
        values.flat_map(|list| list.split(',')).any(|word| word.trim().eq_ignore_ascii_case(wanted))
    };
    *request.method() == Method::GET
        && !has_body(request)
        && lists(header::CONNECTION, "upgrade")
        && lists(header::UPGRADE, "websocket")
}

/// Returns true if a request can have a body.
pub(super) fn has_body(request: &HttpRequest) -> bool {
    let has = |name: HeaderName| request.headers().contains_key(name);
    has(header::CONTENT_LENGTH) || has(header::TRANSFER_ENCODING) || request.version() == Version::HTTP_2
}
