//! What every service does with every request: an ID, a log line, safe headers, and a problem body for
//! every failure.

use std::time::{Duration, Instant};

use actix_web::{
    Error, HttpMessage, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{
        ConnectionType, Method, StatusCode,
        header::{self, HeaderMap, HeaderValue},
    },
    middleware::Next,
    web,
};
use drawbridge_core::metrics::Metrics;
use tracing::Instrument;

use crate::{
    draining::Draining,
    problem::{Code, PROBLEM_JSON, Problem},
    request_id::{REQUEST_ID, RequestId},
};

/// Marks a response that tells of a failure in its own way, such as a page: its body stays.
#[derive(Debug, Clone, Copy)]
pub struct Rendered;

/// The outermost middleware: gives the request its id, logs how it ended, and writes the id into
/// whatever [`Problem`] comes back.
pub async fn request_scope<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = RequestId::for_request(request.headers());
    let counted = request.app_data::<Counted>().cloned();
    let draining = request.app_data::<web::Data<Draining>>().cloned();
    request.extensions_mut().insert(id.clone());
    let span = tracing::error_span!("request", request_id = id.as_str());
    // The query may carry what does not belong in a log.
    let (method, path) = (request.method().clone(), request.path().to_owned());
    let method_with_body = !matches!(method, Method::GET | Method::HEAD);
    let started = Instant::now();

    let has_body = has_body(&request);
    let patience =
        request.app_data::<Patience>().map_or(REQUEST_TIMEOUT, |patience| patience.of(request.path()));
    let waited = tokio::time::timeout(patience, next.call(request).instrument(span.clone())).await;
    let _entered = span.enter();
    let result = waited.unwrap_or_else(|_| Err(too_slow().into()));
    // A body that nobody has read to its end would stand in the way of the next request, and a service that
    // is leaving wants the next one to go elsewhere.
    let is_leaving = draining.is_some_and(|draining| draining.is_on());
    let close = |response: &mut HttpResponse| {
        let is_upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        let has_rest = has_body && (!response.status().is_success() || !method_with_body);
        if has_rest || is_leaving && !is_upgraded {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
    };
    let log = |status: StatusCode| {
        let took = started.elapsed();
        tracing::debug!(
            target: "request", %method, path, status = status.as_u16(), milliseconds = took.as_secs_f64() * 1000.0
        );
        if let Some(Counted(metrics)) = &counted {
            metrics.request(status.as_u16(), took);
        }
    };
    match result {
        Ok(response) => {
            let (request, response) = response.into_parts();
            let failed = response.error().is_some();
            let mut response = finish(response.map_into_boxed_body(), failed, &id);
            close(&mut response);
            log(response.status());
            Ok(ServiceResponse::new(request, response))
        }
        // The request is gone here, so the answer travels inside the error.
        Err(error) => {
            let mut response = finish(error.as_response_error().error_response(), true, &id);
            close(&mut response);
            log(response.status());
            Err(InternalError::from_response(error, response).into())
        }
    }
}

/// Where the requests of a service are counted: application data for [`request_scope`].
#[derive(Debug, Clone)]
pub struct Counted(pub Metrics);

/// The longest time that a request may take, its body included. What our services wait for by
/// themselves takes less.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// Requests that may take longer, such as an upload to somebody else's backend: application data for
/// [`request_scope`].
#[derive(Debug, Clone)]
pub struct Patience {
    /// What their paths begin with.
    pub prefixes: Vec<String>,
    /// How long they may take until their answer begins.
    pub limit: Duration,
}

impl Patience {
    fn of(&self, path: &str) -> Duration {
        let is_below = |prefix: &String| {
            path.strip_prefix(prefix.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let is_patient = self.prefixes.iter().any(is_below);
        if is_patient { self.limit } else { REQUEST_TIMEOUT }
    }
}

fn too_slow() -> Problem {
    Problem::new(Code::RequestTimeout, "Send the whole body without a pause.")
}

/// Whether a request brings a body.
pub fn has_body(request: &ServiceRequest) -> bool {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    length.is_some_and(|length| length != "0") || request.headers().contains_key(header::TRANSFER_ENCODING)
}

/// Completes an answer: problem body, request id, and headers that are safe unless set otherwise.
fn finish(mut response: HttpResponse, failed: bool, id: &RequestId) -> HttpResponse {
    let failed = failed && !response.extensions().contains::<Rendered>();
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
        response =
            problem.response_head().content_type(PROBLEM_JSON).body(problem.to_json(Some(id.as_str())));
        // What others have added to the answer stays: cookies, and what a browser lets scripts read of it.
        let stays = |name: &header::HeaderName| {
            *name == header::SET_COOKIE
                || *name == header::VARY
                || name.as_str().starts_with("access-control-")
        };
        for (name, value) in before.iter().filter(|(name, _)| stays(name)) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    add_headers(response.headers_mut(), id);
    response
}

/// Adds what every answer carries: its id, and what is safe unless it was set otherwise.
pub fn add_headers(headers: &mut HeaderMap, id: &RequestId) {
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, value);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// One line for a failure on our side, with what is never sent: a fault is an error, an outage or too
/// much work a warning.
pub fn log_failure(problem: &Problem) {
    let (code, cause) = (problem.code().as_str(), problem.cause().unwrap_or("unknown"));
    match problem.status() {
        StatusCode::SERVICE_UNAVAILABLE => tracing::warn!(code, cause, "the request failed"),
        status if status.is_server_error() => tracing::error!(code, cause, "the request failed"),
        _ => {}
    }
}

/// An error of a library, as a problem. Its text stays here.
fn from_status(status: StatusCode) -> Problem {
    let code = match status {
        StatusCode::NOT_FOUND => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::PAYLOAD_TOO_LARGE => Code::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        status if status.is_client_error() => Code::BadRequest,
        _ => return Problem::internal(format_args!("a library answered {status}")),
    };
    Problem::new(code, code.title())
}
