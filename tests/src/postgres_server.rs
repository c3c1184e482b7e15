use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    own_runtime::in_own_runtime,
    port::free_port,
    process::{Process, Start},
};

/// A PostgreSQL server whose failure can be simulated. It keeps its data until it is dropped.
#[derive(Debug)]
pub struct PostgresServer {
    port: u16,
    folder: PathBuf,
    /// Additional arguments.
    settings: Vec<String>,
    /// `None` during a restart.
    process: Option<Process>,
}

impl PostgresServer {
    /// Starts a server for one test; `None` if `DATABASE_URL` names a server, which tests must not stop.
    pub fn start_own() -> Option<Self> {
        env::var("DATABASE_URL").is_err().then(Self::start)
    }

    /// Starts a server with this key and certificate in PEM format. All of its databases except `postgres` only accept
    /// encrypted connections.
    pub fn with_tls(key: &str, certificate: &str) -> Self {
        let mut server = Self::prepare();
        let data = server.folder.join("data");
        let rules = "host postgres all 127.0.0.1/32 trust\nhostssl all all 127.0.0.1/32 trust\nhostssl all all ::1/128 trust\n";
        fs::write(data.join("pg_hba.conf"), rules).unwrap();
        for (name, text) in [("server.key", key), ("server.crt", certificate)] {
            fs::write(data.join(name), text).unwrap();
            fs::set_permissions(data.join(name), fs::Permissions::from_mode(0o600)).unwrap();
            if is_root() {
                run(Command::new("chown").arg("postgres").arg(data.join(name)));
            }
        }
        server.settings = vec!["-c".into(), "ssl=on".into()];
        server.restart();
        server
    }

    pub(crate) fn start() -> Self {
        let mut server = Self::prepare();
        server.restart();
        server
    }

    /// Creates a server without starting it.
    fn prepare() -> Self {
        let port = free_port();
        let folder = env::temp_dir().join(format!("drawbridge-postgres-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder));
        }
        let data = folder.join("data").display().to_string();
        let options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
        let init = command("initdb", &data, &options);
        let (program, arguments) = init.split_first().unwrap();
        run(Command::new(program).args(arguments).current_dir(&folder));
        Self { port, folder, settings: Vec::new(), process: None }
    }

    /// Its URL without the name of a database.
    pub fn url(&self) -> String {
        url(self.port)
    }

    /// Kills all of its processes, as a crash of the machine would.
    pub fn kill(&self) {
        let children = self.children();
        self.process().signal("KILL");
        signal("KILL", &children);
        let started = Instant::now();
        while children.iter().any(|child| Path::new("/proc").join(child).join("exe").exists()) {
            assert!(started.elapsed() < Duration::from_secs(10), "PostgreSQL does not die");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Restarts it with the same port and data, even if it still runs.
    pub fn restart(&mut self) {
        if let Some(process) = self.process.take() {
            process.end_and_keep_folder();
        }
        self.process = Some(serve(self.port, &self.folder, &self.settings));
    }

    /// Suspends all of its processes: it accepts connections and does not answer.
    pub fn freeze(&self) {
        self.process().signal("STOP");
        signal("STOP", &self.children());
    }

    /// Resumes its processes.
    pub fn unfreeze(&self) {
        signal("CONT", &self.children());
        self.process().signal("CONT");
    }

    fn process(&self) -> &Process {
        self.process.as_ref().unwrap()
    }

    fn children(&self) -> Vec<String> {
        let output = Command::new("pgrep").args(["-P", self.process().id()]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().split_whitespace().map(str::to_owned).collect()
    }
}

fn url(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}")
}

fn serve(port: u16, folder: &Path, more: &[String]) -> Process {
    let data = folder.join("data").display().to_string();
    let (port_text, log) = (port.to_string(), folder.join("log"));
    let options = ["-h", "127.0.0.1", "-p", &port_text, "-k", ""];
    // Enough for a million users; the memory is only taken when it is used.
    let settings = ["-c", "fsync=off", "-c", "max_connections=300", "-c", "shared_buffers=512MB"];
    let options = [options.as_slice(), settings.as_slice()].concat();
    let mut command = command("postgres", &data, &options);
    command.extend_from_slice(more);
    let process = Process::start(Start { command, settings: &[], signal: "INT", log, remove: Some(folder) });
    wait_until_up(&format!("{}/postgres", url(port)), &process);
    process
}

/// The command with the full path of the program. Root runs it as the user `postgres`, because PostgreSQL refuses root.
fn command(program: &str, data: &str, options: &[&str]) -> Vec<String> {
    let setpriv = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
    let as_postgres = setpriv.iter().filter(|_| is_root()).map(ToString::to_string);
    let words = ["-D", data].into_iter().chain(options.iter().copied()).map(str::to_owned);
    as_postgres.chain([binary(program)]).chain(words).collect()
}

fn signal(signal: &str, processes: &[String]) {
    // A process that has ended in the meantime needs no signal.
    let _ = Command::new("kill").args(["-s", signal]).args(processes).output().unwrap();
}

fn wait_until_up(url: &str, process: &Process) {
    let started = Instant::now();
    let is_up = || {
        let url = url.to_owned();
        in_own_runtime(
            move || async move { tokio_postgres::connect(&url, tokio_postgres::NoTls).await.is_ok() },
        )
    };
    while !is_up() {
        let alive = process.is_running() && started.elapsed() < Duration::from_secs(30);
        assert!(alive, "PostgreSQL does not start: {}", process.log());
        thread::sleep(Duration::from_millis(20));
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

/// The path of a PostgreSQL program. Debian installs each version in a folder outside of `PATH`; the newest
/// one is used, and without any, the program is looked up on `PATH`.
fn binary(name: &str) -> String {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        versions.map(|version| version.path().join("bin").join(name)).filter(|path| path.exists()).collect();
    found.sort();
    found.pop().map_or_else(|| name.to_owned(), |path| path.display().to_string())
}
