//! What every service does with every request: an id, a log line, a clear answer to bad input.

use std::{
    fmt,
    marker::PhantomData,
    time::{Duration, Instant},
};

use actix_web::{
    Error, FromRequest, Handler, HttpMessage, HttpRequest, HttpResponse, Resource, Responder,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::{InternalError, JsonPayloadError, PathError, QueryPayloadError, UrlencodedError},
    guard,
    http::{
        ConnectionType, Method, StatusCode,
        header::{self, HeaderMap, HeaderValue},
    },
    middleware::Next,
    web,
};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use tracing::Instrument;

pub use crate::request_id::{REQUEST_ID, RequestId};
use crate::{
    draining::Draining,
    metrics::Metrics,
    problem::{Code, PROBLEM_JSON, Problem},
};

/// The largest body that an endpoint of ours reads, in bytes.
pub const BODY_LIMIT_BYTES: usize = 16 * 1024;

/// The body of a success.
#[derive(Debug, Serialize)]
pub struct Success<T> {
    success: bool,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
}

impl Success<()> {
    /// A success that has nothing more to say.
    pub fn message(message: &'static str) -> Self {
        Self { success: true, message, data: None }
    }
}

impl<T> Success<T> {
    /// A success with its result.
    pub fn with(message: &'static str, data: T) -> Self {
        Self { success: true, message, data: Some(data) }
    }
}

/// A value that is read from a JSON object and from nothing else; serde alone would take a list of
/// the fields' values, too.
#[derive(Debug)]
pub struct Object<T>(pub T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Object)
    }
}

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
    match problem.code().status() {
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

/// The extractors' limits and answers, and the answer for unknown paths.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .app_data(web::JsonConfig::default().limit(BODY_LIMIT_BYTES).error_handler(json_problem))
        .app_data(web::FormConfig::default().limit(BODY_LIMIT_BYTES).error_handler(form_problem))
        .app_data(web::QueryConfig::default().error_handler(query_problem))
        .app_data(web::PathConfig::default().error_handler(path_problem))
        .app_data(web::PayloadConfig::new(BODY_LIMIT_BYTES))
        .default_service(web::to(not_found));
}

/// A resource that is read: `GET` and `HEAD`.
pub fn read<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    let route = web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(handler);
    web::resource(path).route(route).default_service(web::to(|| only("GET, HEAD")))
}

/// A resource that is written: `POST`.
pub fn write<F, Args>(path: &str, handler: F) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::resource(path).route(web::post().to(handler)).default_service(web::to(|| only("POST")))
}

/// A page with a form: `GET` shows it, `POST` takes it.
pub fn form<F, Args, G, GArgs>(path: &str, show: F, take: G) -> Resource
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
    G: Handler<GArgs>,
    GArgs: FromRequest + 'static,
    G::Output: Responder + 'static,
{
    web::resource(path)
        .route(web::route().guard(guard::Any(guard::Get()).or(guard::Head())).to(show))
        .route(web::post().to(take))
        .default_service(web::to(|| only("GET, HEAD, POST")))
}

/// The answer to any method but these.
///
/// # Errors
/// Always.
pub async fn only(methods: &'static str) -> Result<HttpResponse, Problem> {
    let detail = format!("This path takes {methods}.");
    Err(Problem::new(Code::MethodNotAllowed, detail).allow(methods))
}

async fn not_found() -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::NotFound, "Check the path."))
}

fn too_large() -> Problem {
    let detail = format!("Send at most {BODY_LIMIT_BYTES} bytes.");
    Problem::new(Code::PayloadTooLarge, detail)
}

fn json_problem(error: JsonPayloadError, _: &HttpRequest) -> Error {
    match error {
        JsonPayloadError::OverflowKnownLength { .. } | JsonPayloadError::Overflow { .. } => too_large(),
        JsonPayloadError::ContentType => {
            Problem::new(Code::UnsupportedMediaType, "Send JSON with Content-Type: application/json.")
        }
        JsonPayloadError::Deserialize(error) if error.is_data() => {
            Problem::new(Code::InvalidBody, shape_fault(&error))
        }
        JsonPayloadError::Deserialize(error) => Problem::new(
            Code::MalformedJson,
            format!(
                "Send one JSON object in UTF-8; reading stopped at line {} column {}.",
                error.line(),
                error.column()
            ),
        ),
        _ => Problem::new(Code::BadRequest, "The body could not be read to its end."),
    }
    .into()
}

/// Names the field at fault. What stood in it, perhaps a password, is not repeated.
fn shape_fault(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if text.starts_with("missing field")
        || text.starts_with("unknown field")
        || text.starts_with("duplicate field")
    {
        let text: String = text.chars().take(200).collect();
        return format!("The body has a {text}.");
    }
    format!("A field has another type than expected, at line {} column {}.", error.line(), error.column())
}

fn form_problem(error: UrlencodedError, _: &HttpRequest) -> Error {
    match error {
        UrlencodedError::Overflow { .. } => too_large(),
        UrlencodedError::ContentType | UrlencodedError::UnknownLength => Problem::new(
            Code::UnsupportedMediaType,
            "Send the form with Content-Type: application/x-www-form-urlencoded.",
        ),
        _ => Problem::new(Code::InvalidForm, "A field is missing, unknown or there twice."),
    }
    .into()
}

fn query_problem(_: QueryPayloadError, _: &HttpRequest) -> Error {
    Problem::new(Code::InvalidQuery, "A parameter is missing, of another type or there twice.").into()
}

fn path_problem(_: PathError, _: &HttpRequest) -> Error {
    Problem::new(Code::NotFound, "Check the path.").into()
}

#[cfg(test)]
#[path = "http_tests.rs"]
mod tests;
