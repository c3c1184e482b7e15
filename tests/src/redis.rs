use std::{
    env,
    net::TcpStream,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    port::free_port,
    process::{Process, Start},
};

/// A Redis server: the one that `REDIS_URL` names, or one of our own that keeps nothing on disk.
#[derive(Debug)]
pub struct Redis {
    url: String,
    process: Option<(Process, TempDir)>,
}

impl Redis {
    /// Starts the server.
    pub fn start() -> Self {
        if let Ok(url) = env::var("REDIS_URL") {
            return Self { url, process: None };
        }
        let (folder, port) = (TempDir::new().unwrap(), free_port());
        let port_text = port.to_string();
        let directory = folder.path().display().to_string();
        let arguments =
            ["redis-server", "--bind", "127.0.0.1", "--port", &port_text, "--save", "", "--dir", &directory];
        let process = Process::start(Start {
            command: arguments.iter().map(ToString::to_string).collect(),
            settings: &[],
            signal: "TERM",
            log: folder.path().join("log"),
            remove: None,
        });
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "Redis does not start: {}", process.log());
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { url: format!("redis://127.0.0.1:{port}"), process: Some((process, folder)) }
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server's process, if it is our own.
    pub fn process(&self) -> Option<&Process> {
        self.process.as_ref().map(|(process, _)| process)
    }
}
