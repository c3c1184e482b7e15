use std::{
    env,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
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
    own: Option<Own>,
}

#[derive(Debug)]
struct Own {
    port: u16,
    /// `None` between the end of one and the start of the next.
    process: Option<Process>,
    folder: TempDir,
}

impl Redis {
    /// Starts the server.
    pub fn start() -> Self {
        if let Ok(url) = env::var("REDIS_URL") {
            return Self { url, own: None };
        }
        let (folder, port) = (TempDir::new().unwrap(), free_port());
        let process = Some(start(port, folder.path()));
        Self { url: format!("redis://127.0.0.1:{port}"), own: Some(Own { port, process, folder }) }
    }

    /// Where it answers.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The server's process, if it is our own.
    pub fn process(&self) -> Option<&Process> {
        self.own.as_ref().and_then(|own| own.process.as_ref())
    }

    /// Starts our own server again on its port, whether or not it still runs. It knows what it knew
    /// when [`Redis::save`] was called last: nothing, if it never was.
    pub fn restart(&mut self) {
        let own = self.own.as_mut().unwrap();
        drop(own.process.take());
        own.process = Some(start(own.port, own.folder.path()));
    }

    /// Lets our own server write down what it knows.
    pub fn save(&self) {
        let mut connection = TcpStream::connect(("127.0.0.1", self.own.as_ref().unwrap().port)).unwrap();
        connection.write_all(b"SAVE\r\n").unwrap();
        let mut answer = [0; 5];
        connection.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"+OK\r\n");
    }
}

fn start(port: u16, folder: &Path) -> Process {
    let (port_text, directory) = (port.to_string(), folder.display().to_string());
    let arguments =
        ["redis-server", "--bind", "127.0.0.1", "--port", &port_text, "--save", "", "--dir", &directory];
    let process = Process::start(Start {
        command: arguments.iter().map(ToString::to_string).collect(),
        settings: &[],
        signal: "TERM",
        log: folder.join("log"),
        remove: None,
    });
    let started = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(started.elapsed() < Duration::from_secs(20), "Redis does not start: {}", process.log());
        std::thread::sleep(Duration::from_millis(10));
    }
    process
}
