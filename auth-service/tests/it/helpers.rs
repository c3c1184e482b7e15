use std::sync::Arc;

use auth_service::{
    Config,
    domain::{Actor, Email, EventKind},
    mail::{MailConfig, MailSender, MailTransport},
    password_hasher::PasswordConfig,
    storage::{self, Credentials, NewEvent},
};
use drawbridge_core::{
    clock::{Clock, SharedClock, SystemClock},
    id::UserId,
    settings::fixed,
};
use drawbridge_database::{Access, Connection, DatabaseUrl};
use drawbridge_verification::user_cache::{CacheLocation, MemoryUserCache};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{
    Answer, MASTER_SECRET, Mailbox, NO_LIMIT, PASSWORD, Service, Visitor, WEB_FRONTEND_KEY, credentials,
    expect_contract, fresh_postgres_database,
};

/// auth-service in this process, on a fresh database.
pub(crate) struct TestApp {
    pub(crate) config: Config,
    /// The cache to which it delivers changes.
    pub(crate) cache: Arc<MemoryUserCache>,
    url: String,
    metrics_url: String,
    _folder: TempDir,
}

impl TestApp {
    /// Starts an app on each database.
    pub(crate) async fn on_both() -> [Self; 2] {
        [Self::start(TestDatabase::Sqlite, |_| {}).await, Self::start(TestDatabase::Postgres, |_| {}).await]
    }

    /// Starts an app with changed settings.
    pub(crate) async fn start(database: TestDatabase, change: impl FnOnce(&mut Config)) -> Self {
        Self::start_with_clock(database, Arc::new(SystemClock), change).await
    }

    /// Starts an app with another clock and changed settings.
    pub(crate) async fn start_with_clock(
        database: TestDatabase,
        clock: SharedClock,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let cache = Arc::new(MemoryUserCache::new(1 << 20));
        let mut config = read_config(&database.fresh_url(&folder));
        config.cache = CacheLocation::InProcess(cache.clone());
        change(&mut config);
        let server = auth_service::bind_with_clock(config.clone(), clock).await.unwrap();
        let url = format!("http://127.0.0.1:{}", server.port());
        expect_contract(Service::Auth, &url);
        let metrics_url = format!("http://127.0.0.1:{}/metrics", server.internal_port().unwrap());
        server.spawn();
        Self { config, cache, url, metrics_url, _folder: folder }
    }

    /// Starts, on each database, an app that sends mail and creates accounts only for confirmed addresses.
    pub(crate) async fn with_verification() -> [(Self, Mailbox); 2] {
        [
            Self::with_mail(TestDatabase::Sqlite, true).await,
            Self::with_mail(TestDatabase::Postgres, true).await,
        ]
    }

    /// Starts an app that sends mail.
    pub(crate) async fn with_mail(database: TestDatabase, verifies_addresses: bool) -> (Self, Mailbox) {
        let mailbox = Mailbox::start();
        let app = Self::start(database, |config| {
            config.mail = Some(MailConfig {
                transport: MailTransport::parse(&mailbox.url()).unwrap(),
                from: MailSender("Drawbridge <login@drawbridge.example>".parse().unwrap()),
                site_name: "Drawbridge".to_owned(),
                frontend: config.frontend_origin.clone(),
                pages: config.pages.clone(),
            });
            config.email_verification = verifies_addresses;
        });
        (app.await, mailbox)
    }

    /// The URL of a path.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// The value of a metric with its labels; 0 if it is not exposed.
    pub(crate) async fn metric(&self, name_and_labels: &str) -> u64 {
        let metrics = Visitor::new().get(&self.metrics_url).await.text;
        let value = metrics.lines().find_map(|line| line.strip_prefix(name_and_labels)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse().unwrap())
    }

    /// Runs `work` on the app's database.
    pub(crate) async fn query<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> T + Send + 'static,
    ) -> T {
        let url = self.config.database_url.clone();
        let run = move || work(&mut Connection::open(&url, Access::Own).unwrap());
        tokio::task::spawn_blocking(run).await.unwrap()
    }

    /// The stored credentials of an account.
    pub(crate) async fn stored_credentials(&self, email: &str) -> Credentials {
        let email = Email::parse(email).unwrap();
        self.query(move |c| storage::find_credentials(c, &email).unwrap().unwrap()).await
    }

    /// Replaces the hash of an account's password, as an operator does.
    pub(crate) async fn set_hash(&self, user: UserId, hash: String) {
        let now = SystemClock.now();
        let event = operator_event(EventKind::PasswordChanged, user);
        self.query(move |c| storage::set_password(c, user, &hash, now, &event).unwrap()).await.unwrap();
    }

    pub(crate) async fn register(&self, email: &str, password: &str) -> Answer {
        Visitor::new().post_json(&self.url("/api/register"), &credentials(email, password)).await
    }

    /// Signs in with a new visitor.
    pub(crate) async fn log_in(&self, email: &str, password: &str) -> (Visitor, Answer) {
        let mut visitor = Visitor::new();
        let answer = visitor.log_in(&self.url, email, password).await;
        (visitor, answer)
    }

    pub(crate) async fn post(&self, visitor: &mut Visitor, path: &str, body: Value) -> Answer {
        visitor.post_json(&self.url(path), &body).await
    }

    pub(crate) async fn delete(&self, visitor: &mut Visitor, path: &str) -> Answer {
        visitor.send(visitor.request(reqwest::Method::DELETE, &self.url(path))).await
    }

    /// `GET /api/me`, which needs a valid session.
    pub(crate) async fn me(&self, visitor: &mut Visitor) -> Answer {
        visitor.get(&self.url("/api/me")).await
    }

    /// The ID of the signed-in user.
    pub(crate) async fn user_id(&self, visitor: &mut Visitor) -> UserId {
        let me = self.me(visitor).await.json();
        me["data"]["user"]["id"].as_str().unwrap().parse().unwrap()
    }

    /// The kinds of the user's audit events, newest first.
    pub(crate) async fn activity(&self, visitor: &mut Visitor) -> Vec<String> {
        let answer = visitor.get(&self.url("/api/activity")).await.json();
        let events = answer["data"]["events"].as_array().unwrap().iter();
        events.map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    }

    /// A visitor who has confirmed the address and signed in.
    pub(crate) async fn confirmed(&self, mailbox: &Mailbox, email: &str) -> Visitor {
        self.register(email, PASSWORD).await.assert_status(202);
        let token = mailbox.next_to(email).await.token("/confirm-address");
        let body = json!({"token": token, "password": PASSWORD});
        self.post(&mut Visitor::new(), "/api/email/verify", body).await.assert_status(200);
        let (visitor, answer) = self.log_in(email, PASSWORD).await;
        answer.assert_status(200);
        visitor
    }

    /// A visitor with a new account and a session.
    pub(crate) async fn signed_in(&self, email: &str) -> Visitor {
        tests::signed_in(&self.url, email).await
    }
}

/// The database of a test.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TestDatabase {
    Sqlite,
    Postgres,
}

impl TestDatabase {
    pub(crate) const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];

    fn fresh_url(self, folder: &TempDir) -> String {
        match self {
            Self::Sqlite => format!("sqlite://{}", folder.path().join("test.db").display()),
            Self::Postgres => fresh_postgres_database(),
        }
    }
}

/// The settings of a test, with a bcrypt cost that no real deployment may use.
fn read_config(database_url: &str) -> Config {
    let settings = fixed([
        ("LOGIN_LIMIT_ACCOUNT", NO_LIMIT),
        ("LOGIN_LIMIT_NETWORK", NO_LIMIT),
        ("REGISTER_LIMIT_NETWORK", NO_LIMIT),
        ("CODE_LIMIT", NO_LIMIT),
        ("MAIL_LIMIT_ADDRESS", NO_LIMIT),
        ("DATABASE_URL", database_url),
        ("REDIS_URL", "memory:"),
        ("MASTER_SECRET", MASTER_SECRET),
        ("WEB_FRONTEND_KEY", WEB_FRONTEND_KEY),
        ("FRONTEND_ORIGIN", "http://localhost:8080"),
        ("PORT", "0"),
    ]);
    let mut config = Config::read(&settings).unwrap();
    config.passwords = PasswordConfig { cost: 4, max_cost: 6, queue: 100 };
    config
}

/// An empty, migrated database of each kind.
pub(crate) fn migrated_databases() -> [(Connection, TempDir); 2] {
    TestDatabase::BOTH.map(|database| {
        let folder = TempDir::new().unwrap();
        let url = DatabaseUrl::parse(&database.fresh_url(&folder)).unwrap();
        let mut connection = Connection::open(&url, Access::Own).unwrap();
        storage::migrate(&mut connection).unwrap();
        (connection, folder)
    })
}

/// An audit event caused by an operator.
pub(crate) fn operator_event(kind: EventKind, user: UserId) -> NewEvent {
    NewEvent::new(kind, &Actor::operator(), SystemClock.now()).to(user)
}
