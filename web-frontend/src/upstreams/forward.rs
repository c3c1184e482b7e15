use std::{
    pin::pin,
    time::{Duration, Instant},
};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, Version, header},
    web,
};
use drawbridge_cookies::device_cookie;
use drawbridge_http::{
    cross_site::is_from_here,
    problem::{Code, Problem},
    request_id::{REQUEST_ID, RequestId},
};
use reqwest::{Client, RequestBuilder, Url};

use super::{
    Upstream,
    body::{Progress, sent_on, stream_back, without_body},
    headers::{confined, foreign_cookies, goes_back, goes_on, relocated},
    tunnel::tunnel,
};
use crate::{app::App, language, page_sessions::PageSessions};
use drawbridge_guard::redirect_cookie_name;

/// Any request below an upstream's prefix.
pub(crate) async fn forward(
    app: web::Data<App>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let upstreams = &app.upstreams;
    let nothing = || Problem::new(Code::NotFound, "Check the path.");
    let upstream = upstreams.find(request.path()).ok_or_else(nothing)?;
    let uri = request.uri();
    let url = upstream
        .url(uri.path(), uri.query())
        .ok_or_else(|| Problem::new(Code::BadRequest, "Send the path without . and .. segments."))?;
    // Both would show or reach what is not the client's.
    if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
        return Err(Problem::new(Code::MethodNotAllowed, "CONNECT and TRACE are not handed on."));
    }
    let goes_over = goes_over_to_websocket(&request);
    if goes_over && !is_from_here(&request) {
        return Err(Problem::new(Code::CrossSiteRequest, "Open the connection from a page of this site."));
    }
    let token = app.guard.token_to_forward(&request).await?;
    let client = if goes_over { &upstreams.upgrading } else { &upstreams.client };
    let mut outgoing = head_for(&app, &request, client, url.clone(), token.as_deref())?;
    let progress = Progress::new();
    if goes_over {
        outgoing = outgoing.header("connection", "upgrade").header("upgrade", "websocket");
        let answer = send(upstream, outgoing, upstreams.patience, &progress).await?;
        let head = head_of(&app, upstream, &url, &answer);
        if answer.status().as_u16() == 101 {
            return tunnel(app.clone(), head, answer, payload, token).await;
        }
        return Ok(stream_back(head, answer, upstreams.patience));
    }
    if has_body(&request) {
        outgoing = outgoing.body(sent_on(payload, progress.clone()));
    }
    let answer = send(upstream, outgoing, upstreams.patience, &progress).await?;
    let head = head_of(&app, upstream, &url, &answer);
    if *request.method() == Method::HEAD {
        return Ok(without_body(head, &answer));
    }
    Ok(stream_back(head, answer, upstreams.patience))
}

/// The request as the backend gets it, without its body.
fn head_for(
    app: &App,
    request: &HttpRequest,
    client: &Client,
    url: Url,
    token: Option<&str>,
) -> Result<RequestBuilder, Problem> {
    let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes())
        .map_err(|_| Problem::new(Code::BadRequest, "The method cannot be understood."))?;
    let mut outgoing = client.request(method, url);
    for (name, value) in request.headers() {
        // A length without its body would let the backend take the next request for it.
        let is_length = name == header::CONTENT_LENGTH && !has_body(request);
        if goes_on(name, request.headers()) && name != header::COOKIE && !is_length {
            outgoing = outgoing.header(name.as_str(), value.as_bytes());
        }
    }
    if let Some(cookies) = foreign_cookies(request.headers(), |name| is_ours(app, name)) {
        outgoing = outgoing.header(header::COOKIE.as_str(), cookies.as_bytes());
    }
    if let Some(token) = token {
        outgoing = outgoing.bearer_auth(token);
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

/// Whether a request asks to go over to WebSocket (RFC 6455, 4.1). Any other `Upgrade` is this connection's
/// own affair and left out, which a server may always do (RFC 9110, 7.8).
fn goes_over_to_websocket(request: &HttpRequest) -> bool {
    let lists = |name: header::HeaderName, wanted: &str| {
        let values = request.headers().get_all(name).filter_map(|value| value.to_str().ok());
        values.flat_map(|list| list.split(',')).any(|word| word.trim().eq_ignore_ascii_case(wanted))
    };
    *request.method() == Method::GET
        && !has_body(request)
        && lists(header::CONNECTION, "upgrade")
        && lists(header::UPGRADE, "websocket")
}

fn has_body(request: &HttpRequest) -> bool {
    let has = |name: header::HeaderName| request.headers().contains_key(name);
    has(header::CONTENT_LENGTH) || has(header::TRANSFER_ENCODING) || request.version() == Version::HTTP_2
}

fn is_ours(app: &App, name: &str) -> bool {
    let is_secure = app.cookie.is_secure();
    app.cookie.is_named(name)
        || name == PageSessions::cookie_name(is_secure)
        || name == redirect_cookie_name(is_secure)
        || name == language::cookie_name(is_secure)
        || name == device_cookie::name(app.cookie.policy())
}

/// Sends a request, and gives it up once nothing has moved for as long as the backend may keep silent.
async fn send(
    upstream: &Upstream,
    request: RequestBuilder,
    patience: Duration,
    progress: &Progress,
) -> Result<reqwest::Response, Problem> {
    let outage = |cause: String| {
        let prefix = &upstream.prefix;
        let detail = "The application behind this address does not answer just now. Try again shortly.";
        Problem::unavailable(detail, format_args!("the upstream of {prefix}: {cause}"))
    };
    let mut answer = pin!(request.send());
    loop {
        let until = progress.moved() + patience;
        match tokio::time::timeout_at(until.into(), &mut answer).await {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(_)) if progress.broke_off() => {
                return Err(Problem::new(Code::BadRequest, "The body broke off. Send it again."));
            }
            Ok(Err(error)) => return Err(outage(format!("{error:?}"))),
            Err(_) if progress.moved() + patience > Instant::now() => {}
            Err(late) => return Err(outage(late.to_string())),
        }
    }
}

/// Status and headers of the answer, as far as they are the client's.
fn head_of(app: &App, upstream: &Upstream, asked: &Url, answer: &reqwest::Response) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    let mut response = HttpResponse::new(status);
    let mut all = header::HeaderMap::new();
    for (name, value) in answer.headers() {
        let name = header::HeaderName::from_bytes(name.as_str().as_bytes());
        let value = header::HeaderValue::from_bytes(value.as_bytes());
        if let (Ok(name), Ok(value)) = (name, value) {
            all.append(name, value);
        }
    }
    for (name, value) in &all {
        if !goes_back(name, &all) {
            continue;
        }
        let value = if name == header::SET_COOKIE {
            confined(value, &upstream.prefix, app.cookie.is_secure(), |name| is_ours(app, name))
        } else if name == header::LOCATION {
            relocated(value, asked, &upstream.target, &upstream.prefix)
        } else {
            Some(value.clone())
        };
        if let Some(value) = value {
            response.headers_mut().append(name.clone(), value);
        }
    }
    response
}
