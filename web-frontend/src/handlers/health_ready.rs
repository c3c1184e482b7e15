use actix_web::{HttpResponse, web};
use drawbridge_http::{
    draining::Draining,
    health::{self, Dependency},
};

use crate::app::App;

/// `GET /health/ready`: whether pages are served. The services behind have endpoints of their own: a
/// frontend that cannot reach them still says so, in a page, better than nobody.
pub(crate) async fn ready(app: web::Data<App>, draining: web::Data<Draining>) -> HttpResponse {
    let sessions = app.page_sessions.is_up().await;
    let dependencies = [Dependency { name: "page_sessions", up: sessions, needed: false }];
    health::ready(&draining, &dependencies)
}
