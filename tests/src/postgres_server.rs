use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use crate::{
    port::free_port,
    postgres::in_own_runtime,
    process::{Process, Start},
};

/// A PostgreSQL server that may fail. Its data stay until it is dropped.
#[derive(Debug)]
pub struct PostgresServer {
    port: u16,
    folder: PathBuf,
    /// What it is started with beside the usual.
    settings: Vec<String>,
    /// `None` between the end of one and the start of the next.
    process: Option<Process>,
}

impl PostgresServer {
    /// A server of the test's own; `None` where `DATABASE_URL` names the server to use.
    pub fn own() -> Option<Self> {
        env::var("DATABASE_URL").is_err().then(Self::start)
    }

    /// A server whose databases, `postgres` aside, take encrypted connections alone; its key and certificate in PEM.
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

    /// A server that was never started.
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

    /// Where it answers, without a database's name.
    pub fn url(&self) -> String {
        url(self.port)
    }

    /// Ends it as a crash of the machine would: every process of it at once, none of them prepared.
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

    /// Starts it again on its port and its data, whether or not it still runs.
    pub fn restart(&mut self) {
        if let Some(process) = self.process.take() {
            process.end_and_keep_folder();
        }
        self.process = Some(serve(self.port, &self.folder, &self.settings));
    }

    /// Stops all of its processes where they are: it takes connections and answers nothing.
    pub fn freeze(&self) {
        self.process().signal("STOP");
        signal("STOP", &self.children());
    }

    /// Lets it go on.
    pub fn thaw(&self) {
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
    // Room for a million users, as a server has that is set up for them; it is taken as it is needed.
    let settings = ["-c", "fsync=off", "-c", "max_connections=300", "-c", "shared_buffers=512MB"];
    let options = [options.as_slice(), settings.as_slice()].concat();
    let mut command = command("postgres", &data, &options);
    command.extend_from_slice(more);
    let process = Process::start(Start { command, settings: &[], signal: "INT", log, remove: Some(folder) });
    wait_until_up(&format!("{}/postgres", url(port)), &process);
    process
}

/// The command with the program's whole path, as a user that PostgreSQL accepts: it refuses root.
fn command(program: &str, data: &str, options: &[&str]) -> Vec<String> {
    let setpriv = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"];
    let as_postgres = setpriv.iter().filter(|_| is_root()).map(ToString::to_string);
    let words = ["-D", data].into_iter().chain(options.iter().copied()).map(str::to_owned);
    as_postgres.chain([binary(program)]).chain(words).collect()
}

fn signal(signal: &str, processes: &[String]) {
    // One that has ended meanwhile needs no signal.
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

/// The newest of Debian's versions, which are not on the path.
fn binary(name: &str) -> String {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> =
        versions.map(|version| version.path().join("bin").join(name)).filter(|path| path.exists()).collect();
    found.sort();
    found.pop().map_or_else(|| name.to_owned(), |path| path.display().to_string())
}
