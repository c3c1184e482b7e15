use std::{io, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{StatusCode, Version, header},
    web::{self, Bytes},
};
use futures_util::{StreamExt, stream};
use reqwest::Body;
use shared::{
    cross_site::is_from_here,
    problem::{Code, Problem},
    request_id::{REQUEST_ID, RequestId},
};
use tokio::sync::mpsc;

use super::{
    Upstream,
    headers::{confined, foreign_cookies, goes_on, relocated},
    tunnel::tunnel,
};
use crate::{app::App, page_sessions::PageSessions};

/// How long a body may take to be sent. A backend that keeps silent afterwards is given up sooner.
pub(crate) const LONGEST_UPLOAD: Duration = Duration::from_hours(1);

/// How many pieces of a body wait to be sent on: the client is slowed down beyond that.
const PIECES: usize = 4;

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
    let upgrade = upgrade(&request);
    if upgrade.is_some() && !is_from_here(&request) {
        return Err(Problem::new(Code::CrossSiteRequest, "Open the connection from a page of this site."));
    }

    let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes())
        .map_err(|_| Problem::new(Code::BadRequest, "The method cannot be understood."))?;
    let mut outgoing = upstreams.client.request(method, url.clone());
    for (name, value) in request.headers() {
        if goes_on(name, request.headers()) && name != header::COOKIE {
            outgoing = outgoing.header(name.as_str(), value.as_bytes());
        }
    }
    let is_ours = |name: &str| is_ours(&app, name);
    if let Some(cookies) = foreign_cookies(request.headers(), is_ours) {
        outgoing = outgoing.header(header::COOKIE.as_str(), cookies.as_bytes());
    }
    let token = app.guard.good_token(&request).await?;
    if let Some(token) = &token {
        outgoing = outgoing.bearer_auth(token);
    }
    outgoing = outgoing
        .header("x-forwarded-for", app.client_address(&request).to_string())
        .header("x-forwarded-host", app.frontend_origin.authority())
        .header("x-forwarded-proto", if app.frontend_origin.is_https() { "https" } else { "http" });
    if let Some(id) = RequestId::of(&request) {
        outgoing = outgoing.header(REQUEST_ID.as_str(), id.as_str());
    }

    if let Some(protocol) = upgrade {
        outgoing = outgoing.header("connection", "upgrade").header("upgrade", protocol);
        let answer = send(upstream, outgoing, upstreams.patience).await?;
        if answer.status().as_u16() == 101 {
            let response = head(&app, upstream, &url, &answer);
            return tunnel(app.clone(), response, answer, payload, token).await;
        }
        return Ok(stream_back(head(&app, upstream, &url, &answer), answer));
    }
    let (body, patience) = if has_body(&request) {
        (sent_on(payload), LONGEST_UPLOAD)
    } else {
        (Body::default(), upstreams.patience)
    };
    let answer = send(upstream, outgoing.body(body), patience).await?;
    Ok(stream_back(head(&app, upstream, &url, &answer), answer))
}

/// The protocol that a request asks to go over to.
fn upgrade(request: &HttpRequest) -> Option<&str> {
    let connection = request.headers().get_all(header::CONNECTION).filter_map(|value| value.to_str().ok());
    let asks =
        connection.flat_map(|list| list.split(',')).any(|word| word.trim().eq_ignore_ascii_case("upgrade"));
    request.headers().get(header::UPGRADE).filter(|_| asks)?.to_str().ok()
}

fn is_ours(app: &App, name: &str) -> bool {
    app.cookie.is_named(name) || name == PageSessions::cookie_name(app.cookie.is_secure())
}

async fn send(
    upstream: &Upstream,
    request: reqwest::RequestBuilder,
    patience: Duration,
) -> Result<reqwest::Response, Problem> {
    let outage = |cause: String| {
        let prefix = &upstream.prefix;
        let detail = "The application behind this address does not answer just now. Try again shortly.";
        Problem::unavailable(detail, format_args!("the upstream of {prefix}: {cause}"))
    };
    let answer = actix_web::rt::time::timeout(patience, request.send()).await;
    answer.map_err(|late| outage(late.to_string()))?.map_err(|error| outage(format!("{error:?}")))
}

fn has_body(request: &HttpRequest) -> bool {
    let has = |name: header::HeaderName| request.headers().contains_key(name);
    has(header::CONTENT_LENGTH) || has(header::TRANSFER_ENCODING) || request.version() == Version::HTTP_2
}

/// The client's body, piece by piece as it comes.
fn sent_on(mut payload: web::Payload) -> Body {
    // The payload stays on this thread; the pieces may travel.
    let (pieces, received) = mpsc::channel::<Result<Bytes, io::Error>>(PIECES);
    actix_web::rt::spawn(async move {
        while let Some(piece) = payload.next().await {
            // A body that breaks off is told as one, and never as one that ended.
            if pieces.send(piece.map_err(io::Error::other)).await.is_err() {
                break;
            }
        }
    });
    Body::wrap_stream(stream::unfold(received, |mut received| async move {
        received.recv().await.map(|piece| (piece, received))
    }))
}

/// Status and headers of the answer, as far as they are the client's.
fn head(app: &App, upstream: &Upstream, asked: &reqwest::Url, answer: &reqwest::Response) -> HttpResponse {
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
        if !goes_on(name, &all) {
            continue;
        }
        let value = if name == header::SET_COOKIE {
            confined(value, &upstream.prefix, app.cookie.is_secure(), |name| is_ours(app, name))
        } else if name == header::LOCATION {
            relocated(value, asked, &upstream.target, &upstream.prefix).or_else(|| Some(value.clone()))
        } else {
            Some(value.clone())
        };
        if let Some(value) = value {
            response.headers_mut().append(name.clone(), value);
        }
    }
    response
}

/// The answer's body, piece by piece as it comes.
fn stream_back(head: HttpResponse, answer: reqwest::Response) -> HttpResponse {
    let length = answer.content_length();
    let pieces = answer.bytes_stream();
    match length {
        Some(length) => {
            head.set_body(actix_web::body::SizedStream::new(length, pieces)).map_into_boxed_body()
        }
        None => head.set_body(actix_web::body::BodyStream::new(pieces)).map_into_boxed_body(),
    }
}
