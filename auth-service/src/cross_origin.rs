//! Which pages may call auth-service from a browser.

use actix_cors::Cors;
use actix_web::http::{Method, header};
use drawbridge_core::{
    origin::Origin,
    settings::{Reader, Setting},
};
use drawbridge_http::REQUEST_ID;

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

/// Lets pages of these origins call the service from a browser (Fetch, section 3.2). Browsers withhold responses from
/// all other pages, and `refuse_cross_site` rejects their changes.
pub(crate) fn cors(origins: &[Origin]) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::POST, Method::DELETE])
        .allowed_headers([header::ACCEPT, header::CONTENT_TYPE, REQUEST_ID])
        .expose_headers([REQUEST_ID, header::RETRY_AFTER])
        .supports_credentials()
        .block_on_origin_mismatch(false)
        .max_age(PREFLIGHT_MAX_AGE_SECONDS);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(&origin.to_string()))
}
