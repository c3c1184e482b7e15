use std::{
    fs,
    net::TcpStream,
    path::Path,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tests::{Process, Start};

/// How long a server may take to start.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// Runs a command in a folder and in a process group of its own. npm starts the real server as a child, so a signal
/// ends the whole group.
const RUN: &str = r#"
cd "$1" || exit
shift
setsid "$@" &
group=$!
trap 'kill -s TERM -- "-$group"' TERM
wait "$group"
wait "$group"
kill -s KILL -- "-$group" 2>/dev/null
"#;

/// A server that is started with a command, and stopped when it is dropped.
pub(crate) struct Server {
    process: Process,
    port: u16,
    _log_folder: TempDir,
}

impl Server {
    /// Starts a server and waits until it listens on the port.
    pub(crate) fn start(folder: &Path, command: &[&str], port: u16, settings: &[(&str, String)]) -> Self {
        let log_folder = TempDir::new().unwrap();
        let mut all = ["bash", "-c", RUN, "bash"].map(str::to_owned).to_vec();
        all.push(folder.display().to_string());
        all.extend(command.iter().map(|&word| word.to_owned()));
        let log = log_folder.path().join("log");
        let process = Process::start(Start { command: all, settings, signal: "TERM", log, remove: None });
        let server = Self { process, port, _log_folder: log_folder };
        server.wait_until_it_listens();
        server
    }

    /// Waits until the server has written these words.
    pub(crate) fn wait_for(&self, words: &str) {
        self.wait_until(|| self.log().contains(words), words);
    }

    fn wait_until(&self, is_ready: impl Fn() -> bool, case: &str) {
        let started = Instant::now();
        while !is_ready() {
            let can_wait = self.process.is_running() && started.elapsed() < START_TIMEOUT;
            assert!(can_wait, "{case}: the server is not ready:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn wait_until_it_listens(&self) {
        let accepts = || TcpStream::connect(("127.0.0.1", self.port)).is_ok();
        self.wait_until(accepts, &format!("port {}", self.port));
        assert!(!listens_everywhere(self.port), "the server is reachable from other machines");
    }

    /// What the server has written so far.
    pub(crate) fn log(&self) -> String {
        self.process.log()
    }
}

/// Returns true if some program listens on this port at every address of the machine.
fn listens_everywhere(port: u16) -> bool {
    const LISTENING: &str = "0A";
    ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().any(|table| {
        let table = fs::read_to_string(table).unwrap_or_default();
        table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(|columns| {
            let local = columns.get(1).and_then(|address| address.split_once(':'));
            columns.get(3) == Some(&LISTENING)
                && local.is_some_and(|(address, hex)| {
                    address.chars().all(|digit| digit == '0') && u16::from_str_radix(hex, 16) == Ok(port)
                })
        })
    })
}
