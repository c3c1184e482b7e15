//! `examples/actix-guard` with a deployment, in both modes of the guard.

use std::{
    net::TcpStream,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tests::{Deployment, Process, Service, Start, Visitor, free_port, program};

/// The example, with the address of its private page.
struct Example {
    private: String,
    _process: Process,
    _folder: TempDir,
}

impl Example {
    /// Starts the example as an embedded guard if `redis` names a server, otherwise as a remote one.
    async fn start(deployment: &Deployment, redis: Option<&str>) -> Self {
        let port = free_port();
        let folder = TempDir::new().unwrap();
        let mut settings = vec![
            ("PORT", port.to_string()),
            ("DRAWBRIDGE_ORIGIN", deployment.frontend.clone()),
            ("VERIFY_SERVICE_URL", deployment.verify.clone()),
        ];
        settings.extend(redis.map(|url| ("REDIS_URL", url.to_owned())));
        let process = Process::start(Start {
            command: vec![program("actix-guard").display().to_string()],
            settings: &settings,
            signal: "TERM",
            log: folder.path().join("log"),
            remove: None,
        });
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "{}", process.log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let private = format!("http://127.0.0.1:{port}/private");
        Self { private, _process: process, _folder: folder }
    }
}

async fn assert_guards(deployment: &Deployment, redis: Option<&str>, name: &str) {
    let example = Example::start(deployment, redis).await;
    let mut signed_in = deployment.signed_in(name).await;
    let mut old_cookie = signed_in.clone();

    let anonymous = Visitor::new().get(&example.private).await;
    let greeting = signed_in.get(&example.private).await;
    signed_in.post(&format!("{}/api/logout", deployment.frontend)).await.assert_status(200);
    let signed_out = Instant::now();
    while old_cookie.get(&example.private).await.status == 200 {
        assert!(signed_out.elapsed() < Duration::from_secs(4), "the revoked session is still accepted");
    }

    anonymous.assert_status(302);
    assert_eq!(anonymous.header("location"), "/sign-in?next=/private");
    greeting.assert_status(200);
    assert_eq!(greeting.text, format!("Hello {name}@example.com"));
}

#[tokio::test]
async fn the_example_guards_its_private_page_remotely() {
    let deployment = Deployment::builder().start();

    assert_guards(&deployment, None, "ada").await;
}

#[tokio::test]
async fn the_example_guards_its_private_page_embedded() {
    let deployment = Deployment::builder().start();
    let redis = deployment.redis().url().to_owned();

    assert_guards(&deployment, Some(&redis), "grace").await;
    assert!(deployment.process(Service::Verify).is_running());
}
