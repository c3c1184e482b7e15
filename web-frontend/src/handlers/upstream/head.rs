//! The heads of forwarded requests and responses.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Method, StatusCode, Version,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
};
use drawbridge_cookies::{Confinement, UpstreamPaths};
use drawbridge_http::{
    OwnCaching,
    problem::{Code, Problem},
    request_id::{REQUEST_ID, RequestId},
    upstream_urls::{UrlSource, rewrite_header},
};
use reqwest::{Client, RequestBuilder, Url};

use super::{identity::UpstreamIdentity, identity_headers::identity_headers};
use crate::{
    app::App,
    own_cookies::is_own_cookie,
    upstreams::{
        Upstream,
        headers::{is_forwarded_to_client, is_forwarded_to_upstream, upstream_cookies},
        is_own_page,
    },
};

/// Says whether the client is signed in.
const AUTH_STATUS: &str = "x-auth-status";

/// Carries the access token, also if the client sends an `Authorization` of its own.
const AUTH_TOKEN: &str = "x-auth-token";

/// Names the public path of the upstream, for frameworks that write URLs with it.
const FORWARDED_PREFIX: &str = "x-forwarded-prefix";

/// The request to the upstream, without its body.
pub(super) fn request_head(
    app: &App,
    upstream: &Upstream,
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
    if upstream.is_application()
        && let Some(verified) = &identity.verified
    {
        for (name, value) in identity_headers(verified) {
            outgoing = outgoing.header(name, value.as_bytes());
        }
    }
    if let Some(token) = &identity.access_token {
        outgoing = outgoing.header(AUTH_TOKEN, token.text());
        if !has_own_authorization {
            outgoing = outgoing.bearer_auth(token.text());
        }
    }
    if let Some(id) = RequestId::of(request) {
        outgoing = outgoing.header(REQUEST_ID.as_str(), id.as_str());
    }
    if upstream.sends_public_host() {
        outgoing = outgoing.header(header::HOST.as_str(), app.frontend_origin.authority());
    }
    if !upstream.prefix.is_empty() {
        outgoing = outgoing.header(FORWARDED_PREFIX, &upstream.prefix);
    }
    let scheme = if app.frontend_origin.is_https() { "https" } else { "http" };
    Ok(outgoing
        .header("x-forwarded-for", app.client_address(request).to_string())
        .header("x-forwarded-host", app.frontend_origin.authority())
        .header("x-forwarded-proto", scheme))
}

/// The response to the client, without its body.
///
/// # Errors
/// The upstream redirects to a path that no public path leads to.
pub(super) fn response_head(
    app: &App,
    upstream: &Upstream,
    requested: &Url,
    received: &reqwest::Response,
) -> Result<HttpResponse, Problem> {
    let status = StatusCode::from_u16(received.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::new(status);
    let headers = actix_headers(received.headers());
    let paths = upstream_paths(upstream);
    let source = UrlSource {
        paths,
        target: &upstream.target,
        requested,
        public_origin: &app.frontend_origin,
        is_kept: &|path| upstream.keeps_redirects || is_own_page(path, &app.pages),
    };
    for (name, received) in
        headers.iter().filter(|(name, _)| is_forwarded_to_client(name, &headers, upstream))
    {
        let value = if name == header::SET_COOKIE {
            confine_cookie(app, upstream, received)
        } else {
            rewrite_header(name, received, &source)
        };
        if let Some(value) = value {
            response.headers_mut().append(name.clone(), value);
        } else if name == header::LOCATION && is_followed(status) {
            return Err(unreachable_redirect(upstream, requested, received));
        }
    }
    response.extensions_mut().insert(OwnCaching);
    Ok(response)
}

fn upstream_paths(upstream: &Upstream) -> UpstreamPaths<'_> {
    UpstreamPaths { prefix: &upstream.prefix, target: upstream.target.path().trim_end_matches('/') }
}

/// Returns true if browsers follow the `Location` of a response with this status.
fn is_followed(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Without its `Location`, a redirect would be an empty page.
fn unreachable_redirect(upstream: &Upstream, requested: &Url, location: &HeaderValue) -> Problem {
    let detail = "The application redirects to one of its pages that is not available at this site.";
    let location = String::from_utf8_lossy(location.as_bytes());
    // Queries can contain secrets.
    let location = location.split(['?', '#']).next().unwrap_or_default();
    Problem::new(Code::BadRedirect, detail).caused_by(format_args!(
        "{upstream} redirects from {} to {location}, which is outside of {}",
        requested.path(),
        upstream.target,
    ))
}

fn confine_cookie(app: &App, upstream: &Upstream, set_cookie: &HeaderValue) -> Option<HeaderValue> {
    let confinement = Confinement {
        paths: upstream_paths(upstream),
        public_origin: &app.frontend_origin,
        is_reserved: &|name| is_own_cookie(&app.cookie, name),
    };
    match confinement.confine(set_cookie.as_bytes()) {
        Ok(confined) => HeaderValue::from_bytes(&confined).ok(),
        Err(reason) => {
            app.upstreams.dropped_cookies.report(&upstream.prefix, set_cookie.as_bytes(), reason);
            None
        }
    }
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
