use std::{
    env, fs,
    path::PathBuf,
    process::Command,
    sync::{
        LazyLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use crate::{
    port::free_port,
    process::{Process, Start},
};

/// One server a test process; the watcher ends it.
static SERVER: LazyLock<Server> = LazyLock::new(Server::start);
static NEXT: AtomicU32 = AtomicU32::new(1);

struct Server {
    /// Without the database's name.
    url: String,
    _process: Option<Process>,
}

/// The URL of a new, empty database: on the server that `DATABASE_URL` names, or on one of our own.
pub fn fresh_postgres_database() -> String {
    let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let server = SERVER.url.clone();
    let admin = format!("{server}/postgres");
    let statement = format!("CREATE DATABASE {name}");
    in_own_runtime(move || async move {
        let (client, connection) = tokio_postgres::connect(&admin, tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        client.batch_execute(&statement).await.unwrap();
    });
    format!("{server}/{name}")
}

/// Runs on a thread of its own, since the caller may be in a runtime already.
fn in_own_runtime<F: Future<Output = ()>>(work: impl FnOnce() -> F + Send + 'static) {
    let run = || tokio::runtime::Runtime::new().unwrap().block_on(work());
    std::thread::spawn(run).join().unwrap();
}

impl Server {
    fn start() -> Self {
        if let Ok(url) = env::var("DATABASE_URL") {
            let (server, _) = url.rsplit_once('/').expect("DATABASE_URL names a database");
            return Self { url: server.to_owned(), _process: None };
        }
        let folder = env::temp_dir().join(format!("drawbridge-postgres-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let data = folder.join("data").display().to_string();
        let port = free_port().to_string();
        // PostgreSQL refuses to run as root.
        let mut unprivileged: Vec<String> = Vec::new();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder));
            let setpriv = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
            unprivileged = setpriv.iter().map(ToString::to_string).collect();
        }
        let command = |program: &str, arguments: &[&str]| {
            let mut command = unprivileged.clone();
            command.push(binary(program));
            command.extend(arguments.iter().map(ToString::to_string));
            command
        };
        let init = command(
            "initdb",
            &["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        );
        let (program, arguments) = init.split_first().unwrap();
        run(Command::new(program).args(arguments).current_dir(&folder));
        let process = Process::start(Start {
            command: command(
                "postgres",
                &[
                    "-D",
                    &data,
                    "-h",
                    "127.0.0.1",
                    "-p",
                    &port,
                    "-k",
                    "",
                    "-c",
                    "fsync=off",
                    "-c",
                    "max_connections=300",
                ],
            ),
            settings: &[],
            signal: "INT",
            log: folder.join("log"),
            remove: Some(&folder),
        });
        let url = format!("postgres://postgres@127.0.0.1:{port}");
        wait_until_up(&format!("{url}/postgres"), &process);
        Self { url, _process: Some(process) }
    }
}

fn wait_until_up(url: &str, process: &Process) {
    let (url, started) = (url.to_owned(), Instant::now());
    let log = || process.log();
    loop {
        let url = url.clone();
        let up = std::thread::spawn(move || {
            let connect = tokio_postgres::connect(&url, tokio_postgres::NoTls);
            tokio::runtime::Runtime::new().unwrap().block_on(async { connect.await.is_ok() })
        });
        if up.join().unwrap() {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "PostgreSQL does not start: {}", log());
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.trim_ascii() == b"0"
}

/// The newest of Debian's versions, which are not on the path.
fn binary(name: &str) -> String {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        versions.map(|version| version.path().join("bin").join(name)).filter(|path| path.exists()).collect();
    found.sort();
    found.pop().map_or_else(|| name.to_owned(), |path| path.display().to_string())
}
