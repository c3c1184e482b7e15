//! The same file on a Swarm of one node, which exists for this test alone.

use std::time::{Duration, Instant};

use crate::{
    COMPOSE,
    crowd::Crowd,
    project::{Project, client, docker, run},
};

const STACK: &str = "drawbridge-test";

/// A swarm of this machine, ended with all that runs in it.
struct Swarm;

impl Swarm {
    /// `None` where the machine is in a swarm already, which is somebody's.
    fn begin() -> Option<Self> {
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
            let _ = std::process::Command::new("docker").args(command).output();
        }
        // The containers go a little later than their stack, and then the volume can.
        let started = Instant::now();
        let volume = format!("{STACK}_postgres-data");
        let remove = || std::process::Command::new("docker").args(["volume", "rm", &volume]).output();
        while started.elapsed() < Duration::from_secs(30)
            && !remove().is_ok_and(|output| output.status.success())
        {
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_swarm() {
    let Some(_swarm) = Swarm::begin() else {
        println!("this machine is in a swarm of somebody's: not tried");
        return;
    };
    // No port is published: this test comes in by the address of the gateway's container on this machine.
    let secrets = tempfile::TempDir::new().unwrap();
    let secrets = secrets.path().display().to_string();
    let settings = [("PUBLISH", "0"), ("RESOLVE_IMAGE", "never"), ("SECRETS", secrets.as_str())];
    let project = Project::new(COMPOSE, "swarm", &settings);
    let started = Instant::now();
    run(project.command("deploy/swarm/deploy").arg(STACK));
    let origin = format!("http://{}:8080", gateway().await);
    while !client().get(format!("{origin}/")).send().await.is_ok_and(|answer| answer.status() == 200)
        || !docker(&["stack", "services", "--format", "{{.Replicas}}", STACK])
            .lines()
            .all(|line| line == "1/1")
    {
        assert!(
            started.elapsed() < Duration::from_mins(2),
            "{}",
            docker(&["stack", "ps", "--no-trunc", STACK])
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    println!("a swarm: up after {:.1} s", started.elapsed().as_secs_f64());

    let mut crowd = Crowd::gather(&origin).await;
    let service = |name: &str| format!("{STACK}_{name}");
    docker(&["service", "scale", &format!("{}=2", service("verify-service"))]);
    let scaled = crowd.end_of("verify-service scaled to 2");
    assert_eq!((scaled.failed, scaled.wrong), (0, 0));
    for name in ["verify-service", "auth-service", "web-frontend"] {
        docker(&["service", "update", "--force", "--quiet", &service(name)]);
        let updated = crowd.end_of(&format!("{name} updated"));
        assert_eq!((updated.failed, updated.wrong), (0, 0));
    }
    // Nobody is replaced for what a database does that is away: whoever is signed in stays so.
    let verifiers = || docker(&["ps", "-q", "--filter", &format!("name={STACK}_verify")]);
    let before = verifiers();
    docker(&["service", "scale", &format!("{}=0", service("postgres"))]);
    tokio::time::sleep(Duration::from_secs(15)).await;
    let without = crowd.end_of("PostgreSQL away");
    assert!(without.let_everybody_stay(), "{without}: {:?}", without.what);
    assert_eq!(verifiers(), before);
    docker(&["service", "scale", &format!("{}=1", service("postgres"))]);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(crowd.end_of("PostgreSQL comes back").wrong, 0);
    // Deploying again makes no other secrets, and changes nothing.
    run(project.command("deploy/swarm/deploy").arg(STACK));
    tokio::time::sleep(Duration::from_secs(2)).await;
    let again = crowd.end_of("deployed again");
    assert_eq!((again.failed, again.wrong), (0, 0));
    crowd.go_home().await;
}

/// Where this machine reaches the gateway's container.
async fn gateway() -> String {
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
