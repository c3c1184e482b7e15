use std::sync::Arc;

use auth_service::{
    Config,
    config::PasswordConfig,
    mail::{MailConfig, MailTransport, Sender},
};
use drawbridge_core::settings::fixed;
use drawbridge_database::{Access, Connection, DatabaseUrl};
use drawbridge_verification::user_cache::{CacheLocation, MemoryUserCache};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Answer, Mailbox, PASSWORD, Visitor, fresh_postgres_database};

/// auth-service in this process, on a database of its own.
pub(crate) struct TestApp {
    pub(crate) config: Config,
    /// The cache that it writes through to.
    pub(crate) cache: Arc<MemoryUserCache>,
    url: String,
    _folder: TempDir,
}

impl TestApp {
    /// One on each database.
    pub(crate) async fn on_both() -> [Self; 2] {
        [Self::start(Database::Sqlite, |_| {}).await, Self::start(Database::Postgres, |_| {}).await]
    }

    /// One on a database, with settings of its own.
    pub(crate) async fn start(database: Database, change: impl FnOnce(&mut Config)) -> Self {
        let folder = TempDir::new().unwrap();
        let mut config = config(&database.fresh_url(&folder));
        let cache = Arc::new(MemoryUserCache::new(1 << 20));
        config.cache = CacheLocation::InProcess(cache.clone());
        change(&mut config);
        let server = auth_service::bind(config.clone()).await.unwrap();
        let url = format!("http://127.0.0.1:{}", server.port());
        server.spawn();
        Self { config, cache, url, _folder: folder }
    }

    /// One on each database that sends its mails, and makes accounts of confirmed addresses alone.
    pub(crate) async fn mailing() -> [(Self, Mailbox); 2] {
        [Self::mailing_on(Database::Sqlite, true).await, Self::mailing_on(Database::Postgres, true).await]
    }

    /// The same, where accounts are made of addresses that nobody has confirmed.
    pub(crate) async fn mailing_unverified() -> [(Self, Mailbox); 2] {
        [Self::mailing_on(Database::Sqlite, false).await, Self::mailing_on(Database::Postgres, false).await]
    }

    async fn mailing_on(database: Database, verified: bool) -> (Self, Mailbox) {
        let mailbox = Mailbox::start();
        let app = Self::start(database, |config| {
            let transport = MailTransport::parse(&mailbox.url()).unwrap();
            let from = Sender("Drawbridge <login@drawbridge.example>".parse().unwrap());
            let (site_name, frontend) = ("Drawbridge".to_owned(), config.frontend_origin.clone());
            config.mail = Some(MailConfig { transport, from, site_name, frontend });
            config.email_verification = verified;
        });
        (app.await, mailbox)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Runs `work` on the app's database, beside the app.
    pub(crate) async fn query<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> T {
        let url = self.config.database_url.clone();
        let run = move || work(&mut Connection::open(&url, Access::Own).unwrap());
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    pub(crate) async fn register(&self, email: &str, password: &str) -> Answer {
        Visitor::new().post_json(&self.url("/api/register"), &credentials(email, password)).await
    }

    pub(crate) async fn log_in(&self, email: &str, password: &str) -> (Visitor, Answer) {
        let mut visitor = Visitor::new();
        let answer = visitor.post_json(&self.url("/api/login"), &credentials(email, password)).await;
        (visitor, answer)
    }

    pub(crate) async fn post(&self, visitor: &mut Visitor, path: &str, body: Value) -> Answer {
        visitor.post_json(&self.url(path), &body).await
    }

    pub(crate) async fn delete(&self, visitor: &mut Visitor, path: &str) -> Answer {
        visitor.send(visitor.request(reqwest::Method::DELETE, &self.url(path))).await
    }

    /// What happened to the visitor's account, newest first.
    pub(crate) async fn activity(&self, visitor: &mut Visitor) -> Vec<String> {
        let answer = visitor.get(&self.url("/api/activity")).await.json();
        let events = answer["data"]["events"].as_array().unwrap().iter();
        events.map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// A visitor who has confirmed an address and signed in.
    pub(crate) async fn confirmed(&self, mailbox: &Mailbox, email: &str) -> Visitor {
        assert_eq!(self.register(email, PASSWORD).await.status, 202);
        let token = mailbox.next_to(email).await.token("/confirm-address");
        let body = json!({"token": token, "password": PASSWORD});
        let answer = self.post(&mut Visitor::new(), "/api/email/verify", body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let (visitor, answer) = self.log_in(email, PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        visitor
    }

    /// A visitor with a new account and a session.
    pub(crate) async fn signed_in(&self, email: &str) -> Visitor {
        assert_eq!(self.register(email, PASSWORD).await.status, 201);
        let (visitor, answer) = self.log_in(email, PASSWORD).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        visitor
    }
}

pub(crate) fn credentials(email: &str, password: &str) -> Value {
    json!({"email": email, "password": password})
}

/// Which database.
#[derive(Clone, Copy)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

impl Database {
    pub(crate) fn fresh_url(self, folder: &TempDir) -> String {
        match self {
            Self::Sqlite => format!("sqlite://{}", folder.path().join("test.db").display()),
            Self::Postgres => fresh_postgres_database(),
        }
    }
}

/// The settings of a test: bcrypt at a cost that no real deployment may have.
fn config(database_url: &str) -> Config {
    let no_limit = "1000000/1ms";
    let settings = fixed([
        ("LOGIN_LIMIT_ACCOUNT", no_limit),
        ("LOGIN_LIMIT_NETWORK", no_limit),
        ("REGISTER_LIMIT_NETWORK", no_limit),
        ("CODE_LIMIT", no_limit),
        ("MAIL_LIMIT_ADDRESS", no_limit),
        ("DATABASE_URL", database_url),
        ("REDIS_URL", "memory:"),
        ("MASTER_SECRET", "the master secret of the test suite"),
        ("FRONTEND_ORIGIN", "http://localhost:8080"),
        ("PORT", "0"),
    ]);
    let mut config = Config::read(&settings).unwrap();
    config.passwords = PasswordConfig { cost: 4, max_cost: 6, queue: 100 };
    config
}

/// An empty, migrated database of each kind.
pub(crate) fn migrated_databases() -> [(Connection, TempDir); 2] {
    [Database::Sqlite, Database::Postgres].map(|database| {
        let folder = TempDir::new().unwrap();
        let url = DatabaseUrl::parse(&database.fresh_url(&folder)).unwrap();
        let mut connection = Connection::open(&url, Access::Own).unwrap();
        auth_service::storage::migrate(&mut connection).unwrap();
        (connection, folder)
    })
}
