//! Every URL of the service.

use actix_web::web::{self, ServiceConfig};
use drawbridge_http::{
    health, read,
    remote_source::{KEYS_PATH, RECORD_PATH},
    write,
};

use crate::handlers::{auth_request, forward_auth, health_ready, keys, record, verify};

/// Adds the routes.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(write("/api/verify", verify::verify))
        .service(read("/auth-request", auth_request::auth_request))
        .route("/forward-auth", web::to(forward_auth::forward_auth))
        .route("/forward-auth/{path:.*}", web::to(forward_auth::forward_auth))
        .service(read("/health/live", health::live))
        .service(read("/health/serving", health::serving))
        .service(read("/health/ready", health_ready::ready));
}

/// Adds the routes of the internal port.
pub(crate) fn configure_internal(config: &mut ServiceConfig) {
    config.service(write(RECORD_PATH, record::record)).service(read(KEYS_PATH, keys::keys));
}
