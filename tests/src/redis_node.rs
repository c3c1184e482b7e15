use std::{
    fs,
    net::TcpStream,
    process::Command,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    port::free_port,
    process::{Process, Start},
};

/// The password of every server that requires one. In a URL it must be encoded.
const PASSWORD: &str = "p@ss/word";
/// The encoded password.
pub(crate) const PASSWORD_IN_URL: &str = "p%40ss%2Fword";

/// One Redis server with its own folder, alone or as part of a replication set.
#[derive(Debug)]
pub struct RedisNode {
    port: u16,
    arguments: Vec<String>,
    /// `None` during a restart.
    process: Option<Process>,
    folder: TempDir,
}

impl RedisNode {
    /// Starts a server with additional settings.
    pub(crate) fn start(settings: &[(&str, &str)]) -> Self {
        Self::start_on(free_port(), settings)
    }

    /// Starts a server on a port that the settings refer to.
    pub(crate) fn start_on(port: u16, settings: &[(&str, &str)]) -> Self {
        let mut arguments: Vec<_> =
            ["--bind", "127.0.0.1", "--save", ""].iter().map(ToString::to_string).collect();
        for (name, value) in settings {
            arguments.push(format!("--{name}"));
            arguments.extend(value.split(' ').map(str::to_owned));
        }
        Self::run(port, arguments, TempDir::new().unwrap())
    }

    /// Starts a Sentinel, which stores its state in its configuration file.
    pub(crate) fn start_sentinel(settings: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("sentinel.conf");
        fs::write(&file, settings).unwrap();
        Self::run(free_port(), vec![file.display().to_string(), "--sentinel".into()], folder)
    }

    /// The settings that require a password from clients and replicas.
    pub(crate) fn with_password() -> [(&'static str, &'static str); 2] {
        [("requirepass", PASSWORD), ("masterauth", PASSWORD)]
    }

    /// The same settings for the configuration file of a Sentinel.
    pub(crate) fn sentinel_with_password(master: &str) -> String {
        format!(
            "requirepass \"{PASSWORD}\"\nsentinel sentinel-pass \"{PASSWORD}\"\n\
             sentinel auth-pass {master} \"{PASSWORD}\"\n"
        )
    }

    /// The option with which a Sentinel logs in to the master.
    pub(crate) fn sentinel_option() -> String {
        format!("auth-pass {PASSWORD}")
    }

    fn run(port: u16, arguments: Vec<String>, folder: TempDir) -> Self {
        let mut node = Self { port, arguments, process: None, folder };
        node.restart();
        node
    }

    /// Restarts it on the same port, even if it still runs.
    pub fn restart(&mut self) {
        drop(self.process.take());
        let folder = self.folder.path();
        let mut command = vec!["redis-server".to_owned()];
        command.extend(self.arguments.iter().cloned());
        command.extend([
            "--port".into(),
            self.port.to_string(),
            "--dir".into(),
            folder.display().to_string(),
        ]);
        let process = Process::start(Start {
            command,
            settings: &[],
            signal: "TERM",
            log: folder.join("log"),
            remove: None,
        });
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "Redis does not start: {}", process.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        self.process = Some(process);
    }

    /// The port on which it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its process.
    pub fn process(&self) -> Option<&Process> {
        self.process.as_ref()
    }

    /// The response to a command as text; empty if there is none. Arguments must not contain spaces.
    pub fn ask(&self, command: &str) -> String {
        // redis-cli would wait for a frozen server forever.
        let output = Command::new("timeout")
            .args(["2", "redis-cli", "-p", &self.port.to_string()])
            .args(command.split(' '))
            .env("REDISCLI_AUTH", PASSWORD)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// Moves keys to another node of a cluster.
    pub(crate) fn migrate(&self, port: u16, keys: &[&str]) {
        let keys = keys.join(" ");
        let answer = self.ask(&format!("MIGRATE 127.0.0.1 {port}  0 5000 AUTH {PASSWORD} KEYS {keys}"));
        assert!(["OK", "NOKEY"].contains(&answer.as_str()), "{answer}");
    }

    /// The value of a line in the response to an information command, or an empty string.
    pub fn fact(&self, section: &str, name: &str) -> String {
        let text = self.ask(section);
        let value = text.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'));
        value.unwrap_or_default().to_owned()
    }

    /// Waits until the line has this value.
    pub fn wait_for_fact(&self, section: &str, name: &str, value: &str) {
        wait_until(&format!("{name}:{value} at port {}", self.port), || self.fact(section, name) == value);
    }
}

/// Waits at most 30 s until a condition holds.
pub(crate) fn wait_until(condition: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(30), "waited in vain for {condition}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
