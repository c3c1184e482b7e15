use std::{
    collections::BTreeMap,
    env,
    net::TcpStream,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    mailbox::Mailbox,
    port::{free_port, free_ports},
    postgres::fresh_postgres_database,
    process::{Process, Start},
    redis::Redis,
    visitor::Visitor,
};

/// A password that every test may use.
pub const PASSWORD: &str = "correct horse battery";

/// The file of a program of this workspace, which must have been built.
pub fn program(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let program = folder.join(name);
    assert!(program.exists(), "{} is not there: run `cargo test --workspace --no-run`", program.display());
    program
}

/// The settings that say how often passwords and codes may be tried, and mails be asked for.
pub const LIMITS: [&str; 7] = [
    "LOGIN_LIMIT_ACCOUNT",
    "LOGIN_LIMIT_DEVICE",
    "LOGIN_LIMIT_NETWORK",
    "LOGIN_LIMIT_ALL",
    "REGISTER_LIMIT_NETWORK",
    "CODE_LIMIT",
    "MAIL_LIMIT_ADDRESS",
];

/// A program's settings: variable and value.
pub type Settings = BTreeMap<&'static str, String>;

/// The whole system, either way that it can be run.
#[derive(Debug)]
pub struct Stack {
    /// Where people go.
    pub frontend: String,
    /// Where auth-service answers.
    pub auth: String,
    /// Where verify-service answers.
    pub verify: String,
    /// Where the data is.
    pub database_url: String,
    /// The cache, if the programs share one.
    pub redis: Option<Redis>,
    processes: Vec<Process>,
    launches: Vec<Launch>,
    folder: TempDir,
}

/// How a program was started, to start it again.
#[derive(Debug)]
struct Launch {
    name: String,
    port: u16,
    settings: Vec<(&'static str, String)>,
    log: PathBuf,
}

impl Launch {
    fn start(&self) -> Process {
        let process = start(&[program(&self.name).display().to_string()], &self.settings, &self.log);
        wait_until_ready(self.port, &process);
        process
    }
}

impl Stack {
    /// Three programs, PostgreSQL and Redis.
    pub fn three_programs() -> Self {
        Self::three_programs_with(|_, _| {})
    }

    /// The same, with other settings: `change` is given each program's name and settings.
    pub fn three_programs_with(change: impl Fn(&str, &mut Settings)) -> Self {
        Self::three_programs_on(fresh_postgres_database(), change)
    }

    /// The same, sending its mails to this server.
    pub fn three_programs_mailing(mailbox: &Mailbox, change: impl Fn(&str, &mut Settings)) -> Self {
        Self::three_programs_with(|name, settings| {
            mailbox.set_up(name, settings);
            change(name, settings);
        })
    }

    /// The same, on a database that the test has made.
    pub fn three_programs_on(database_url: String, change: impl Fn(&str, &mut Settings)) -> Self {
        Self::programs_on(&["auth-service", "verify-service", "web-frontend"], database_url, change)
    }

    /// auth-service alone, for a frontend of somebody else's.
    pub fn auth_service_with(change: impl Fn(&str, &mut Settings)) -> Self {
        Self::programs_on(&["auth-service"], fresh_postgres_database(), change)
    }

    fn programs_on(names: &[&str], database_url: String, change: impl Fn(&str, &mut Settings)) -> Self {
        let (redis, folder) = (Redis::start(), TempDir::new().unwrap());
        let ports = [free_port(), free_port(), free_port()];
        let [auth, verify, web] = ports.map(|port| format!("http://127.0.0.1:{port}"));
        let common = Settings::from([
            ("DATABASE_URL", database_url.clone()),
            ("REDIS_URL", redis.url().to_owned()),
            ("MASTER_SECRET", "the master secret of the test suite".to_owned()),
            ("FRONTEND_ORIGIN", web.replace("127.0.0.1", "localhost")),
            ("AUTH_SERVICE_URL", auth.clone()),
            ("VERIFY_SERVICE_URL", verify.clone()),
            ("BCRYPT_COST", "10".to_owned()),
        ]);
        let common: Settings = common.into_iter().chain(no_limits()).collect();
        let mut stack = Self {
            frontend: web.replace("127.0.0.1", "localhost"),
            auth,
            verify,
            database_url,
            redis: Some(redis),
            processes: Vec::new(),
            launches: Vec::new(),
            folder,
        };
        for (name, port) in names.iter().copied().zip(ports) {
            let mut settings = common.clone();
            change(name, &mut settings);
            stack.start_program(name, port, settings);
        }
        stack
    }

    /// One more verify-service with the settings of the first; where it answers.
    pub fn one_more_verify_service(&mut self) -> String {
        self.one_more_verify_service_on(free_port())
    }

    /// The same, on a port that other programs have been told of.
    pub fn one_more_verify_service_on(&mut self, port: u16) -> String {
        let settings = self.launches[1].settings.iter().cloned().collect();
        self.start_program("verify-service", port, settings);
        format!("http://127.0.0.1:{port}")
    }

    /// Where each verify-service has its internal port.
    pub fn internal_ports_of_verify_services(&self) -> Vec<u16> {
        let verifiers = self.launches.iter().filter(|launch| launch.name == "verify-service");
        verifiers.map(|launch| launch.port + 1000).collect()
    }

    fn start_program(&mut self, name: &str, port: u16, mut settings: Settings) {
        settings.insert("PORT", port.to_string());
        let log = self.folder.path().join(format!("{name}-{port}"));
        let launch = Launch { name: name.to_owned(), port, settings: settings.into_iter().collect(), log };
        self.processes.push(launch.start());
        self.launches.push(launch);
    }

    /// Starts a program again on its port and with its settings, whether or not it still runs.
    pub fn restart(&mut self, index: usize) {
        drop(self.processes.remove(index));
        self.processes.insert(index, self.launches[index].start());
    }

    /// `drawbridge up`: one process, SQLite and an in-process cache.
    pub fn one_process() -> Self {
        let (port, folder) = (free_ports(3), TempDir::new().unwrap());
        let data = folder.path().join("data");
        let command = [
            program("drawbridge").display().to_string(),
            "up".into(),
            "--port".into(),
            port.to_string(),
            "--data".into(),
            data.display().to_string(),
        ];
        let settings: Vec<_> = no_limits().into_iter().chain([("BCRYPT_COST", "10".to_owned())]).collect();
        let process = start(&command, &settings, &folder.path().join("log"));
        for port in port..port + 3 {
            wait_until_ready(port, &process);
        }
        Self {
            frontend: format!("http://localhost:{port}"),
            auth: format!("http://127.0.0.1:{}", port + 1),
            verify: format!("http://127.0.0.1:{}", port + 2),
            database_url: format!("sqlite://{}", data.join("drawbridge.db").display()),
            redis: None,
            processes: vec![process],
            launches: Vec::new(),
            folder,
        }
    }

    /// Both ways, so that what holds for one is shown for the other.
    pub fn both() -> [Self; 2] {
        [Self::one_process(), Self::three_programs()]
    }

    /// The same, and three programs of which the guard verifies by itself, as in one process.
    pub fn every_way() -> [Self; 3] {
        let [one, three] = Self::both();
        [one, three, Self::three_programs_with(Self::embedded_guard)]
    }

    /// Lets web-frontend verify by itself.
    pub fn embedded_guard(_: &str, settings: &mut Settings) {
        settings.insert("GUARD_MODE", "embedded".into());
    }

    /// The data folder of [`Stack::one_process`].
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What the programs have written so far.
    pub fn log(&self) -> String {
        self.processes.iter().map(Process::log).collect()
    }

    /// The programs: auth-service, verify-service, web-frontend, and then those that were added.
    pub fn processes(&self) -> &[Process] {
        &self.processes
    }

    /// An address that no other test uses, with an account.
    pub async fn registered(&self, name: &str) -> String {
        let email = format!("{name}@example.com");
        let body = serde_json::json!({"email": email, "password": PASSWORD});
        let answer = Visitor::new().post_json(&format!("{}/api/register", self.auth), &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        email
    }

    /// The same where addresses are confirmed by mail.
    pub async fn confirmed(&self, mailbox: &Mailbox, name: &str) -> String {
        let email = format!("{name}@example.com");
        let mut visitor = Visitor::new();
        let body = serde_json::json!({"email": email, "password": PASSWORD});
        let answer = visitor.post_json(&format!("{}/api/register", self.auth), &body).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        let token = mailbox.next_to(&email).await.token("/confirm-address");
        let body = serde_json::json!({"token": token, "password": PASSWORD});
        let answer = visitor.post_json(&format!("{}/api/email/verify", self.auth), &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        email
    }

    /// A visitor who has signed in on the frontend.
    pub async fn signed_in(&self, name: &str) -> Visitor {
        let body = serde_json::json!({"email": self.registered(name).await, "password": PASSWORD});
        let mut visitor = Visitor::new();
        let answer = visitor.post_json(&format!("{}/api/login", self.frontend), &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        visitor
    }

    /// Changes the rows of a PostgreSQL database behind the programs' backs, such as to let time pass.
    pub async fn execute(&self, sql: &str) {
        let (client, connection) =
            tokio_postgres::connect(&self.database_url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(sql).await.unwrap();
    }

    /// The number that a query gives.
    pub async fn count(&self, sql: &str) -> i64 {
        let (client, connection) =
            tokio_postgres::connect(&self.database_url, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// Fails if a program has panicked.
    pub fn assert_no_panic(&self) {
        let log = self.log();
        assert!(!log.contains("panicked at") && !log.contains("stack backtrace"), "{log}");
    }
}

/// Tests try many passwords in a short time, all from this machine; those that are about it set limits.
fn no_limits() -> Vec<(&'static str, String)> {
    LIMITS.iter().map(|name| (*name, "1000000/1ms".to_owned())).collect()
}

fn start(command: &[String], settings: &[(&str, String)], log: &Path) -> Process {
    let command = command.to_vec();
    Process::start(Start { command, settings, signal: "TERM", log: log.with_extension("log"), remove: None })
}

/// Waits until something listens on the port.
pub fn wait_until_ready(port: u16, process: &Process) {
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        let alive = process.is_running() && started.elapsed() < Duration::from_secs(30);
        assert!(alive, "nothing listens on port {port}: {}", process.log());
        std::thread::sleep(Duration::from_millis(10));
    }
}
