//! How the programs start, together and alone, and what they say when they cannot.

use std::{
    net::TcpListener,
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Output},
    time::Instant,
};

use tempfile::TempDir;
use tests::{Stack, free_port, free_ports, fresh_postgres_database, program};

fn run(name: &str, arguments: &[&str], settings: &[(&str, &str)]) -> Output {
    let mut command = Command::new(program(name));
    command.args(arguments).env_remove("DATABASE_URL").env_remove("REDIS_URL");
    command.envs(settings.iter().copied()).current_dir(std::env::temp_dir()).output().unwrap()
}

/// Standard error of a program that must have refused, in few and plain words.
fn refusal(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(!text.contains("panicked") && !text.contains("backtrace"), "{text}");
    text
}

#[test]
fn one_process_keeps_its_secret_and_stops_cleanly() {
    let stack = Stack::one_process();
    let mode = |name: &str| stack.data().join(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("master-secret"), mode("drawbridge.db"), mode("")), (0o600, 0o600, 0o700));
    assert!(stack.log().contains(&format!("Open            {}", stack.frontend)), "{}", stack.log());

    let data = stack.data().display().to_string();
    let port = free_ports(3).to_string();
    let second = run("drawbridge", &["up", "--data", &data, "--port", &port], &[]);
    assert!(refusal(&second).contains("another drawbridge runs"), "{}", refusal(&second));

    stack.processes()[0].signal("INT");
    let started = Instant::now();
    while stack.processes()[0].is_running() {
        assert!(started.elapsed().as_secs() < 5, "it does not stop");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(stack.log().ends_with("Drawbridge is down.\n"), "{}", stack.log());
    let left = stack.data().join("drawbridge.db-wal").metadata().map_or(0, |file| file.len());
    assert_eq!(left, 0, "a copy of the database file alone is a whole one");
}

#[test]
fn a_container_can_ask_its_service_whether_it_is_ready() {
    let stack = Stack::three_programs();
    let services =
        [("auth-service", &stack.auth), ("verify-service", &stack.verify), ("web-frontend", &stack.frontend)];
    for (name, url) in services {
        let port = url.rsplit_once(':').unwrap().1;
        let ready = run(name, &["healthcheck"], &[("PORT", port)]);
        assert!(ready.status.success(), "{}", String::from_utf8_lossy(&ready.stderr));
        let nobody = free_port().to_string();
        let text = refusal(&run(name, &["healthcheck"], &[("PORT", &nobody)]));
        assert!(text.contains("is not ready") && text.contains(&nobody), "{text}");
        let text = refusal(&run(name, &["--help"], &[]));
        assert!(text.contains("healthcheck") && text.lines().count() == 1, "{text}");
    }
    stack.redis.as_ref().unwrap().process().unwrap().signal("STOP");
    let port = stack.auth.rsplit_once(':').unwrap().1;
    let started = Instant::now();
    let answer = run("auth-service", &["healthcheck"], &[("PORT", port)]);
    assert!(started.elapsed().as_secs() < 5, "{answer:?}");
}

#[test]
fn what_is_in_the_way_is_said_in_one_line() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data").display().to_string();
    let port = free_ports(3);
    let _taken = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let port = port.to_string();
    let text = refusal(&run("drawbridge", &["--port", &port, "--data", &data], &[]));
    assert!(text.contains(&port) && text.contains("another program listens there"), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");

    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    for unusable in [file.join("data").display().to_string(), "/proc/drawbridge".to_owned()] {
        let text = refusal(&run("drawbridge", &["--data", &unusable], &[]));
        assert!(text.contains(&unusable), "{text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }

    let nobody = format!("postgres://nobody:hunter2@127.0.0.1:{}/none", free_port());
    let settings =
        [("DATABASE_URL", nobody.as_str()), ("MASTER_SECRET", "the master secret of the test suite")];
    for arguments in [&["user", "list"][..], &["migrate"]] {
        let text = refusal(&run("drawbridge", arguments, &settings));
        assert!(text.contains("the database is out of reach"), "{text}");
        assert!(!text.contains("hunter2"), "the password is shown: {text}");
        assert_eq!(text.lines().count(), 1, "{text}");
    }
}

#[test]
fn a_service_names_every_setting_that_is_missing_or_wrong_at_once() {
    for (name, settings) in [
        (
            "auth-service",
            &["DATABASE_URL", "REDIS_URL", "MASTER_SECRET", "FRONTEND_ORIGIN", "PORT", "BCRYPT_COST"][..],
        ),
        ("verify-service", &["DATABASE_URL", "REDIS_URL", "FRONTEND_ORIGIN", "PORT"]),
        (
            "web-frontend",
            &[
                "AUTH_SERVICE_URL",
                "VERIFY_SERVICE_URL",
                "REDIS_URL",
                "MASTER_SECRET",
                "FRONTEND_ORIGIN",
                "PORT",
            ],
        ),
    ] {
        let text = refusal(&run(name, &[], &[("PORT", "eighty"), ("BCRYPT_COST", "4")]));
        for setting in settings {
            assert!(text.contains(setting), "{name} does not name {setting}: {text}");
        }
    }
}

#[test]
fn a_service_says_what_is_wrong_with_the_place_of_redis_and_keeps_the_password() {
    for (url, wrong) in [
        ("redis+sentinel://ada:hunter2@127.0.0.1:26379", "no name of a master"),
        ("redis+cluster://ada:hunter2@127.0.0.1:6379/1", "no numbered databases"),
    ] {
        for name in ["auth-service", "verify-service", "web-frontend"] {
            let text = refusal(&run(name, &[], &[("REDIS_URL", url)]));
            let line = text.lines().find(|line| line.contains("REDIS_URL")).unwrap();
            assert!(line.contains("must be redis+") && line.contains(wrong), "{line}");
            assert!(!text.contains("hunter2"), "the password is shown: {text}");
        }
    }
}

#[test]
fn a_service_without_its_database_or_with_another_secret_says_so() {
    let database = fresh_postgres_database();
    let settings = |database: &str, secret: &str| {
        [
            ("DATABASE_URL", database.to_owned()),
            ("REDIS_URL", "memory:".to_owned()),
            ("MASTER_SECRET", secret.to_owned()),
            ("FRONTEND_ORIGIN", "http://localhost:8080".to_owned()),
            ("PORT", free_port().to_string()),
        ]
    };
    let start = |database: &str, secret: &str| {
        let settings = settings(database, secret);
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        run("auth-service", &[], &settings)
    };
    let gone = start(
        &format!("postgres://nobody@127.0.0.1:{}/none", free_port()),
        "the master secret of the test suite",
    );
    assert!(
        refusal(&gone).contains("auth-service cannot start: the database is out of reach"),
        "{}",
        refusal(&gone)
    );

    let environment =
        [("DATABASE_URL", database.as_str()), ("MASTER_SECRET", "the master secret of the test suite")];
    assert!(run("drawbridge", &["migrate"], &environment).status.success());
    let mut first = Command::new(program("auth-service"));
    first.envs(settings(&database, "the master secret of the test suite"));
    let first = Replica(first.stderr(std::process::Stdio::null()).spawn().unwrap());
    let started = Instant::now();
    while !String::from_utf8_lossy(&run("drawbridge", &["keys", "list"], &environment).stdout)
        .contains("signing")
    {
        assert!(started.elapsed().as_secs() < 10, "no key is made");
    }
    drop(first);
    let other = start(&database, "quite another master secret of the suite");
    assert!(refusal(&other).contains("MASTER_SECRET"), "{}", refusal(&other));
}

/// A program that ends with the test, however that ends.
struct Replica(Child);

impl Drop for Replica {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn ten_replicas_that_start_at_once_make_one_schema_and_one_key() {
    let folder = TempDir::new().unwrap();
    let sqlite = format!("sqlite://{}", folder.path().join("ten.db").display());
    std::fs::write(folder.path().join("ten.db"), "").unwrap();
    for database in [fresh_postgres_database(), sqlite] {
        let replicas: Vec<_> = (0..10)
            .map(|_| {
                let port = free_port();
                let mut command = Command::new(program("auth-service"));
                command.envs([
                    ("DATABASE_URL", database.as_str()),
                    ("REDIS_URL", "memory:"),
                    ("MASTER_SECRET", "the master secret of the test suite"),
                    ("FRONTEND_ORIGIN", "http://localhost:8080"),
                    ("PORT", &port.to_string()),
                ]);
                (port, Replica(command.spawn().unwrap()))
            })
            .collect();
        for (port, mut replica) in replicas {
            let started = Instant::now();
            while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
                assert!(replica.0.try_wait().unwrap().is_none(), "a replica ended on {database}");
                assert!(started.elapsed().as_secs() < 20, "a replica does not start on {database}");
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
        }
        let environment =
            [("DATABASE_URL", database.as_str()), ("MASTER_SECRET", "the master secret of the test suite")];
        let keys = run("drawbridge", &["keys", "list"], &environment);
        assert_eq!(String::from_utf8_lossy(&keys.stdout).lines().count(), 1, "{database}");
    }
}
