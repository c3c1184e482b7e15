use std::time::{Duration, Instant};

use tempfile::TempDir;
use tests::{Process, Start, Visitor, free_ports, program};

/// Where a Drawbridge that will be started is reachable.
#[derive(Clone, Copy)]
pub(crate) struct Ports(u16);

impl Ports {
    pub(crate) fn free() -> Self {
        Self(free_ports(3))
    }

    /// The port of web-frontend, for `--port`.
    pub(crate) fn first(self) -> u16 {
        self.0
    }

    /// The origin of web-frontend.
    pub(crate) fn origin(self) -> String {
        format!("http://localhost:{}", self.0)
    }

    /// The URL of verify-service.
    pub(crate) fn verify(self) -> String {
        format!("http://127.0.0.1:{}", self.0 + 2)
    }
}

/// `drawbridge up` in front of an application.
pub(crate) struct FrontDoor {
    process: Process,
    pub(crate) origin: String,
    folder: TempDir,
}

impl FrontDoor {
    /// Starts Drawbridge with these options and waits until it is ready.
    pub(crate) async fn start(ports: Ports, options: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let (port, data) = (ports.first().to_string(), folder.path().join("data").display().to_string());
        let drawbridge = program("drawbridge").display().to_string();
        let up = [drawbridge.as_str(), "up", "--port", &port, "--data", &data];
        let process = Process::start(Start {
            command: up.iter().chain(options).map(|&word| word.to_owned()).collect(),
            settings: &[("BCRYPT_COST", "10".to_owned())],
            signal: "TERM",
            log: folder.path().join("log"),
            remove: None,
        });
        let front_door = Self { process, origin: ports.origin(), folder };
        front_door.wait_until_ready().await;
        front_door
    }

    /// Waits until Drawbridge has written this text.
    pub(crate) async fn writes(&self, text: &str) {
        let started = Instant::now();
        while !self.process.log().contains(text) {
            let can_wait = self.process.is_running() && started.elapsed() < Duration::from_secs(30);
            assert!(can_wait, "no \"{text}\" from Drawbridge in {:?}:\n{}", self.folder, self.process.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn wait_until_ready(&self) {
        self.writes("Stop with Ctrl-C").await;
        Visitor::new().get(&format!("{}/auth/health/ready", self.origin)).await.assert_status(200);
    }

    /// What Drawbridge has written so far.
    pub(crate) fn log(&self) -> String {
        self.process.log()
    }
}
