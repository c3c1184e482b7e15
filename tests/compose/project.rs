//! A deployment of `docker-compose.yml` with its own name and ports.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use tests::free_port;

/// The root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Runs a command and returns its output.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
    out.into_owned()
}

/// Runs `docker …`.
pub(crate) fn docker(arguments: &[&str]) -> String {
    run(Command::new("docker").args(arguments))
}

/// A deployment, which is removed with its data when it is dropped.
pub(crate) struct Project {
    compose: Vec<&'static str>,
    settings: BTreeMap<&'static str, String>,
    pub(crate) origin: String,
}

impl Project {
    /// Describes a deployment. `compose` is the command, such as `["docker", "compose"]`, and the settings are those of
    /// `.env`.
    pub(crate) fn new(compose: &[&'static str], name: &str, settings: &[(&'static str, &str)]) -> Self {
        let port = free_port();
        let origin = format!("http://localhost:{port}");
        let mut all = BTreeMap::from([
            ("COMPOSE_PROJECT_NAME", format!("drawbridge-{name}-{}", std::process::id())),
            ("HTTP_PORT", port.to_string()),
            ("FRONTEND_ORIGIN", origin.clone()),
            ("TAG", "test".to_owned()),
            ("BCRYPT_COST", "10".to_owned()),
            // All users have the same address.
            ("REGISTER_LIMIT_NETWORK", "1000/1s".to_owned()),
        ]);
        all.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
        Self { compose: compose.to_vec(), settings: all, origin }
    }

    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(repository()).envs(&self.settings);
        command
    }

    pub(crate) fn compose(&self, arguments: &[&str]) -> String {
        run(self.command(self.compose[0]).args(&self.compose[1..]).args(arguments))
    }

    /// Runs `compose up --detach` and returns the time until the first page.
    pub(crate) async fn up(&self, arguments: &[&str]) -> Duration {
        let started = Instant::now();
        let page = format!("{}/", self.origin);
        let first_page = tokio::spawn(async move {
            let client = client();
            loop {
                if client.get(&page).send().await.is_ok_and(|answer| answer.status() == 200) {
                    return started.elapsed();
                }
                assert!(started.elapsed() < Duration::from_mins(2), "no page at {page}");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let arguments = [&["up", "--detach"], arguments].concat();
        tokio::task::block_in_place(|| self.compose(&arguments));
        first_page.await.unwrap()
    }

    /// The IDs of the containers of a service.
    pub(crate) fn containers(&self, service: &str) -> Vec<String> {
        self.compose(&["ps", "-q", service]).lines().map(str::to_owned).collect()
    }

    /// The ID of the only container of a service.
    pub(crate) fn container(&self, service: &str) -> String {
        let containers = self.containers(service);
        assert_eq!(containers.len(), 1, "{service}");
        containers[0].clone()
    }

    /// Waits until all containers of a service are healthy.
    pub(crate) async fn healthy(&self, service: &str) {
        let started = Instant::now();
        loop {
            let is_healthy = |id: &String| inspect(id, "{{.State.Health.Status}}") == "healthy";
            if self.containers(service).iter().all(is_healthy) {
                return;
            }
            assert!(
                started.elapsed() < Duration::from_mins(1),
                "{service}: {}",
                self.compose(&["logs", service])
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Scales services, such as `verify-service=3`, without changing other containers.
    pub(crate) fn scale(&self, services: &[&str]) {
        let mut arguments = vec!["up", "--detach", "--no-recreate"];
        for service in services {
            arguments.extend(["--scale", *service]);
        }
        self.compose(&arguments);
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let logs = self
                .command(self.compose[0])
                .args(&self.compose[1..])
                .args(["logs", "--tail", "60"])
                .output();
            let logs = logs.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
            println!("{}", logs.unwrap_or_default());
        }
        let down = ["down", "--volumes", "--remove-orphans", "--timeout", "1"];
        let _ = self.command(self.compose[0]).args(&self.compose[1..]).args(down).output();
    }
}

/// A field of a container or an image in the output of `docker inspect`.
pub(crate) fn inspect(id: &str, format: &str) -> String {
    docker(&["inspect", "--format", format, id]).trim().to_owned()
}

/// The address of a container in the network that all containers share.
pub(crate) fn address(id: &str) -> String {
    let networks =
        inspect(id, "{{range $name, $n := .NetworkSettings.Networks}}{{$name}} {{$n.IPAddress}}\n{{end}}");
    let line = networks.lines().find(|line| line.contains("_backend ")).unwrap();
    line.split_once(' ').unwrap().1.to_owned()
}

/// A client without cookies and redirects, with a timeout of 10 s.
pub(crate) fn client() -> reqwest::Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    client.timeout(Duration::from_secs(10)).build().unwrap()
}

/// How many requests a container has answered since its start, apart from most health checks.
pub(crate) async fn answered(id: &str, internal_port: u16, metric: &str) -> u64 {
    let url = format!("http://{}:{internal_port}/metrics", address(id));
    let Ok(answer) = client().get(url).send().await else { return 0 };
    let text = answer.text().await.unwrap_or_default();
    let lines = text.lines().filter(|line| line.starts_with(metric));
    lines.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
}
