//! The URLs of the service.

use actix_web::web::{self, ServiceConfig};
use drawbridge_core::pages_path::PagesPath;
use drawbridge_http::{
    discovery::CHANGES_PATH,
    get, get_stream, health,
    openapi::site,
    post,
    remote_source::{KEYS_PATH, RECORD_PATH},
};

use crate::{
    handlers::{auth_request, changes, forward_auth, health_ready, keys, record, verify},
    openapi::DOCUMENT,
};

/// Adds the routes of the public port.
pub(crate) fn configure(config: &mut ServiceConfig, pages: &PagesPath) {
    // The `type` of an error response leads below `PAGES_PATH`, and web-frontend passes requests for the feed on as they are.
    if !pages.prefix().is_empty() {
        config.service(web::scope(pages.prefix()).configure(own_pages));
    }
    config
        .app_data(DOCUMENT.clone())
        .service(post("/api/verify", verify::verify))
        .service(get("/auth-request", auth_request::auth_request))
        .route("/forward-auth", web::to(forward_auth::forward_auth))
        .route("/forward-auth/{path:.*}", web::to(forward_auth::forward_auth_with_path))
        .configure(own_pages);
}

fn own_pages(config: &mut ServiceConfig) {
    config
        .service(get_stream(CHANGES_PATH, changes::follow))
        .service(get("/health/live", health::live))
        .service(get("/health/serving", health::serving))
        .service(get("/health/ready", health_ready::ready))
        .service(get("/openapi.json", site::show_document))
        .service(get("/openapi", site::show_page))
        .service(get("/problems/{code}", site::show_problem));
}

/// Adds the routes of the internal port.
pub(crate) fn configure_internal(config: &mut ServiceConfig) {
    config
        .service(post(RECORD_PATH, record::record))
        .service(get(KEYS_PATH, keys::keys))
        .service(get_stream(CHANGES_PATH, changes::follow))
        .service(get("/health/ready", health_ready::ready));
}
