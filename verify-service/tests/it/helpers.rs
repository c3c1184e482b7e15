use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use drawbridge_core::{metrics::Metrics, origin::Origin, settings::fixed};
use drawbridge_database::DatabaseUrl;
use drawbridge_verification::{
    redis_connection::RedisUrl,
    user_cache::{CacheLocation, Epoch, MemoryUserCache, UserCache},
};
use tempfile::TempDir;
use tests::{Answer, PASSWORD, Redis, Visitor, fresh_postgres_database};

/// What is unlike production.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Nothing,
    ShortTokens,
    NoDatabase,
}

/// auth-service and verify-service in this process, over one database and one cache.
pub(crate) struct TestApp {
    pub(crate) auth: String,
    pub(crate) verify: String,
    /// The internal port of verify-service.
    pub(crate) internal: String,
    cache: Option<Arc<dyn UserCache>>,
    pub(crate) redis: Option<Redis>,
    _folder: TempDir,
}

impl TestApp {
    /// SQLite with the in-process cache, and PostgreSQL with Redis.
    pub(crate) async fn both() -> [Self; 2] {
        let folder = TempDir::new().unwrap();
        let sqlite = format!("sqlite://{}", folder.path().join("test.db").display());
        let memory = CacheLocation::InProcess(Arc::new(MemoryUserCache::new(1 << 20)));
        let redis = Redis::start();
        let shared_cache = CacheLocation::from(RedisUrl::parse(redis.url()).unwrap());
        [
            Self::start(&sqlite, memory, None, folder, Change::Nothing).await,
            Self::start(
                &fresh_postgres_database(),
                shared_cache,
                Some(redis),
                TempDir::new().unwrap(),
                Change::Nothing,
            )
            .await,
        ]
    }

    /// SQLite with the in-process cache, tokens that last four seconds, and auth-service to renew them.
    pub(crate) async fn renewing() -> Self {
        let folder = TempDir::new().unwrap();
        let sqlite = format!("sqlite://{}", folder.path().join("test.db").display());
        let memory = CacheLocation::InProcess(Arc::new(MemoryUserCache::new(1 << 20)));
        Self::start(&sqlite, memory, None, folder, Change::ShortTokens).await
    }

    /// A verify-service whose database is not there.
    pub(crate) async fn without_database() -> Self {
        let folder = TempDir::new().unwrap();
        let sqlite = format!("sqlite://{}", folder.path().join("test.db").display());
        Self::start(&sqlite, CacheLocation::Nowhere, None, folder, Change::NoDatabase).await
    }

    /// An address of verify-service.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.verify.strip_suffix("/api/verify").unwrap())
    }

    /// The metrics of verify-service.
    pub(crate) async fn metrics(&self) -> String {
        Visitor::new().get(&format!("{}/metrics", self.internal)).await.text
    }

    /// PostgreSQL without a cache, as with `REDIS_URL=memory:` in programs of their own.
    pub(crate) async fn without_cache() -> Self {
        let folder = TempDir::new().unwrap();
        Self::start(&fresh_postgres_database(), CacheLocation::Nowhere, None, folder, Change::Nothing).await
    }

    /// The cache that both services use.
    pub(crate) fn cache(&self) -> &dyn UserCache {
        self.cache.as_deref().unwrap()
    }

    /// Waits until verify-service believes its cache, if it has one: only from then on is it told of
    /// changes at once.
    pub(crate) async fn until_trusted(&self) {
        let started = Instant::now();
        while self.metrics().await.contains("drawbridge_cache_trusted{} 0") {
            assert!(started.elapsed().as_secs() < 5, "the cache is not believed");
        }
    }

    /// The epoch, once the cache is believed.
    pub(crate) async fn epoch(&self) -> Epoch {
        let started = Instant::now();
        loop {
            if let Some(epoch) = self.cache().trust().map(|trust| trust.epoch) {
                return epoch;
            }
            assert!(started.elapsed().as_secs() < 5, "the cache is not believed");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    async fn start(
        database: &str,
        cache: CacheLocation,
        redis: Option<Redis>,
        folder: TempDir,
        change: Change,
    ) -> Self {
        let settings = fixed([
            ("DATABASE_URL", database),
            ("REDIS_URL", "memory:"),
            ("MASTER_SECRET", "the master secret of the test suite"),
            ("FRONTEND_ORIGIN", "http://localhost:8080"),
            ("PORT", "0"),
        ]);
        let mut auth = auth_service::Config::read(&settings).unwrap();
        auth.passwords.cost = 4;
        auth.cache = cache.clone();
        let mut verify = verify_service::Config::read(&settings).unwrap();
        verify.cache = cache.clone();
        if change == Change::ShortTokens {
            auth.tokens.lifetime = Duration::from_secs(4);
        }
        let auth = auth_service::bind(auth).await.unwrap();
        if change == Change::ShortTokens {
            verify.auth_service = vec![Origin::parse(&format!("http://127.0.0.1:{}", auth.port())).unwrap()];
        }
        if change == Change::NoDatabase {
            verify.database_url = DatabaseUrl::parse("sqlite:///nowhere/test.db").unwrap();
        }
        let verify = verify_service::bind(verify).unwrap();
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        let app = Self {
            auth: url(auth.port()),
            verify: format!("{}/api/verify", url(verify.port())),
            internal: url(verify.internal_port().unwrap()),
            cache: cache.open(1 << 20, &Metrics::new()),
            redis,
            _folder: folder,
        };
        auth.spawn();
        verify.spawn();
        app
    }

    /// A visitor with a new account and a session.
    pub(crate) async fn signed_in(&self, email: &str) -> Visitor {
        let body = serde_json::json!({"email": email, "password": PASSWORD});
        let mut visitor = Visitor::new();
        for (path, status) in [("/api/register", 201), ("/api/login", 200)] {
            let answer = visitor.post_json(&format!("{}{path}", self.auth), &body).await;
            assert_eq!(answer.status, status, "{}", answer.text);
        }
        visitor
    }

    pub(crate) async fn ask(&self, visitor: &mut Visitor) -> Answer {
        visitor.post(&self.verify).await
    }
}
