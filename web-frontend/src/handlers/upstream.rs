//! Forwards requests for the paths in `UPSTREAMS`.

mod body;
mod head;
mod identity;
mod tunnel;

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use actix_web::{HttpRequest, HttpResponse, http::Method, web};
use drawbridge_http::{
    cross_site::is_same_site,
    problem::{Code, Problem},
};
use reqwest::{RequestBuilder, Url};
use secrecy::SecretString;

use body::{UploadProgress, empty_response, stream_request, stream_response};
use head::{has_body, is_websocket_upgrade, request_head, response_head};
use identity::UpstreamIdentity;
use tunnel::open_tunnel;

use crate::{app::App, upstreams::Upstream};

pub(crate) use body::UPLOAD_TIMEOUT;

/// Handles any request below an upstream's prefix.
pub(crate) async fn forward(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let upstream = app
        .upstreams
        .find(request.path())
        .ok_or_else(|| Problem::new(Code::NotFound, "No resource exists at this path."))?;
    let url = upstream
        .url(request.uri().path(), request.uri().query())
        .ok_or_else(|| Problem::new(Code::BadRequest, "Send the path without . and .. segments."))?;
    // TRACE would reveal headers that are added on the way, and CONNECT would reach other hosts.
    if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
        return Err(Problem::new(Code::MethodNotAllowed, "CONNECT and TRACE are not forwarded."));
    }
    if is_websocket_upgrade(&request) {
        forward_upgrade(&app, upstream, url, &request, payload).await
    } else {
        forward_request(&app, upstream, url, &request, payload).await
    }
}

async fn forward_request(
    app: &App,
    upstream: &Upstream,
    url: Url,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let timeout = app.upstreams.timeout;
    let identity = UpstreamIdentity::find(app, upstream, request).await?;
    let mut outgoing = request_head(app, request, &app.upstreams.client, url.clone(), &identity)?;
    let progress = UploadProgress::new();
    if has_body(request) {
        outgoing = outgoing.body(stream_request(payload, progress.clone()));
    }
    let response = send(upstream, outgoing, timeout, &progress).await?;
    let head = response_head(app, upstream, &url, &response);
    if *request.method() == Method::HEAD {
        return Ok(empty_response(head, &response));
    }
    Ok(stream_response(head, response, timeout))
}

async fn forward_upgrade(
    app: &web::Data<App>,
    upstream: &Upstream,
    url: Url,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    // Browsers open WebSockets to any site and send cookies along, so the page must belong to this site.
    if !is_same_site(request) {
        return Err(Problem::new(Code::CrossSiteRequest, "Open the connection from a page of this site."));
    }
    let timeout = app.upstreams.timeout;
    let identity = UpstreamIdentity::find(app, upstream, request).await?;
    let client = &app.upstreams.upgrade_client;
    let outgoing = request_head(app, request, client, url.clone(), &identity)?
        .header("connection", "upgrade")
        .header("upgrade", "websocket");
    let response = send(upstream, outgoing, timeout, &UploadProgress::new()).await?;
    let head = response_head(app, upstream, &url, &response);
    if response.status() == reqwest::StatusCode::SWITCHING_PROTOCOLS {
        return open_tunnel(
            app.clone(),
            head,
            response,
            payload,
            identity.session_token.map(SecretString::from),
        )
        .await;
    }
    Ok(stream_response(head, response, timeout))
}

/// Sends a request. Gives up when neither the upload nor the upstream has made progress for `timeout`.
async fn send(
    upstream: &Upstream,
    request: RequestBuilder,
    timeout: Duration,
    progress: &UploadProgress,
) -> Result<reqwest::Response, Problem> {
    let unavailable = |cause: String| {
        let detail = "The application at this address is not responding. Try again shortly.";
        Problem::unavailable(detail, format_args!("the upstream of {}: {cause}", upstream.prefix))
    };
    let mut response = pin!(request.send());
    loop {
        let deadline = progress.last_activity() + timeout;
        match tokio::time::timeout_at(deadline.into(), &mut response).await {
            Ok(Ok(response)) => return Ok(response),
            Ok(Err(_)) if progress.was_aborted() => {
                return Err(Problem::new(Code::BadRequest, "The request body is incomplete. Send it again."));
            }
            Ok(Err(error)) => return Err(unavailable(format!("{error:?}"))),
            Err(_) if progress.last_activity() + timeout > Instant::now() => {}
            Err(elapsed) => return Err(unavailable(elapsed.to_string())),
        }
    }
}
