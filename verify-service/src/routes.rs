//! Every URL of the service.

use actix_web::web::ServiceConfig;
use shared::{
    health,
    http::{read, write},
};

use crate::handlers::{health_ready, verify};

/// Adds the routes.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(write("/api/verify", verify::verify))
        .service(read("/health/live", health::live))
        .service(read("/health/ready", health_ready::ready));
}
