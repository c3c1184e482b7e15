//! The internal port: metrics, health checks and service-to-service endpoints, never exposed to the public.

use actix_web::{App, HttpResponse, HttpServer, http::header, middleware::from_fn, web};

use crate::{
    extractors, health,
    request_scope::request_scope,
    routes,
    serve::{SHUTDOWN_SECONDS, Server, StartError},
};
use drawbridge_core::{metrics::Metrics, settings::Listen};

/// Binds the internal port of `server`.
///
/// # Errors
/// The port cannot be bound.
pub fn bind(
    server: Server,
    listen: Listen,
    metrics: Metrics,
    routes: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> Result<Server, StartError> {
    let listen = Listen { address: listen.internal_address, port: listen.internal_port, ..listen };
    let refused = |error| StartError::listen(server.name(), listen, &error);
    let draining = web::Data::new(server.draining().clone());
    let internal = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(metrics.clone()))
            .app_data(draining.clone())
            .wrap(from_fn(request_scope))
            .configure(extractors::configure)
            .service(routes::get("/metrics", show_metrics))
            .service(routes::get("/health/live", health::live))
            .service(routes::get("/health/serving", health::serving))
            .configure(routes.clone())
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .bind((listen.address, listen.port))
    .map_err(refused)?;
    let port = internal.addrs().first().map_or(listen.port, std::net::SocketAddr::port);
    Ok(server.with_internal(port, internal.run()))
}

/// `GET /metrics`.
async fn show_metrics(metrics: web::Data<Metrics>) -> HttpResponse {
    const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, OPEN_METRICS)).body(metrics.render())
}
