//! What every service does with every request: an ID, a log line, safe headers, and a problem body for
//! every failure.

use std::time::{Duration, Instant};

use actix_web::{
    Error, HttpMessage, HttpResponse, ResponseError,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        ConnectionType, Method, StatusCode, Version,
        header::{self, HeaderMap, HeaderValue},
    },
    middleware::Next,
    web,
};
use drawbridge_core::{metrics::Metrics, pages_path::PagesPath};
use tracing::Instrument;

use crate::{
    draining::{Draining, OpenGuard, OpenWork},
    problem::{Code, PROBLEM_JSON, Problem},
    request_id::{REQUEST_ID, RequestId},
};

/// Marks a failed response that already has its body, such as an error page.
#[derive(Debug, Clone, Copy)]
pub struct ErrorPage;

/// Marks a response whose caching is decided by the server that it comes from. It keeps its `Cache-Control`, or none.
#[derive(Debug, Clone, Copy)]
pub struct OwnCaching;

/// The outermost middleware: assigns the request ID, logs the result, and completes every [`Problem`].
pub async fn request_scope<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let arrival = Arrival::new(&request);
    request.extensions_mut().insert(arrival.id.clone());
    let span = tracing::error_span!("request", request_id = arrival.id.as_str());
    let timeout =
        request.app_data::<LongRequests>().map_or(REQUEST_TIMEOUT, |long| long.timeout_for(request.path()));
    let finished = tokio::time::timeout(timeout, next.call(request).instrument(span.clone())).await;
    let _entered = span.enter();
    match finished.unwrap_or_else(|_| Err(timed_out().into())) {
        Ok(response) => {
            let (request, response) = response.into_parts();
            let failed = response.error().is_some();
            let response = arrival.complete(response.map_into_boxed_body(), failed);
            Ok(ServiceResponse::new(request, response))
        }
        // Actix has dropped the request here, so the response travels inside the error.
        Err(error) => {
            let response = arrival.complete(error.as_response_error().error_response(), true);
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// What is read from a request when it arrives, to complete and record its response.
struct Arrival {
    id: RequestId,
    method: Method,
    version: Version,
    /// The path without the query, which can contain secrets.
    path: String,
    has_body: bool,
    metrics: Option<RequestMetrics>,
    pages: PagesPath,
    draining: Option<web::Data<Draining>>,
    /// Counts the request until its response begins.
    _open: Option<OpenGuard>,
    started: Instant,
}

impl Arrival {
    fn new(request: &ServiceRequest) -> Self {
        let draining = request.app_data::<web::Data<Draining>>();
        Self {
            id: RequestId::for_request(request.headers()),
            method: request.method().clone(),
            version: request.version(),
            path: request.path().to_owned(),
            has_body: has_body(request),
            metrics: request.app_data::<RequestMetrics>().cloned(),
            pages: request.app_data::<PagesPath>().cloned().unwrap_or_default(),
            _open: draining.map(|draining| draining.open(OpenWork::Request)),
            draining: draining.cloned(),
            started: Instant::now(),
        }
    }

    /// Completes the response, closes the connection if necessary, and records the result.
    fn complete(&self, response: HttpResponse, failed: bool) -> HttpResponse {
        let mut response = finish(response, failed, &self.id, &self.pages);
        if self.must_close(response.status()) {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        // A client of HTTP/1.0 does not know chunks (RFC 9112, 6.1). The end of the connection ends the body.
        if self.version < Version::HTTP_11 && response.body().size() == BodySize::Stream {
            response.head_mut().no_chunking(true);
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
        self.record(response.status());
        response
    }

    fn must_close(&self, status: StatusCode) -> bool {
        // An unread part of the body would be parsed as the next request, and a draining service wants the next
        // request to go elsewhere.
        let method_with_body = !matches!(self.method, Method::GET | Method::HEAD);
        let has_rest = self.has_body && (!status.is_success() || !method_with_body);
        let is_draining = self.draining.as_ref().is_some_and(|draining| draining.is_on());
        has_rest || is_draining && status != StatusCode::SWITCHING_PROTOCOLS
    }

    fn record(&self, status: StatusCode) {
        let took = self.started.elapsed();
        tracing::debug!(
            target: "request", method = %self.method, path = self.path, status = status.as_u16(),
            milliseconds = took.as_secs_f64() * 1000.0
        );
        if let Some(RequestMetrics(metrics)) = &self.metrics {
            metrics.record_request(status.as_u16(), took);
        }
    }
}

/// The metrics that record the requests of a service: application data for [`request_scope`].
#[derive(Debug, Clone)]
pub struct RequestMetrics(pub Metrics);

/// How long a request may take, including its body. All timeouts of our own services are shorter.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Requests that may take longer, such as uploads to a backend: application data for [`request_scope`].
#[derive(Debug, Clone)]
pub struct LongRequests {
    /// The prefixes of their paths.
    pub prefixes: Vec<String>,
    /// If set, all other paths are long requests as well, except those below this prefix.
    pub except: Option<String>,
    /// How long they may take until the response begins.
    pub timeout: Duration,
}

impl LongRequests {
    fn timeout_for(&self, path: &str) -> Duration {
        let is_below = |prefix: &String| {
            path.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let is_other = self.except.as_ref().is_some_and(|prefix| !is_below(prefix));
        if is_other || self.prefixes.iter().any(is_below) { self.timeout } else { REQUEST_TIMEOUT }
    }
}

fn timed_out() -> Problem {
    Problem::new(Code::RequestTimeout, "Send the whole body without pauses.")
}

/// Returns true if a request has a body.
pub fn has_body(request: &ServiceRequest) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.is_some_and(|length| length != "0") || request.headers().contains_key(header::TRANSFER_ENCODING)
}

/// Completes a response: problem body, request ID and safe default headers.
fn finish(mut response: HttpResponse, failed: bool, id: &RequestId, pages: &PagesPath) -> HttpResponse {
    let failed = failed && !response.extensions().contains::<ErrorPage>();
    let problem = response.extensions_mut().remove::<Problem>();
    let problem = problem.or_else(|| failed.then(|| from_status(response.status())));
    if let Some(problem) = problem {
        if response.status().is_server_error() {
            tracing::error!(
                code = problem.code().as_str(),
                cause = problem.cause().unwrap_or("unknown"),
                "the request failed"
            );
        }
        let before = response.headers().clone();
        let body = problem.to_json(Some(id.as_str()), pages);
        response = problem.response_head().content_type(PROBLEM_JSON).body(body);
        // Keep what inner middleware has added: cookies and CORS headers.
        let is_kept = |name: &header::HeaderName| {
            *name == header::SET_COOKIE
                || *name == header::VARY
                || name.as_str().starts_with("access-control-")
        };
        for (name, value) in before.iter().filter(|(name, _)| is_kept(name)) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    if response.extensions().contains::<OwnCaching>() {
        add_safe_headers(response.headers_mut(), id);
    } else {
        add_headers(response.headers_mut(), id);
    }
    response
}

/// The response to a request that failed outside of [`request_scope`], such as on a fast path.
pub fn complete_problem(problem: &Problem, id: &RequestId, pages: &PagesPath) -> HttpResponse {
    finish(problem.error_response(), true, id, pages)
}

/// Adds the headers of every response: the request ID and safe defaults.
pub fn add_headers(headers: &mut HeaderMap, id: &RequestId) {
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    add_safe_headers(headers, id);
}

fn add_safe_headers(headers: &mut HeaderMap, id: &RequestId) {
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// Logs a failure of the service with its cause, which is never sent: outages and overload as warnings, anything
/// else as an error.
pub fn log_failure(problem: &Problem) {
    let (code, cause) = (problem.code().as_str(), problem.cause().unwrap_or("unknown"));
    match problem.status() {
        StatusCode::SERVICE_UNAVAILABLE => tracing::warn!(code, cause, "the request failed"),
        status if status.is_server_error() => tracing::error!(code, cause, "the request failed"),
        _ => {}
    }
}

/// The problem for an error of a library, whose own text is never sent.
fn from_status(status: StatusCode) -> Problem {
    let code = match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        status if status.is_client_error() => Code::BadRequest,
        _ => return Problem::internal(format_args!("unhandled status {status}")),
    };
    Problem::new(code, code.title())
}
