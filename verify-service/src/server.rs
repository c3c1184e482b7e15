//! The one way to start the service: `main`, `drawbridge up` and the tests all come through here.

use std::sync::Arc;

use actix_web::{App as ActixApp, HttpServer, middleware::from_fn, web};
use drawbridge_core::clock::SystemClock;
use drawbridge_http as http;
use drawbridge_http::{
    Counted,
    draining::Draining,
    internal,
    serve::{KEEP_ALIVE, SHUTDOWN_SECONDS, Server, StartError},
};

use crate::{app::App, config::Config, hot::Hot, routes};

const NAME: &str = "verify-service";

/// Binds the ports.
///
/// # Errors
/// One line that says what is wrong.
pub fn bind(config: Config) -> Result<Server, StartError> {
    let listen = config.listen;
    let app = web::Data::new(App::new(config, Arc::new(SystemClock)));
    let (metrics, internal_app) = (app.metrics.clone(), app.clone());
    let draining = Draining::new(listen.drain_time);
    let leaving = web::Data::new(draining.clone());

    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(app.clone())
            .app_data(leaving.clone())
            .app_data(Counted(app.metrics.clone()))
            .wrap(from_fn(http::request_scope))
            .wrap(Hot::new(app.clone(), leaving.clone()))
            .configure(http::configure)
            .configure(routes::configure)
    })
    .keep_alive(KEEP_ALIVE)
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .bind((listen.address, listen.port))
    .map_err(|error| StartError::listen(NAME, listen, &error))?;
    let port = server.addrs().first().map_or(listen.port, std::net::SocketAddr::port);
    let server = Server::new(NAME, port, server.run(), Vec::new(), draining);
    internal::bind(server, listen, metrics, move |config| {
        config.app_data(internal_app.clone()).configure(routes::configure_internal);
    })
}
