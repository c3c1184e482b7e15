use std::sync::Arc;

use actix_web::{App, HttpResponse, HttpServer, http::StatusCode, web};
use drawbridge_core::{
    clock::{SharedClock, SystemClock},
    settings::fixed,
};
use drawbridge_verification::user_cache::{CacheLocation, MemoryUserCache};
use tempfile::TempDir;
use tests::{MASTER_SECRET, Service, Visitor, WEB_FRONTEND_KEY, expect_contract, expect_contract_below};

const CACHE_BYTES: u64 = 1 << 20;

/// All three services in this process, on SQLite.
pub(crate) struct TestApp {
    /// The URL of web-frontend.
    pub(crate) frontend: String,
    /// The URL of auth-service.
    pub(crate) auth: String,
    /// The URL of verify-service.
    pub(crate) verify: String,
    /// The URL of verify-service's internal port.
    pub(crate) verify_internal: String,
    pub(crate) cache: CacheLocation,
    _folder: TempDir,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// Starts the services after applying `change` to auth-service's settings.
    pub(crate) async fn start_with(change: impl FnOnce(&mut auth_service::Config)) -> Self {
        Self::start_with_clock(Arc::new(SystemClock), change).await
    }

    /// Starts the services after applying `change`. auth-service and web-frontend use this clock.
    pub(crate) async fn start_with_clock(
        clock: SharedClock,
        change: impl FnOnce(&mut auth_service::Config),
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let database_url = format!("sqlite://{}", folder.path().join("test.db").display());
        let own = [("DATABASE_URL", database_url.as_str()), ("MASTER_SECRET", MASTER_SECRET)];
        let settings = fixed(COMMON_SETTINGS.into_iter().chain(own));
        let cache = CacheLocation::InProcess(Arc::new(MemoryUserCache::new(CACHE_BYTES)));
        let mut auth = auth_service::Config::read(&settings).unwrap();
        auth.passwords.cost = 4;
        auth.cache = cache.clone();
        change(&mut auth);
        let mut verify = verify_service::Config::read(&settings).unwrap();
        verify.cache = cache.clone();

        let auth = auth_service::bind_with_clock(auth, clock.clone()).await.unwrap();
        let verify = verify_service::bind(verify).unwrap();
        let auth_url = local_url(auth.port());
        let verify_url = local_url(verify.port());
        let verify_internal = local_url(verify.internal_port().unwrap());
        expect_contract(Service::Auth, &auth_url);
        expect_contract(Service::Verify, &verify_url);
        auth.spawn();
        verify.spawn();
        let frontend = start_frontend_with_clock(&auth_url, &verify_url, &[], clock);
        Self { frontend, auth: auth_url, verify: verify_url, verify_internal, cache, _folder: folder }
    }

    /// The URL of a path of web-frontend.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.frontend)
    }

    /// Starts another web-frontend with these settings and returns its URL.
    pub(crate) fn start_frontend(&self, settings: &[(&'static str, &str)]) -> String {
        start_frontend(&self.auth, &self.verify, settings)
    }

    /// Creates an account and returns a visitor who has signed in.
    pub(crate) async fn signed_in(&self, email: &str) -> Visitor {
        tests::signed_in(&self.frontend, email).await
    }
}

const COMMON_SETTINGS: [(&str, &str); 4] = [
    ("REDIS_URL", "memory:"),
    ("WEB_FRONTEND_KEY", WEB_FRONTEND_KEY),
    ("FRONTEND_ORIGIN", "http://localhost:8080"),
    ("PORT", "0"),
];

/// Starts web-frontend in front of these services and returns its URL. `settings` override the common ones.
pub(crate) fn start_frontend(auth: &str, verify: &str, settings: &[(&'static str, &str)]) -> String {
    start_frontend_with_clock(auth, verify, settings, Arc::new(SystemClock))
}

/// Does the same as [`start_frontend`], with another clock, which must agree with the clock of auth-service.
pub(crate) fn start_frontend_with_clock(
    auth: &str,
    verify: &str,
    settings: &[(&'static str, &str)],
    clock: SharedClock,
) -> String {
    let services = [("AUTH_SERVICE_URL", auth), ("VERIFY_SERVICE_URL", verify)];
    let settings = fixed(COMMON_SETTINGS.into_iter().chain(services).chain(settings.iter().copied()));
    let config = web_frontend::Config::read(&settings).unwrap();
    let pages = config.pages.clone();
    let server = web_frontend::bind_with_clock(config, clock).unwrap();
    let url = local_url(server.port());
    expect_contract_below(Service::Frontend, &url, pages.prefix());
    server.spawn();
    url
}

/// Starts a program that is not one of our services and gives every request the same answer. Returns its URL.
pub(crate) fn start_impostor(status: u16, body: &'static str) -> String {
    let server = HttpServer::new(move || {
        let answer = move || async move {
            let status = StatusCode::from_u16(status).unwrap();
            HttpResponse::build(status).content_type("application/json").body(body)
        };
        App::new().default_service(web::to(answer))
    });
    let server = server.workers(1).bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    url
}

fn local_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}
