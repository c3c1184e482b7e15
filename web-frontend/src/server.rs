//! The constructor of the service, used by `main`, `drawbridge up` and the tests.

use std::sync::Arc;

use actix_web::{App as ActixApp, HttpServer, middleware::from_fn, rt::spawn, web};
use drawbridge_http::{
    LongRequests, RequestMetrics, configure,
    cross_site::{OwnOrigins, refuse_cross_site},
    draining::Draining,
    internal, request_scope,
    serve::{KEEP_ALIVE, SHUTDOWN_SECONDS, Server, StartError},
};

use crate::{
    app::{App, SERVICE_NAME},
    config::Config,
    handlers::upstream::UPLOAD_TIMEOUT,
    middleware::render_problems,
    routes,
};

/// Builds the service and binds its ports.
///
/// # Errors
/// One line that says what is wrong.
pub fn bind(config: Config) -> Result<Server, StartError> {
    let listen = config.listen;
    let app = web::Data::new(App::new(&config)?);
    if let Some(caution) = config.guard.parties.caution() {
        tracing::warn!("{caution}");
    }
    let metrics = app.metrics.clone();
    let refreshed_app = app.clone();
    let draining = Draining::new(listen.drain_time);
    if let Some(caution) = config.own_secret.caution() {
        tracing::warn!("{caution}");
    }
    let page_session_key = Arc::new(config.own_secret.page_session_key());
    let shared_draining = web::Data::new(draining.clone());
    let server = HttpServer::new(move || {
        let page_sessions = app.page_sessions.clone().middleware(&page_session_key, &config.cookie);
        ActixApp::new()
            .app_data(app.clone())
            .app_data(shared_draining.clone())
            .app_data(RequestMetrics(app.metrics.clone()))
            .app_data(LongRequests {
                prefixes: app.upstreams.prefixes().map(str::to_owned).collect(),
                timeout: UPLOAD_TIMEOUT + config.upstreams.timeout,
            })
            .app_data(OwnOrigins(vec![app.frontend_origin.clone()]))
            .wrap(from_fn(refuse_cross_site))
            .wrap(from_fn(render_problems))
            .wrap(from_fn(request_scope))
            .configure(configure)
            .configure(|service| routes::configure(service, page_sessions, &app))
    })
    .keep_alive(KEEP_ALIVE)
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .bind((listen.address, listen.port))
    .map_err(|error| StartError::listen(SERVICE_NAME, listen, &error))?;
    let port = server.addrs().first().map_or(listen.port, std::net::SocketAddr::port);
    let refresh = spawn(async move { refreshed_app.documents.keep_current(&refreshed_app.auth).await });
    let server = Server::new(SERVICE_NAME, port, server.run(), vec![refresh], draining);
    internal::bind(server, listen, metrics, |_| {})
}
