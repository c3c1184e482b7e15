use actix_web::{HttpResponse, web};
use drawbridge_http::{
    draining::Draining,
    health::{self, Dependency, Report},
};

use crate::app::App;

/// `GET /health/ready`: whether pages can be served. The other services are not checked: without them, pages
/// still tell visitors about the outage.
#[utoipa::path(
    get,
    path = "/health/ready",
    operation_id = "get_readiness",
    tag = "Operation",
    responses(
        (status = 200, description = "Pages can be served", body = Report),
        (status = 503, description = "The service is stopping", body = Report)
    )
)]
pub(crate) async fn show(app: web::Data<App>, draining: web::Data<Draining>) -> HttpResponse {
    let is_reachable = app.page_sessions.is_reachable().await;
    let dependencies = [Dependency { name: "page_sessions", up: is_reachable, needed: false }];
    health::ready(&draining, &dependencies)
}
