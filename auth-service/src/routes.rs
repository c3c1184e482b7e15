//! Every URL of the service.

use actix_web::web::ServiceConfig;
use shared::{
    health,
    http::{read, write},
};

use crate::handlers::{health_ready, jwks, login, logout, me, refresh, register};

/// Adds the routes.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(write("/api/register", register::register))
        .service(write("/api/login", login::login))
        .service(write("/api/logout", logout::logout))
        .service(write("/api/refresh", refresh::refresh))
        .service(read("/api/me", me::me))
        .service(read("/.well-known/jwks.json", jwks::jwks))
        .service(read("/health/live", health::live))
        .service(read("/health/serving", health::serving))
        .service(read("/health/ready", health_ready::ready));
}
