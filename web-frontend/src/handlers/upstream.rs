//! Forwards requests for the paths in `UPSTREAMS`.

mod access;
mod body;
mod caching;
mod frames;
mod head;
mod identity;
mod identity_headers;
mod response_watch;
mod session_watch;
mod tunnel;

use std::{
    fmt::Debug,
    pin::pin,
    time::{Duration, Instant},
};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::{Method, header::HeaderMap},
    web,
};
use drawbridge_guard::RequestSession;
use drawbridge_http::{
    access_rules::Requirement,
    cross_site::{FromOtherSite, is_same_site},
    navigation::is_prefetch,
    problem::{Code, Problem},
    token_headers,
};
use drawbridge_verification::Refusal;
use reqwest::Url;

use body::{UploadProgress, empty_response, stream_request, stream_response};
use caching::{can_carry_cookie, make_private};
use head::{has_body, is_websocket_upgrade, request_head, response_head};
use identity::UpstreamIdentity;
use response_watch::ResponseWatch;
use session_watch::SessionWatch;
use tunnel::{open_tunnel, unexpected_switch};

use crate::{
    app::App,
    auth_client::AuthEndpoint,
    middleware::renew,
    upstreams::{Upstream, UpstreamRoute},
};

pub(crate) use access::step_up_target;
pub(crate) use body::UPLOAD_TIMEOUT;

/// Handles any request below an upstream's prefix.
pub(crate) async fn forward(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let requirement = access::find_requirement(&app, &request)?;
    let route = app
        .upstreams
        .find(request.path())
        .ok_or_else(|| Problem::new(Code::NotFound, "No resource exists at this path."))?;
    let url = route.upstream.url(request.uri().path(), request.uri().query()).ok_or_else(|| {
        Problem::new(
            Code::BadRequest,
            "Send the path without . and .. segments, and with all special characters encoded.",
        )
    })?;
    // TRACE would reveal headers that are added on the way, and CONNECT would reach other hosts.
    if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
        return Err(Problem::new(Code::MethodNotAllowed, "CONNECT and TRACE are not forwarded."));
    }
    if is_websocket_upgrade(&request) {
        forward_upgrade(&app, route, url, &request, requirement, payload).await
    } else {
        forward_request(&app, route, url, &request, requirement, payload).await
    }
}

async fn forward_request(
    app: &web::Data<App>,
    route: &UpstreamRoute,
    url: Url,
    request: &HttpRequest,
    requirement: Option<Requirement>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let UpstreamRoute { upstream, clients } = route;
    let timeout = app.upstreams.timeout;
    let session = find_session(app, request).await?;
    if let Some(refused) = access::refuse(app, request, requirement.as_ref(), &session)? {
        return Ok(refused);
    }
    let identity = UpstreamIdentity::new(app, upstream, request, session).await;
    let outgoing_head = || request_head(app, upstream, request, &clients.single_use, url.clone(), &identity);
    let mut outgoing = outgoing_head()?;
    let progress = UploadProgress::new();
    if has_body(request) {
        let session = identity.session_token.clone().map(|token| SessionWatch::new(app, request, token));
        outgoing = outgoing.body(stream_request(payload, progress.clone(), session));
    }
    let response =
        send(upstream, clients.execute(outgoing, || outgoing_head().ok()), timeout, &progress).await?;
    if response.status() == reqwest::StatusCode::SWITCHING_PROTOCOLS {
        return Err(unexpected_switch("101 without an Upgrade in the request"));
    }
    let mut head = response_head(app, upstream, &url, &response)?;
    if requirement.is_some() {
        make_private(head.headers_mut());
    }
    renew_session(app, request, &identity, head.headers_mut()).await;
    if *request.method() == Method::HEAD {
        return Ok(empty_response(head, &response));
    }
    let watch = ResponseWatch::new(app, request, identity.session_token, &head);
    Ok(stream_response(head, response, timeout, watch))
}

async fn forward_upgrade(
    app: &web::Data<App>,
    route: &UpstreamRoute,
    url: Url,
    request: &HttpRequest,
    requirement: Option<Requirement>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let UpstreamRoute { upstream, clients } = route;
    // Browsers open WebSockets to any site and send cookies along, so the page must belong to this site.
    if !is_same_site(request) {
        return Err(Problem::new(Code::CrossSiteRequest, "Open the connection from a page of this site."));
    }
    let timeout = app.upstreams.timeout;
    let session = identity::find_session(app, request).await?;
    if let Some(refused) = access::refuse(app, request, requirement.as_ref(), &session)? {
        return Ok(refused);
    }
    let identity = UpstreamIdentity::new(app, upstream, request, session).await;
    let outgoing = request_head(app, upstream, request, &clients.single_use, url.clone(), &identity)?
        .header("connection", "upgrade")
        .header("upgrade", "websocket");
    let response = send(upstream, outgoing.send(), timeout, &UploadProgress::new()).await?;
    let head = response_head(app, upstream, &url, &response)?;
    let watch = ResponseWatch::new(app, request, identity.session_token, &head);
    if response.status() == reqwest::StatusCode::SWITCHING_PROTOCOLS {
        return open_tunnel(head, response, payload, watch).await;
    }
    Ok(stream_response(head, response, timeout, watch))
}

/// The session of a request. One from a page of another site (`CROSS_SITE_PATHS`) does not act for the user.
async fn find_session(app: &App, request: &HttpRequest) -> Result<RequestSession, Refusal> {
    if request.extensions().contains::<FromOtherSite>() {
        return Ok(RequestSession::Anonymous { refusal: Refusal::MissingToken });
    }
    identity::find_session(app, request).await
}

/// Renews the session with the response, as pages do, unless a shared cache may store it.
async fn renew_session(
    app: &App,
    request: &HttpRequest,
    identity: &UpstreamIdentity,
    headers: &mut HeaderMap,
) {
    let Some(verified) = &identity.verified else { return };
    let is_due = verified.session.is_renewal_due(app.clock.now())
        || app.cookie.is_outdated(&token_headers(request.headers()));
    if is_due && !is_prefetch(request.headers()) && can_carry_cookie(headers) {
        make_private(headers);
        renew(app, app.auth_request(request, AuthEndpoint::REFRESH), headers).await;
    }
}

/// Waits for the response to a request. Gives up when neither the upload nor the upstream has made progress for `timeout`.
async fn send<E: Debug>(
    upstream: &Upstream,
    exchange: impl Future<Output = Result<reqwest::Response, E>>,
    timeout: Duration,
    progress: &UploadProgress,
) -> Result<reqwest::Response, Problem> {
    let unavailable = |cause: String| {
        let detail = "The application at this address is not responding. Try again shortly.";
        Problem::unavailable(detail, format_args!("{upstream}: {cause}"))
    };
    let mut response = pin!(exchange);
    loop {
        let deadline = progress.last_activity() + timeout;
        match tokio::time::timeout_at(deadline.into(), &mut response).await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(_)) if progress.has_session_ended() => return Err(Refusal::SessionRevoked.into()),
            Ok(Err(_)) if progress.was_aborted() => {
                return Err(Problem::new(Code::BadRequest, "The request body is incomplete. Send it again."));
            }
            Ok(Err(error)) => return Err(unavailable(format!("{error:?}"))),
            Err(_) if progress.last_activity() + timeout > Instant::now() => {}
            Err(elapsed) => return Err(unavailable(elapsed.to_string())),
        }
    }
}
