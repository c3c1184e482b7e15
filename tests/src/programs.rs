use std::{
    env,
    net::TcpStream,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
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
    folder: TempDir,
}

impl Stack {
    /// Three programs, PostgreSQL and Redis.
    pub fn three_programs() -> Self {
        let (database_url, redis, folder) =
            (fresh_postgres_database(), Redis::start(), TempDir::new().unwrap());
        let (web, auth, verify) = (free_port(), free_port(), free_port());
        let url = |port: u16| format!("http://127.0.0.1:{port}");
        let common = [
            ("DATABASE_URL", database_url.clone()),
            ("REDIS_URL", redis.url().to_owned()),
            ("MASTER_SECRET", "the master secret of the test suite".to_owned()),
            ("FRONTEND_ORIGIN", format!("http://localhost:{web}")),
            ("AUTH_SERVICE_URL", url(auth)),
            ("VERIFY_SERVICE_URL", url(verify)),
            ("BCRYPT_COST", "10".to_owned()),
        ];
        let start = |name: &str, port: u16| {
            let mut settings = common.to_vec();
            settings.push(("PORT", port.to_string()));
            start(&[program(name).display().to_string()], &settings, &folder.path().join(name))
        };
        let processes =
            vec![start("auth-service", auth), start("verify-service", verify), start("web-frontend", web)];
        for (port, process) in [auth, verify, web].iter().zip(&processes) {
            wait_until_ready(*port, process);
        }
        Self {
            frontend: format!("http://localhost:{web}"),
            auth: url(auth),
            verify: url(verify),
            database_url,
            redis: Some(redis),
            processes,
            folder,
        }
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
        let process = start(&command, &[("BCRYPT_COST", "10".to_owned())], &folder.path().join("log"));
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
            folder,
        }
    }

    /// Both ways, so that what holds for one is shown for the other.
    pub fn both() -> [Self; 2] {
        [Self::one_process(), Self::three_programs()]
    }

    /// The data folder of [`Stack::one_process`].
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// What the programs have written so far.
    pub fn log(&self) -> String {
        self.processes.iter().map(Process::log).collect()
    }

    /// The programs.
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

    /// A visitor who has signed in on the frontend.
    pub async fn signed_in(&self, name: &str) -> Visitor {
        let body = serde_json::json!({"email": self.registered(name).await, "password": PASSWORD});
        let mut visitor = Visitor::new();
        let answer = visitor.post_json(&format!("{}/api/login", self.frontend), &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        visitor
    }

    /// Fails if a program has panicked.
    pub fn assert_no_panic(&self) {
        let log = self.log();
        assert!(!log.contains("panicked at") && !log.contains("stack backtrace"), "{log}");
    }
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
