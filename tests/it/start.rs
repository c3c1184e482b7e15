//! How the programs start and stop, and what they say if they cannot start.

use std::{
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Output},
    time::{Duration, Instant},
};

use tempfile::{NamedTempFile, TempDir};
use tests::{Deployment, MASTER_SECRET, Service, free_port, free_ports, fresh_postgres_database, program};

fn run(name: &str, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program(name));
    command.args(arguments).env_remove("DATABASE_URL").env_remove("REDIS_URL");
    command.envs(settings.iter().copied()).current_dir(std::env::temp_dir()).output().unwrap()
}

/// Standard error of a program that must have failed without a panic.
#[track_caller]
fn error(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(!text.contains("panicked") && !text.contains("backtrace"), "{text}");
    text
}

/// Like [`error`], for a program that must have printed a single line.
#[track_caller]
fn one_line_error(output: &Output) -> String {
    let text = error(output);
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn one_process_protects_its_files_and_stops_cleanly() {
    let deployment = Deployment::builder().one_process().start();
    let data = deployment.data_folder();
    let mode = |name: &str| data.join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("master-secret"), 0o600);
    assert_eq!(mode("web-frontend-key"), 0o600);
    assert_eq!(mode("drawbridge.db"), 0o600);
    assert_eq!(mode(""), 0o700);
    let log = deployment.log();
    assert!(log.contains(&format!("Open            {}", deployment.frontend)), "{log}");

    let process = deployment.process(Service::Auth);
    process.signal("INT");
    let started = Instant::now();
    while process.is_running() {
        assert!(started.elapsed().as_secs() < 5, "the process does not stop");
        std::thread::sleep(Duration::from_millis(10));
    }

    assert!(deployment.log().ends_with("Drawbridge is down.\n"), "{}", deployment.log());
    let wal = data.join("drawbridge.db-wal").metadata().map_or(0, |file| file.len());
    assert_eq!(wal, 0, "a copy of the database file is complete");
}

#[test]
fn two_processes_do_not_share_a_data_folder() {
    let deployment = Deployment::builder().one_process().start();
    let data = deployment.data_folder().display().to_string();
    let port = free_ports(3).to_string();

    let second = run("drawbridge", &["up", "--data", &data, "--port", &port], &[]);

    let text = error(&second);
    assert!(text.contains("another drawbridge process"), "{text}");
}

#[test]
fn a_health_check_says_whether_the_service_is_ready() {
    let deployment = Deployment::builder().start();
    let services = [
        (Service::Auth, &deployment.auth),
        (Service::Verify, &deployment.verify),
        (Service::Frontend, &deployment.frontend),
    ];

    for (service, url) in services {
        let name = service.name();
        let port = url.rsplit_once(':').unwrap().1;
        let unused = free_port().to_string();

        let ready = run(name, &["healthcheck"], &[("PORT", port)]);
        let not_ready = error(&run(name, &["healthcheck"], &[("PORT", &unused)]));
        let help = one_line_error(&run(name, &["--help"], &[]));

        assert!(ready.status.success(), "{name}: {}", String::from_utf8_lossy(&ready.stderr));
        assert!(not_ready.contains("is not ready") && not_ready.contains(&unused), "{name}: {not_ready}");
        assert!(help.contains("healthcheck"), "{name}: {help}");
    }
}

#[test]
fn a_health_check_does_not_wait_for_a_frozen_redis() {
    let deployment = Deployment::builder().start();
    let port = deployment.auth.rsplit_once(':').unwrap().1;
    deployment.redis_process().unwrap().signal("STOP");

    let started = Instant::now();
    let output = run("auth-service", &["healthcheck"], &[("PORT", port)]);

    assert!(started.elapsed().as_secs() < 5, "{output:?}");
}

#[test]
fn a_taken_port_is_an_error_in_one_line() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data").display().to_string();
    let port = free_ports(3);
    let _listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let port = port.to_string();

    let text = one_line_error(&run("drawbridge", &["--port", &port, "--data", &data], &[]));

    assert!(text.contains(&port) && text.contains("another program uses this port"), "{text}");
}

#[test]
fn an_unusable_data_folder_is_an_error_in_one_line() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();

    for unusable in [file.join("data").display().to_string(), "/proc/drawbridge".to_owned()] {
        let text = one_line_error(&run("drawbridge", &["--data", &unusable], &[]));

        assert!(text.contains(&unusable), "{text}");
    }
}

#[test]
fn an_unreachable_database_is_an_error_in_one_line() {
    let url = format!("postgres://nobody:hunter2@127.0.0.1:{}/none", free_port());
    let settings = [("DATABASE_URL", url.as_str()), ("MASTER_SECRET", MASTER_SECRET)];

    for arguments in [&["user", "list"][..], &["migrate"]] {
        let text = one_line_error(&run("drawbridge", arguments, &settings));

        assert!(text.contains("the database is unreachable"), "{arguments:?}: {text}");
        assert!(!text.contains("hunter2"), "{arguments:?}: the password is shown: {text}");
    }
}

#[test]
fn a_service_names_every_missing_or_invalid_setting() {
    for (service, settings) in [
        (
            Service::Auth,
            &["DATABASE_URL", "REDIS_URL", "MASTER_SECRET", "FRONTEND_ORIGIN", "PORT", "BCRYPT_COST"][..],
        ),
        (Service::Verify, &["DATABASE_URL", "REDIS_URL", "FRONTEND_ORIGIN", "PORT"]),
        (
            Service::Frontend,
            &[
                "AUTH_SERVICE_URL",
                "VERIFY_SERVICE_URL",
                "REDIS_URL",
                "WEB_FRONTEND_KEY",
                "FRONTEND_ORIGIN",
                "PORT",
            ],
        ),
    ] {
        let name = service.name();
        let text = error(&run(name, &[], &[("PORT", "eighty"), ("BCRYPT_COST", "4")]));

        for setting in settings {
            assert!(text.contains(setting), "{name} does not name {setting}: {text}");
        }
    }
}

#[test]
fn an_invalid_redis_url_is_explained_without_its_password() {
    for (url, reason) in [
        ("redis+sentinel://ada:hunter2@127.0.0.1:26379", "no valid master name"),
        ("redis+cluster://ada:hunter2@127.0.0.1:6379/1", "no numbered databases"),
    ] {
        for service in Service::ALL {
            let name = service.name();
            let text = error(&run(name, &[], &[("REDIS_URL", url)]));

            let line = text.lines().find(|line| line.contains("REDIS_URL")).unwrap();
            assert!(line.contains("must be redis+") && line.contains(reason), "{name}: {line}");
            assert!(!text.contains("hunter2"), "{name}: the password is shown: {text}");
        }
    }
}

/// auth-service alone, as a child process.
struct AuthService {
    child: Child,
    port: u16,
    log: NamedTempFile,
}

impl AuthService {
    fn command(database: &str, secret: &str, port: u16) -> Command {
        let mut command = Command::new(program("auth-service"));
        command.envs([
            ("DATABASE_URL", database),
            ("REDIS_URL", "memory:"),
            ("MASTER_SECRET", secret),
            ("FRONTEND_ORIGIN", "http://localhost:8080"),
            ("PORT", &port.to_string()),
        ]);
        command
    }

    fn start(database: &str) -> Self {
        let port = free_port();
        let log = NamedTempFile::new().unwrap();
        let mut command = Self::command(database, MASTER_SECRET, port);
        let child = command.stderr(log.reopen().unwrap()).spawn().unwrap();
        Self { child, port, log }
    }

    /// The error of a start that must fail.
    fn start_error(database: &str, secret: &str) -> String {
        error(&Self::command(database, secret, free_port()).output().unwrap())
    }

    fn wait_until_ready(&mut self) {
        let started = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let log = || std::fs::read_to_string(self.log.path()).unwrap();
            assert!(self.child.try_wait().unwrap().is_none(), "auth-service has ended: {}", log());
            assert!(started.elapsed().as_secs() < 20, "auth-service does not start: {}", log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for AuthService {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of `drawbridge keys list`.
fn list_keys(database: &str) -> Vec<String> {
    let settings = [("DATABASE_URL", database), ("MASTER_SECRET", MASTER_SECRET)];
    let output = run("drawbridge", &["keys", "list"], &settings);
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn a_service_without_its_database_says_so() {
    let database = format!("postgres://nobody@127.0.0.1:{}/none", free_port());

    let text = AuthService::start_error(&database, MASTER_SECRET);

    assert!(text.contains("auth-service cannot start: the database is unreachable"), "{text}");
}

#[test]
fn a_service_with_a_wrong_master_secret_says_so() {
    let database = fresh_postgres_database();
    let settings = [("DATABASE_URL", database.as_str()), ("MASTER_SECRET", MASTER_SECRET)];
    assert!(run("drawbridge", &["migrate"], &settings).status.success());
    let first = AuthService::start(&database);
    let started = Instant::now();
    while !list_keys(&database).concat().contains("signing") {
        assert!(started.elapsed().as_secs() < 10, "no key is created");
    }
    drop(first);

    let text = AuthService::start_error(&database, "quite another master secret of the suite");

    assert!(text.contains("MASTER_SECRET"), "{text}");
}

#[test]
fn ten_concurrent_replicas_create_one_schema_and_one_key() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("ten.db");
    std::fs::write(&file, "").unwrap();
    let sqlite = format!("sqlite://{}", file.display());

    for (case, database) in [("PostgreSQL", fresh_postgres_database()), ("SQLite", sqlite)] {
        let mut replicas: Vec<_> = (0..10).map(|_| AuthService::start(&database)).collect();
        replicas.iter_mut().for_each(AuthService::wait_until_ready);
        drop(replicas);

        assert_eq!(list_keys(&database).len(), 1, "{case}");
    }
}
