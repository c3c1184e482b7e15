//! The same file on a Swarm of one node, which exists only during this test.

use std::{
    process::Command,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::{
    COMPOSE,
    crowd::Crowd,
    project::{Project, client, docker, run},
};

const STACK: &str = "drawbridge-test";

/// A swarm on this machine, which is removed with everything in it.
struct Swarm;

impl Swarm {
    /// Returns `None` if the machine is already part of a swarm.
    fn start() -> Option<Self> {
        if docker(&["info", "--format", "{{.Swarm.LocalNodeState}}"]).trim() != "inactive" {
            return None;
        }
        docker(&["swarm", "init", "--advertise-addr", "127.0.0.1"]);
        Some(Self)
    }
}

impl Drop for Swarm {
    fn drop(&mut self) {
        for command in [&["stack", "rm", STACK][..], &["swarm", "leave", "--force"]] {
            let _ = Command::new("docker").args(command).output();
        }
        // The volume can be removed once the containers are gone, which takes a moment.
        let started = Instant::now();
        let volume = format!("{STACK}_postgres-data");
        let remove = || Command::new("docker").args(["volume", "rm", &volume]).output();
        while started.elapsed() < Duration::from_secs(30)
            && !remove().is_ok_and(|output| output.status.success())
        {
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

/// The deployment on the swarm.
struct Stack {
    project: Project,
    _secrets: TempDir,
}

impl Stack {
    fn new() -> Self {
        let secrets = TempDir::new().unwrap();
        let folder = secrets.path().display().to_string();
        // No port is published: the test connects to the container of the gateway.
        let settings = [("PUBLISH", "0"), ("RESOLVE_IMAGE", "never"), ("SECRETS", folder.as_str())];
        Self { project: Project::new(COMPOSE, "swarm", &settings), _secrets: secrets }
    }

    fn deploy(&self) {
        run(self.project.command("deploy/swarm/deploy").arg(STACK));
    }

    /// Deploys the stack and returns its origin once every service runs.
    async fn start(&self) -> String {
        let started = Instant::now();
        self.deploy();
        let origin = format!("http://{}:8080", gateway_address().await);
        while !is_up(&origin).await {
            let in_time = started.elapsed() < Duration::from_mins(2);
            assert!(in_time, "{}", docker(&["stack", "ps", "--no-trunc", STACK]));
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        println!("a swarm: up after {:.1} s", started.elapsed().as_secs_f64());
        origin
    }
}

/// Returns true if the home page is served and every service has its replica.
async fn is_up(origin: &str) -> bool {
    let page = client().get(format!("{origin}/")).send().await;
    let replicas = || docker(&["stack", "services", "--format", "{{.Replicas}}", STACK]);
    page.is_ok_and(|answer| answer.status() == 200) && replicas().lines().all(|line| line == "1/1")
}

/// The address of the gateway's container on this machine.
async fn gateway_address() -> String {
    let started = Instant::now();
    let format = "{{range $id, $c := .Containers}}{{$id}} {{$c.IPv4Address}}\n{{end}}";
    loop {
        let id = docker(&["ps", "-q", "--no-trunc", "--filter", &format!("name={STACK}_gateway")]);
        let all = docker(&["network", "inspect", "--format", format, "docker_gwbridge"]);
        let line = all.lines().find(|line| !id.trim().is_empty() && line.starts_with(id.trim()));
        if let Some((_, address)) = line.and_then(|line| line.split_once(' ')) {
            return address.split('/').next().unwrap().to_owned();
        }
        assert!(started.elapsed() < Duration::from_mins(1), "there is no gateway");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

fn scale(service: &str, replicas: usize) {
    docker(&["service", "scale", &format!("{STACK}_{service}={replicas}")]);
}

/// Scales and replaces services, which users do not notice.
fn change_services(crowd: &mut Crowd) {
    scale("verify-service", 2);
    crowd.end_phase("verify-service scaled to 2").assert_all_succeeded();
    for service in ["verify-service", "auth-service", "web-frontend"] {
        docker(&["service", "update", "--force", "--quiet", &format!("{STACK}_{service}")]);
        crowd.end_phase(&format!("{service} updated")).assert_all_succeeded();
    }
}

/// Stops PostgreSQL and starts it again. Sessions stay valid, and Swarm restarts no verifier.
async fn stop_postgres(crowd: &mut Crowd) {
    let verifiers = || docker(&["ps", "-q", "--filter", &format!("name={STACK}_verify")]);
    let before = verifiers();
    scale("postgres", 0);
    tokio::time::sleep(Duration::from_secs(15)).await;
    crowd.end_phase("PostgreSQL stopped").assert_sessions_survived();
    assert_eq!(verifiers(), before);

    scale("postgres", 1);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let starting = crowd.end_phase("PostgreSQL starts");
    assert_eq!(starting.wrong, 0, "{starting:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swarm_is_operated_without_wrong_responses() {
    let Some(_swarm) = Swarm::start() else {
        println!("this machine is part of a swarm already: not tested");
        return;
    };
    let stack = Stack::new();
    let origin = stack.start().await;

    let mut crowd = Crowd::start(&origin).await;
    change_services(&mut crowd);
    stop_postgres(&mut crowd).await;
    // A second deployment keeps the secrets and changes nothing.
    stack.deploy();
    tokio::time::sleep(Duration::from_secs(2)).await;
    crowd.end_phase("deployed again").assert_all_succeeded();

    crowd.stop().await;
}
