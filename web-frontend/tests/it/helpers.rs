use std::sync::Arc;

use actix_web::{App, HttpResponse, HttpServer, http::StatusCode, web};
use drawbridge_core::settings::fixed;
use drawbridge_verification::user_cache::{CacheLocation, MemoryUserCache};
use tempfile::TempDir;
use tests::{PASSWORD, Visitor};

/// All three services in this process, on SQLite.
pub(crate) struct TestApp {
    pub(crate) frontend: String,
    pub(crate) auth: String,
    pub(crate) verify: String,
    /// The internal port of verify-service.
    pub(crate) internal: String,
    pub(crate) cache: CacheLocation,
    _folder: TempDir,
}

impl TestApp {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    /// The same, with other settings of auth-service.
    pub(crate) async fn start_with(change: impl FnOnce(&mut auth_service::Config)) -> Self {
        let folder = TempDir::new().unwrap();
        let database = format!("sqlite://{}", folder.path().join("test.db").display());
        let common = [
            ("DATABASE_URL", database.as_str()),
            ("REDIS_URL", "memory:"),
            ("MASTER_SECRET", MASTER_SECRET),
            ("FRONTEND_ORIGIN", "http://localhost:8080"),
            ("PORT", "0"),
        ];
        let cache = CacheLocation::InProcess(Arc::new(MemoryUserCache::new(1 << 20)));
        let mut auth = auth_service::Config::read(&fixed(common)).unwrap();
        auth.passwords.cost = 4;
        auth.cache = cache.clone();
        change(&mut auth);
        let mut verify = verify_service::Config::read(&fixed(common)).unwrap();
        verify.cache = cache.clone();
        let (auth, verify) = (auth_service::bind(auth).await.unwrap(), verify_service::bind(verify).unwrap());
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        let (auth_url, verify_url) = (url(auth.port()), url(verify.port()));
        let internal = url(verify.internal_port().unwrap());
        let frontend = start_frontend(&auth_url, &verify_url);
        auth.spawn();
        verify.spawn();
        Self { frontend, auth: auth_url, verify: verify_url, internal, cache, _folder: folder }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.frontend)
    }

    /// A visitor with a new account and a session.
    pub(crate) async fn signed_in(&self, email: &str) -> Visitor {
        let body = serde_json::json!({"email": email, "password": PASSWORD});
        let mut visitor = Visitor::new();
        for (path, status) in [("/api/register", 201), ("/api/login", 200)] {
            let answer = visitor.post_json(&self.url(path), &body).await;
            assert_eq!(answer.status, status, "{}", answer.text);
        }
        visitor
    }
}

const MASTER_SECRET: &str = "the master secret of the test suite";

/// web-frontend before these services; its address.
pub(crate) fn start_frontend(auth_service: &str, verify_service: &str) -> String {
    start_frontend_with(auth_service, verify_service, &[])
}

/// The same, with more settings.
pub(crate) fn start_frontend_with(
    auth_service: &str,
    verify_service: &str,
    more: &[(&'static str, &str)],
) -> String {
    let settings = [
        ("REDIS_URL", "memory:"),
        ("MASTER_SECRET", MASTER_SECRET),
        ("FRONTEND_ORIGIN", "http://localhost:8080"),
        ("PORT", "0"),
        ("AUTH_SERVICE_URL", auth_service),
        ("VERIFY_SERVICE_URL", verify_service),
    ];
    let settings = fixed(settings.into_iter().chain(more.iter().copied()));
    let web = web_frontend::bind(web_frontend::Config::read(&settings).unwrap()).unwrap();
    let url = format!("http://127.0.0.1:{}", web.port());
    web.spawn();
    url
}

/// Something that is not one of our services: it answers everything with this.
pub(crate) fn start_stranger(status: u16, body: &'static str) -> String {
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
