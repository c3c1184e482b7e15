//! Which pages may call auth-service from a browser.

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::{
    Error as ActixError,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, header},
    middleware::Next,
    web::Data,
};
use drawbridge_core::{
    origin::Origin,
    settings::{Reader, Setting},
};
use drawbridge_http::{REQUEST_ID, cross_site::is_own_origin, problem::Problem};

use crate::frontends::AllowedOrigins;

const ALLOWED_ORIGINS: Setting = Setting::new(
    "ALLOWED_ORIGINS",
    "Further origins whose pages are allowed to call auth-service from a browser, besides `FRONTEND_ORIGIN` and \
     `BACKEND_ORIGIN`.",
)
.values("origins, separated by commas")
.default("none");

/// How long browsers may cache the response to a preflight request, in seconds.
const PREFLIGHT_MAX_AGE_SECONDS: usize = 600;

/// Reads `ALLOWED_ORIGINS`.
pub(crate) fn read_allowed_origins(reader: &mut Reader) -> Vec<Origin> {
    reader.optional(ALLOWED_ORIGINS, Origin::parse_list).unwrap_or_default()
}

/// Lets pages of these origins, and of registered frontends, call the service from a browser (Fetch, section 3.2).
/// Browsers withhold responses from all other pages, and `refuse_cross_site` rejects their changes.
pub(crate) fn cors(origins: &[Origin], registered: Arc<AllowedOrigins>) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::POST, Method::DELETE])
        .allowed_headers([header::ACCEPT, header::CONTENT_TYPE, REQUEST_ID])
        .expose_headers([REQUEST_ID, header::RETRY_AFTER])
        .supports_credentials()
        .block_on_origin_mismatch(false)
        .max_age(PREFLIGHT_MAX_AGE_SECONDS)
        .allowed_origin_fn(move |origin, _| origin.to_str().is_ok_and(|origin| registered.contains(origin)));
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(&origin.to_string()))
}

/// Middleware that reads the origins of registered frontends before the checks that cannot wait for the database. Only
/// requests from pages of other origins need it.
pub(crate) async fn refresh_registered_origins<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, ActixError> {
    let origin = request.headers().get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let is_foreign = origin.is_some_and(|origin| !is_own_origin(request.request(), origin));
    if is_foreign && let Some(registered) = request.app_data::<Data<AllowedOrigins>>().cloned() {
        let refreshed = registered.refresh().await;
        refreshed.map_err(|error| {
            Problem::unavailable("The database is unreachable. Try again shortly.", error)
        })?;
    }
    next.call(request).await
}
