//! The one way to start the service: `main`, `drawbridge up` and the tests all come through here.

use std::sync::Arc;

use actix_cors::Cors;
use actix_web::{
    App as ActixApp, HttpServer,
    http::{Method, header},
    middleware::{Condition, from_fn},
    web,
};
use drawbridge_cookies::topology::CookieMode;
use drawbridge_core::{clock::SystemClock, metrics::Metrics, origin::Origin};
use drawbridge_database::{Access, Connection, Database};
use drawbridge_http as http;
use drawbridge_http::{
    Counted,
    cross_site::{OwnOrigins, refuse_cross_site},
    draining::Draining,
    internal,
    serve::{KEEP_ALIVE, SHUTDOWN_SECONDS, Server, StartError},
};

use crate::{
    app::{App, NAME},
    config::Config,
    cookies,
    housekeeping::keep_house,
    mail::Worker,
    routes,
    signing_keys::{KeyVault, rotate_by_age},
    storage,
};

/// Migrates, makes the first signing key, and binds the ports.
///
/// # Errors
/// One line that says what is not there.
pub async fn bind(config: Config) -> Result<Server, StartError> {
    let clock = Arc::new(SystemClock);
    let vault = Arc::new(KeyVault::new(&config.master_secret));
    prepare(&config, vault.clone()).await?;

    let metrics = Metrics::new();
    let database = Database::new(config.database_url.clone(), Access::Own, config.timeouts, &metrics);
    let rotation = rotate_by_age(vault.clone(), database.clone(), clock.clone(), config.tokens.clone());
    let app = web::Data::new(App::new(&config, database, vault, clock, &metrics)?);
    let relay = app.relay.clone();
    let mut background = vec![
        actix_web::rt::spawn(relay.run()),
        actix_web::rt::spawn(rotation),
        actix_web::rt::spawn(keep_house(app.database.clone(), app.clock.clone(), config.audit_retention)),
    ];
    if let (Some(queue), Some(mail)) = (&app.mail, config.mail.clone()) {
        let (queue, links) = (queue.clone(), app.links.clone());
        let worker = Worker::new(mail, queue, links, app.database.clone(), app.clock.clone());
        let worker = worker.map_err(|reason| StartError::dependency(NAME, reason))?;
        background.push(actix_web::rt::spawn(worker.run()));
    }

    let listen = config.listen;
    let refused = |error| StartError::listen(NAME, listen, &error);
    let counted = Counted(metrics.clone());
    let draining = Draining::new(listen.drain_time);
    let leaving = web::Data::new(draining.clone());
    let mut origins = vec![config.frontend_origin];
    origins.extend(config.other_origins);
    let is_called_by_browsers = config.cookie_mode != CookieMode::Proxy;
    if let Some(caution) = config.cookie.policy().caution() {
        tracing::warn!("{caution}");
    }
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(app.clone())
            .app_data(counted.clone())
            .app_data(leaving.clone())
            .app_data(OwnOrigins(origins.clone()))
            .wrap(from_fn(cookies::mend))
            .wrap(from_fn(refuse_cross_site))
            .wrap(Condition::new(is_called_by_browsers, cors(&origins)))
            .wrap(from_fn(http::request_scope))
            .configure(http::configure)
            .configure(routes::configure)
    })
    .keep_alive(KEEP_ALIVE)
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .bind((listen.address, listen.port))
    .map_err(refused)?;
    let port = server.addrs().first().map_or(listen.port, std::net::SocketAddr::port);
    let server = Server::new(NAME, port, server.run(), background, draining);
    internal::bind(server, listen, metrics, |_| {})
}

/// What pages of these origins may do from a browser (Fetch, 3.2). Of others the browser keeps the answer, and
/// [`refuse_cross_site`] what would change something.
fn cors(origins: &[Origin]) -> Cors {
    let cors = Cors::default()
        .allowed_methods([Method::GET, Method::POST, Method::DELETE])
        .allowed_headers([header::ACCEPT, header::CONTENT_TYPE, http::REQUEST_ID])
        .expose_headers([http::REQUEST_ID, header::RETRY_AFTER])
        .supports_credentials()
        .block_on_origin_mismatch(false)
        .max_age(600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(&origin.to_string()))
}

async fn prepare(config: &Config, vault: Arc<KeyVault>) -> Result<(), StartError> {
    let (url, tokens) = (config.database_url.clone(), config.tokens.clone());
    let reader = config.database_reader.clone();
    let prepared = tokio::task::spawn_blocking(move || {
        let mut connection = Connection::open(&url, Access::Own).map_err(|error| error.to_string())?;
        for migration in storage::migrate(&mut connection).map_err(|error| error.to_string())? {
            tracing::info!(migration, "migrated");
        }
        if let Some(reader) = &reader {
            storage::grant_reading(&mut connection, reader).map_err(|error| error.to_string())?;
        }
        let now = drawbridge_core::clock::Clock::now(&SystemClock);
        vault.ensure_key(&mut connection, now, &tokens).map_err(|error| error.to_string())
    });
    let prepared = prepared.await.map_err(|error| error.to_string()).flatten();
    prepared.map_err(|reason| StartError::dependency(NAME, reason))
}
