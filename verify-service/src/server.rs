//! The only constructor of the service, used by `main`, `drawbridge up` and the tests.

use std::{net::SocketAddr, sync::Arc};

use actix_web::{App as ActixApp, HttpServer, middleware::from_fn, rt::spawn, web};
use drawbridge_core::clock::SystemClock;
use drawbridge_http::{
    RequestMetrics, configure as configure_extractors,
    draining::Draining,
    internal, request_scope,
    serve::{KEEP_ALIVE, SHUTDOWN_SECONDS, Server, StartError},
};

use crate::{app::App, config::Config, hot::FastPath, routes};

const SERVICE_NAME: &str = "verify-service";

/// Binds the public and the internal port.
///
/// # Errors
/// A line that says which port cannot be bound, and why.
pub fn bind(config: Config) -> Result<Server, StartError> {
    let listen = config.listen;
    if let Some(caution) = config.parties.caution() {
        tracing::warn!("{caution}");
    }
    let redis = config.cache.server();
    let app = web::Data::new(App::new(config, Arc::new(SystemClock)));
    let metrics = app.metrics.clone();
    let publisher = app.publisher.clone();
    let feed_app = app.clone();
    let internal_app = app.clone();
    let draining = Draining::new(listen.drain_time);
    let draining_data = web::Data::new(draining.clone());

    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(app.clone())
            .app_data(draining_data.clone())
            .app_data(RequestMetrics(app.metrics.clone()))
            .app_data(app.pages.clone())
            .wrap(from_fn(request_scope))
            .wrap(FastPath::new(app.clone(), draining_data.clone()))
            .configure(configure_extractors)
            .configure(|config| routes::configure(config, &app.pages))
    })
    .keep_alive(KEEP_ALIVE)
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .bind((listen.address, listen.port))
    .map_err(|error| StartError::listen(SERVICE_NAME, listen, &error))?;
    let port = server.addrs().first().map_or(listen.port, SocketAddr::port);
    let report_certificate = redis.map(|redis| spawn(redis.report_untrusted_certificate()));
    let publish_changes = publisher.map(|publisher| spawn(publisher.run()));
    let watch_keys = spawn(async move { feed_app.feed_access.watch_keys().await });
    let background = report_certificate.into_iter().chain(publish_changes).chain([watch_keys]).collect();
    let server = Server::new(SERVICE_NAME, port, server.run(), background, draining);
    internal::bind(server, listen, metrics, move |config| {
        config.app_data(internal_app.clone()).configure(routes::configure_internal);
    })
}
