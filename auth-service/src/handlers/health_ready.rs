use actix_web::{HttpResponse, web};
use drawbridge_http::{
    draining::Draining,
    health::{self, Dependency, Report},
};

use crate::app::App;

/// `GET /health/ready`: reports whether users can sign in. The cache is not required for that.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "get_readiness",
    tag = "Operation",
    responses(
        (status = 200, description = "Users can sign in", body = Report),
        (status = 503, description = "A dependency is unreachable, or the service is stopping", body = Report)
    )
)]
pub(crate) async fn ready(app: web::Data<App>, draining: web::Data<Draining>) -> HttpResponse {
    let (database, cache) = tokio::join!(app.database.is_up(), is_cache_up(&app));
    let dependencies = [
        Dependency { name: "database", up: database, needed: true },
        Dependency { name: "cache", up: cache, needed: false },
    ];
    health::ready(&draining, &dependencies)
}

async fn is_cache_up(app: &App) -> bool {
    match &app.cache {
        Some(cache) => cache.is_up().await,
        None => true,
    }
}
