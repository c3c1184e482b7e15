use actix_web::{HttpResponse, web};
use shared::health::{self, Dependency};

use crate::app::App;

/// `GET /health/ready`: whether pages are served. The services behind have endpoints of their own: a
/// frontend that cannot reach them still says so, in a page, better than nobody.
pub(crate) async fn ready(app: web::Data<App>) -> HttpResponse {
    let sessions = app.page_sessions.is_up().await;
    health::ready(&[Dependency { name: "page_sessions", up: sessions, needed: false }])
}
