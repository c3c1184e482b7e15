use actix_web::{HttpResponse, web};
use shared::{
    health::{self, Dependency},
    user_cache,
};

use crate::app::App;

/// `GET /health/ready`: whether people can sign in. Without the cache they still can.
pub(crate) async fn ready(app: web::Data<App>) -> HttpResponse {
    let (database, cache) = tokio::join!(app.database.is_up(), user_cache::is_up(app.cache.as_ref()));
    health::ready(&[
        Dependency { name: "database", up: database, needed: true },
        Dependency { name: "cache", up: cache, needed: false },
    ])
}
