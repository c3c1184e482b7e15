//! The constructor of the service, used by `main`, `drawbridge up` and the tests.

use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, TcpListener},
    sync::Arc,
};

use actix_web::{App as ActixApp, HttpServer, middleware::from_fn, rt::spawn, web};
use drawbridge_core::{
    clock::{SharedClock, SystemClock},
    settings::Listen,
};
use drawbridge_http::{
    LongRequests, RequestMetrics, configure,
    cross_site::{OwnOrigins, refuse_cross_site},
    draining::Draining,
    get, internal, request_scope,
    serve::{KEEP_ALIVE, SHUTDOWN_SECONDS, Server, StartError},
};
use tokio::task::JoinHandle;

use crate::{
    app::{App, SERVICE_NAME},
    config::Config,
    handlers::{health_ready, upstream::UPLOAD_TIMEOUT},
    middleware::render_problems,
    routes,
};

/// Builds the service and binds its ports.
///
/// # Errors
/// One line that says what is wrong.
pub fn bind(config: Config) -> Result<Server, StartError> {
    bind_with_clock(config, Arc::new(SystemClock))
}

/// Does the same as [`bind`], with another clock. The guard keeps using the machine's clock.
///
/// # Errors
/// One line that says what is wrong.
pub fn bind_with_clock(config: Config, clock: SharedClock) -> Result<Server, StartError> {
    let listen = config.listen;
    let app = web::Data::new(App::new(&config, clock)?);
    log_cautions(&config);
    let metrics = app.metrics.clone();
    let background = start_background_tasks(&app, &config);
    let internal_app = app.clone();
    let draining = Draining::new(listen.drain_time);
    log_access_rules(&config);
    let page_session_key = Arc::new(config.own_secret.page_session_key());
    let shared_draining = web::Data::new(draining.clone());
    let ipv6_listener = if is_localhost(&config) { bind_ipv6_loopback(listen)? } else { None };
    let server = HttpServer::new(move || {
        let page_sessions = app.page_sessions.clone().middleware(&page_session_key, &config.cookie);
        ActixApp::new()
            .app_data(app.clone())
            .app_data(shared_draining.clone())
            .app_data(RequestMetrics(app.metrics.clone()))
            .app_data(LongRequests {
                prefixes: app.upstreams.prefixes().map(str::to_owned).collect(),
                except: app.upstreams.has_app().then(|| app.pages.prefix().to_owned()),
                timeout: UPLOAD_TIMEOUT + config.upstreams.timeout,
            })
            .app_data(app.pages.clone())
            .app_data(config.upstreams.cross_site_paths.clone())
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
    let server = match ipv6_listener {
        Some(listener) => {
            server.listen(listener).map_err(|error| StartError::listen(SERVICE_NAME, listen, &error))?
        }
        None => server,
    };
    let server = Server::new(SERVICE_NAME, port, server.run(), background, draining);
    internal::bind(server, listen, metrics, move |routes| {
        routes.app_data(internal_app.clone()).service(get("/health/ready", health_ready::show));
    })
}

fn log_access_rules(config: &Config) {
    for rule in config.access_rules.table() {
        let requirement = rule.requirement.as_ref().map_or_else(|| "public".to_owned(), ToString::to_string);
        tracing::info!(method = rule.method, host = rule.host, path = rule.path, requirement, "access rule");
    }
}

fn log_cautions(config: &Config) {
    if let Some(caution) = config.guard.parties.caution() {
        tracing::warn!("{caution}");
    }
    if let Some(caution) = config.own_secret.caution() {
        tracing::warn!("{caution}");
    }
}

fn start_background_tasks(app: &web::Data<App>, config: &Config) -> Vec<JoinHandle<()>> {
    let refreshed_app = app.clone();
    let mut tasks = vec![
        spawn(async move { refreshed_app.documents.keep_current(&refreshed_app.auth).await }),
        spawn(app.upstreams.report_untrusted_certificates(config.upstreams.connect_timeout)),
    ];
    if let Some(route) = app.upstreams.app() {
        tasks.push(spawn(config.app_detection.run(route.clone(), app.frontend_origin.clone())));
    }
    if let Some(redis) = config.cache.server() {
        tasks.push(spawn(redis.report_untrusted_certificate()));
    }
    tasks
}

/// Returns true if browsers reach the service as `localhost`, which can be either loopback address.
fn is_localhost(config: &Config) -> bool {
    let is_ipv4_loopback = config.listen.address == IpAddr::V4(Ipv4Addr::LOCALHOST);
    is_ipv4_loopback && config.listen.port != 0 && config.frontend_origin.host() == "localhost"
}

/// Listens on the other address of `localhost`, which many browsers try first. Otherwise, they would show what another
/// program serves there. `None` on machines without IPv6.
fn bind_ipv6_loopback(listen: Listen) -> Result<Option<TcpListener>, StartError> {
    let address = Ipv6Addr::LOCALHOST;
    match TcpListener::bind((address, listen.port)) {
        Ok(listener) => Ok(Some(listener)),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let listen = Listen { address: address.into(), ..listen };
            Err(StartError::listen(SERVICE_NAME, listen, &error))
        }
        Err(error) => {
            tracing::debug!(%error, "localhost has no IPv6 address here");
            Ok(None)
        }
    }
}
