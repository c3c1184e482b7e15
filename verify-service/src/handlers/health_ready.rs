use actix_web::{HttpResponse, web};
use drawbridge_http::{
    draining::Draining,
    health::{self, Dependency, Report},
};

use crate::app::App;

/// `GET /health/ready`: answers 200 if tokens can be verified. That is possible without the cache.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "get_readiness",
    tag = "Operation",
    responses(
        (status = 200, description = "Tokens can be verified", body = Report),
        (status = 503, description = "A dependency is unreachable, or the service is stopping", body = Report)
    )
)]
pub(crate) async fn ready(app: web::Data<App>, draining: web::Data<Draining>) -> HttpResponse {
    let (database, cache, keys) =
        tokio::join!(app.database.is_up(), cache_is_up(&app), app.verifier.key_ring().keys());
    let dependencies = [
        Dependency { name: "database", up: database, needed: true },
        Dependency { name: "cache", up: cache, needed: false },
        Dependency { name: "signing_keys", up: keys.is_ok(), needed: true },
    ];
    health::ready(&draining, &dependencies)
}

async fn cache_is_up(app: &App) -> bool {
    match &app.cache {
        Some(cache) => cache.is_up().await,
        None => true,
    }
}
