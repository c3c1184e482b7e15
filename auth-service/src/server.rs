//! The only constructor of the service: `main`, `drawbridge up` and the tests use it.

use std::sync::Arc;

use actix_web::{
    App as ActixApp, HttpServer,
    dev::Server as HttpWorker,
    middleware::{Condition, from_fn},
    rt::spawn,
    web::Data,
};
use drawbridge_cookies::topology::CookieMode;
use drawbridge_core::{
    clock::{SharedClock, SystemClock},
    metrics::Metrics,
    settings::Listen,
};
use drawbridge_database::{Access, Connection, Database};
use drawbridge_http as http;
use drawbridge_http::{
    RequestMetrics,
    cross_site::{OwnOrigins, RegisteredOrigins, refuse_cross_site},
    draining::Draining,
    internal,
    serve::{KEEP_ALIVE, SHUTDOWN_SECONDS, Server, StartError},
};
use tokio::task::JoinHandle;

use crate::{
    app::{App, NAME},
    config::Config,
    cross_origin::{cors, refresh_registered_origins},
    establish_caller::establish_caller,
    handlers::health_ready,
    housekeeping::run_housekeeping,
    mail::MailWorker,
    routes,
    signing_keys::{KeyVault, rotate_by_age},
    stale_cookies::replace_stale_cookies,
    storage,
};

/// Runs the migrations, creates the first signing key, and binds the ports.
///
/// # Errors
/// A dependency is missing or fails. The error says which one, in one line.
pub async fn bind(config: Config) -> Result<Server, StartError> {
    bind_with_clock(config, Arc::new(SystemClock)).await
}

/// Does the same as [`bind`], with another clock.
///
/// # Errors
/// A dependency is missing or fails. The error says which one, in one line.
pub async fn bind_with_clock(config: Config, clock: SharedClock) -> Result<Server, StartError> {
    let vault = Arc::new(KeyVault::new(&config.master_secret));
    prepare_database(&config, vault.clone(), clock.clone()).await?;
    let metrics = Metrics::new();
    let database = Database::new(config.database_url.clone(), Access::Own, config.timeouts, &metrics);
    let rotation = rotate_by_age(vault.clone(), database.clone(), clock.clone(), config.tokens.clone());
    let app = Data::new(App::new(&config, database, vault, clock, &metrics)?);
    let mut background = vec![spawn(rotation)];
    background.extend(start_background_tasks(&app, &config)?);
    if let Some(caution) = config.cookie.policy().caution() {
        tracing::warn!("{caution}");
    }
    if let Some(caution) = config.tokens.parties.caution() {
        tracing::warn!("{caution}");
    }
    if config.token_in_body {
        tracing::warn!(
            "TOKEN_IN_BODY=true gives every client the session token in the response body, where a script in a page can \
             read it. Register frontends that can hold a key with `drawbridge frontend add` instead"
        );
    }
    let listen = config.listen;
    let draining = Draining::new(listen.drain_time);
    let internal_app = app.clone();
    let (server, port) = bind_http(app, config, RequestMetrics(metrics.clone()), draining.clone())?;
    let server = Server::new(NAME, port, server, background, draining);
    internal::bind(server, listen, metrics, move |routes| {
        routes.app_data(internal_app.clone()).service(http::get("/health/ready", health_ready::ready));
    })
}

fn start_background_tasks(app: &Data<App>, config: &Config) -> Result<Vec<JoinHandle<()>>, StartError> {
    let database = app.database.clone();
    let clock = app.clock.clone();
    let mut tasks = vec![
        spawn(app.relay.clone().run()),
        spawn(run_housekeeping(database.clone(), clock.clone(), config.audit_retention)),
    ];
    if let Some(redis) = config.cache.server() {
        tasks.push(spawn(redis.report_untrusted_certificate()));
    }
    if let (Some(queue), Some(mail)) = (&app.mail, &config.mail) {
        let worker = MailWorker::new(mail.clone(), queue.clone(), app.links.clone(), database, clock);
        let worker = worker.map_err(|reason| StartError::dependency(NAME, reason))?;
        tasks.push(spawn(worker.run()));
    }
    Ok(tasks)
}

fn bind_http(
    app: Data<App>,
    config: Config,
    request_metrics: RequestMetrics,
    draining: Draining,
) -> Result<(HttpWorker, u16), StartError> {
    let Listen { address, port, .. } = config.listen;
    let is_called_by_browsers = config.cookie.policy().mode != CookieMode::Proxy;
    let origins = config.own_origins();
    let allowed = app.frontends.allowed_origins();
    let registered = RegisteredOrigins::new({
        let allowed = allowed.clone();
        move |origin: &str| allowed.contains(origin)
    });
    let draining = Data::new(draining);
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(app.clone())
            .app_data(request_metrics.clone())
            .app_data(draining.clone())
            .app_data(config.pages.clone())
            .app_data(OwnOrigins(origins.clone()))
            .app_data(registered.clone())
            .app_data(Data::from(allowed.clone()))
            .wrap(from_fn(replace_stale_cookies))
            .wrap(from_fn(establish_caller))
            .wrap(from_fn(refuse_cross_site))
            .wrap(Condition::new(is_called_by_browsers, cors(&origins, allowed.clone())))
            .wrap(from_fn(refresh_registered_origins))
            .wrap(from_fn(http::request_scope))
            .configure(http::configure)
            .configure(|service| routes::configure(service, &config.pages))
    })
    .keep_alive(KEEP_ALIVE)
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_SECONDS)
    .bind((address, port))
    .map_err(|error| StartError::listen(NAME, config.listen, &error))?;
    let bound_port = server.addrs().first().map_or(port, std::net::SocketAddr::port);
    Ok((server.run(), bound_port))
}

/// Runs the migrations, grants the reader its privileges, and ensures that there is a signing key.
async fn prepare_database(
    config: &Config,
    vault: Arc<KeyVault>,
    clock: SharedClock,
) -> Result<(), StartError> {
    let url = config.database_url.clone();
    let reader = config.database_reader.clone();
    let tokens = config.tokens.clone();
    let prepare = move || {
        let mut connection = Connection::open(&url, Access::Own).map_err(|error| error.to_string())?;
        for migration in storage::migrate(&mut connection).map_err(|error| error.to_string())? {
            tracing::info!(migration, "migration applied");
        }
        if let Some(reader) = &reader {
            storage::grant_reading(&mut connection, reader).map_err(|error| error.to_string())?;
        }
        vault.ensure_key(&mut connection, clock.now(), &tokens).map_err(|error| error.to_string())
    };
    let prepared = tokio::task::spawn_blocking(prepare).await.map_err(|error| error.to_string());
    prepared.flatten().map_err(|reason| StartError::dependency(NAME, reason))
}
