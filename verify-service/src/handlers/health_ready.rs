use actix_web::{HttpResponse, web};
use drawbridge_http::{
    draining::Draining,
    health::{self, Dependency},
};
use drawbridge_verification::{KeyRing, WantedKeys};

use crate::app::App;

/// `GET /health/ready`: whether tokens can be checked. Without the cache they still can.
pub(crate) async fn ready(app: web::Data<App>, draining: web::Data<Draining>) -> HttpResponse {
    let (database, cache, keys) = tokio::join!(
        app.database.is_up(),
        cache_is_up(&app),
        app.verifier.keys().current(WantedKeys::YoungerThan(KeyRing::FRESH_FOR, None))
    );
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
