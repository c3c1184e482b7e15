use actix_web::{HttpResponse, web};
use drawbridge_http::{
    draining::Draining,
    health::{self, Dependency},
};

use crate::app::App;

/// `GET /health/ready`: whether pages can be served. The other services are not checked: without them, pages
/// still tell visitors about the outage.
pub(crate) async fn show(app: web::Data<App>, draining: web::Data<Draining>) -> HttpResponse {
    let is_reachable = app.page_sessions.is_reachable().await;
    let dependencies = [Dependency { name: "page_sessions", up: is_reachable, needed: false }];
    health::ready(&draining, &dependencies)
}
