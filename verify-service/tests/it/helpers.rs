use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use drawbridge_core::{id::UserId, metrics::Metrics, origin::Origin, settings::fixed};
use drawbridge_database::DatabaseUrl;
use drawbridge_http::access_rules::AccessRules;
use drawbridge_verification::{
    redis_connection::RedisUrl,
    user_cache::{CacheLocation, CachedState, Epoch, MemoryUserCache, UserCache},
    user_record::{UserRecord, UserState},
};
use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{
    Answer, MASTER_SECRET, PASSWORD, Redis, Service, Visitor, expect_contract, fresh_postgres_database,
};

const CACHE_BYTES: u64 = 1 << 20;

/// How long a test waits for something that takes milliseconds.
const DEADLINE: Duration = Duration::from_secs(5);

/// auth-service and verify-service in this process, sharing a database and a cache.
pub(crate) struct TestApp {
    pub(crate) auth: String,
    /// The public port of verify-service.
    verify: String,
    /// The internal port of verify-service.
    pub(crate) internal: String,
    cache: Option<Arc<dyn UserCache>>,
    redis: Option<Redis>,
    _folder: TempDir,
}

/// How a [`TestApp`] is started.
struct Setup {
    database: String,
    cache: CacheLocation,
    redis: Option<Redis>,
    folder: TempDir,
    has_verify_database: bool,
    /// The lifetime of tokens, if verify-service renews them for gateways.
    renewed_token_lifetime: Option<Duration>,
    access_rules: AccessRules,
}

impl Setup {
    /// SQLite and the in-process cache.
    fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        Self {
            database: format!("sqlite://{}", folder.path().join("test.db").display()),
            cache: CacheLocation::InProcess(Arc::new(MemoryUserCache::new(CACHE_BYTES))),
            redis: None,
            folder,
            has_verify_database: true,
            renewed_token_lifetime: None,
            access_rules: AccessRules::default(),
        }
    }

    /// PostgreSQL and Redis.
    fn postgres() -> Self {
        let redis = Redis::start();
        Self {
            database: fresh_postgres_database(),
            cache: RedisUrl::parse(redis.url()).unwrap().into(),
            redis: Some(redis),
            ..Self::sqlite()
        }
    }

    async fn start(self) -> TestApp {
        let settings = fixed([
            ("DATABASE_URL", self.database.as_str()),
            ("REDIS_URL", "memory:"),
            ("MASTER_SECRET", MASTER_SECRET),
            ("FRONTEND_ORIGIN", "http://localhost:8080"),
            ("PORT", "0"),
        ]);
        let mut auth = auth_service::Config::read(&settings).unwrap();
        auth.passwords.cost = 4;
        auth.cache = self.cache.clone();
        if let Some(lifetime) = self.renewed_token_lifetime {
            auth.tokens.lifetime = lifetime;
        }
        let auth = auth_service::bind(auth).await.unwrap();
        let auth_url = local_url(auth.port());

        let mut verify = verify_service::Config::read(&settings).unwrap();
        verify.cache = self.cache.clone();
        verify.access_rules = self.access_rules;
        if self.renewed_token_lifetime.is_some() {
            verify.auth_service = vec![Origin::parse(&auth_url).unwrap()];
        }
        if !self.has_verify_database {
            verify.database_url = DatabaseUrl::parse("sqlite:///nowhere/test.db").unwrap();
        }
        let verify = verify_service::bind(verify).unwrap();

        let app = TestApp {
            auth: auth_url,
            verify: local_url(verify.port()),
            internal: local_url(verify.internal_port().unwrap()),
            cache: self.cache.open(CACHE_BYTES, &Metrics::new()),
            redis: self.redis,
            _folder: self.folder,
        };
        expect_contract(Service::Auth, &app.auth);
        expect_contract(Service::Verify, &app.verify);
        auth.spawn();
        verify.spawn();
        app
    }
}

fn local_url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

impl TestApp {
    /// SQLite and the in-process cache.
    pub(crate) async fn on_sqlite() -> Self {
        Setup::sqlite().start().await
    }

    /// PostgreSQL and Redis.
    pub(crate) async fn on_postgres() -> Self {
        Setup::postgres().start().await
    }

    /// One app on SQLite with the in-process cache, one on PostgreSQL with Redis.
    pub(crate) async fn on_both() -> [Self; 2] {
        [Self::on_sqlite().await, Self::on_postgres().await]
    }

    /// PostgreSQL without a cache, like separate programs with `REDIS_URL=memory:`.
    pub(crate) async fn without_cache() -> Self {
        let database = fresh_postgres_database();
        Setup { database, cache: CacheLocation::Nowhere, ..Setup::sqlite() }.start().await
    }

    /// A verify-service without a cache whose database is unreachable.
    pub(crate) async fn without_database() -> Self {
        Setup { cache: CacheLocation::Nowhere, has_verify_database: false, ..Setup::sqlite() }.start().await
    }

    /// A verify-service that applies these access rules (`GUARDED_PATHS`).
    pub(crate) async fn with_access_rules(rules: &str) -> Self {
        let access_rules = AccessRules::parse(rules).unwrap().with_next_paths();
        Setup { access_rules, ..Setup::sqlite() }.start().await
    }

    /// Tokens that last four seconds and are renewed for gateways.
    pub(crate) async fn renewing() -> Self {
        Setup { renewed_token_lifetime: Some(Duration::from_secs(4)), ..Setup::sqlite() }.start().await
    }

    /// A URL on the public port of verify-service.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.verify)
    }

    /// The URL of Redis.
    pub(crate) fn redis_url(&self) -> &str {
        self.redis.as_ref().unwrap().url()
    }

    /// Another verifier's view of the cache.
    pub(crate) fn cache(&self) -> &dyn UserCache {
        self.cache.as_deref().unwrap()
    }

    /// The epoch, once the cache is trusted.
    pub(crate) async fn epoch(&self) -> Epoch {
        eventually("the cache is trusted", async || self.cache().trust().map(|trust| trust.epoch)).await
    }

    /// The user's record in the cache.
    pub(crate) async fn cached_record(&self, user: UserId) -> UserRecord {
        match self.cache().get(self.epoch().await, user).await.unwrap() {
            Some(CachedState { state: UserState::Present(record), .. }) => (*record).clone(),
            other => panic!("{other:?}"),
        }
    }

    /// Waits until verify-service trusts its cache, if it has one. From then on, it learns of changes
    /// immediately.
    pub(crate) async fn until_trusted(&self) {
        eventually("verify-service trusts its cache", async || {
            (!self.metrics().await.contains("drawbridge_cache_trusted{} 0")).then_some(())
        })
        .await;
    }

    /// The metrics of verify-service.
    pub(crate) async fn metrics(&self) -> String {
        Visitor::new().get(&format!("{}/metrics", self.internal)).await.text
    }

    /// A visitor with a new account and a session.
    pub(crate) async fn signed_in(&self, email: &str) -> Visitor {
        let body = json!({"email": email, "password": PASSWORD});
        let mut visitor = Visitor::new();
        for (path, status) in [("/api/register", 201), ("/api/login", 200)] {
            let answer = visitor.post_json(&format!("{}{path}", self.auth), &body).await;
            assert_eq!(answer.status, status, "{}", answer.text);
        }
        visitor
    }

    /// Signs the visitor out. Returns a copy that still has the old cookie.
    pub(crate) async fn sign_out(&self, mut visitor: Visitor) -> Visitor {
        let left_behind = visitor.clone();
        let answer = visitor.post(&format!("{}/api/logout", self.auth)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        left_behind
    }

    /// Sends `POST /api/verify`.
    pub(crate) async fn verify(&self, visitor: &mut Visitor) -> Answer {
        visitor.post(&self.url("/api/verify")).await
    }

    /// The ID of a signed-in visitor.
    pub(crate) async fn user_id(&self, visitor: &mut Visitor) -> UserId {
        let answer = self.verify(visitor).await.json();
        answer.pointer("/data/user/id").and_then(Value::as_str).unwrap().parse().unwrap()
    }

    /// Sends a gateway's request.
    pub(crate) async fn ask_as_gateway(
        &self,
        visitor: &mut Visitor,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Answer {
        let request = visitor.request(Method::GET, &self.url(path));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        visitor.send(request).await
    }
}

/// Repeats `find` until it finds something.
pub(crate) async fn eventually<T>(what: &str, mut find: impl AsyncFnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = find().await {
            return found;
        }
        assert!(started.elapsed() < DEADLINE, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
