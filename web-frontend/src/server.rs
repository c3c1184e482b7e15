//! The one way to start the service: `main`, `drawbridge up` and the tests all come through here.

use actix_web::{App as ActixApp, HttpServer, middleware::from_fn, web};
use drawbridge_http as http;
use drawbridge_http::{
    Counted, Patience,
    cross_site::{OwnOrigins, refuse_cross_site},
    draining::Draining,
    internal,
    serve::{KEEP_ALIVE, SHUTDOWN_SECONDS, Server, StartError},
};

use crate::{
    app::{App, NAME},
    config::Config,
    routes,
    upstreams::LONGEST_UPLOAD,
};

/// Binds the ports.
///
/// # Errors
/// One line that says what is wrong.
pub fn bind(config: Config) -> Result<Server, StartError> {
    let listen = config.listen;
    let app = web::Data::new(App::new(&config)?);
    let metrics = app.metrics.clone();
    let draining = Draining::new(listen.drain_time);
    let leaving = web::Data::new(draining.clone());
    let server = HttpServer::new(move || {
        let page_sessions = app.page_sessions.clone().middleware(&config.master_secret, &config.cookie);
        ActixApp::new()
            .app_data(app.clone())
            .app_data(leaving.clone())
            .app_data(Counted(app.metrics.clone()))
            .app_data(Patience {
                prefixes: app.upstreams.prefixes().map(str::to_owned).collect(),
                limit: LONGEST_UPLOAD + config.upstream_timeout,
            })
            .app_data(OwnOrigins(vec![app.frontend_origin.clone()]))
            .wrap(from_fn(refuse_cross_site))
            .wrap(from_fn(crate::pages::problem::as_pages))
            .wrap(from_fn(http::request_scope))
            .configure(http::configure)
            .configure(|config| routes::configure(config, page_sessions, app.guard.clone(), &app.upstreams))
    })
    .keep_alive(KEEP_ALIVE)
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .bind((listen.address, listen.port))
    .map_err(|error| StartError::listen(NAME, listen, &error))?;
    let port = server.addrs().first().map_or(listen.port, std::net::SocketAddr::port);
    let server = Server::new(NAME, port, server.run(), Vec::new(), draining);
    internal::bind(server, listen, metrics, |_| {})
}
