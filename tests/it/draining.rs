//! A service that is asked to stop: it completes its work while load balancers send new work elsewhere.

use std::time::{Duration, Instant};

use tests::{Deployment, Process, Service, Visitor};

/// Waits until `/health/serving` says that the service is draining.
async fn wait_until_draining(origin: &str, within: Duration) {
    let started = Instant::now();
    let url = format!("{origin}/health/serving");
    let mut visitor = Visitor::new();
    while visitor.get(&url).await.status != 503 {
        assert!(started.elapsed() < within, "{origin} does not drain");
    }
}

fn terminate_all(deployment: &Deployment) {
    deployment.processes().for_each(|process| process.signal("TERM"));
}

/// A draining service answers requests and closes the connection.
async fn assert_serving_while_draining(origin: &str, path: &str, user: &mut Visitor) {
    // A client uses an open connection until a response says that it is closed.
    let answer = user.get(&format!("{origin}{path}")).await;
    assert_eq!(answer.status, 200, "{origin}{path}");
    assert_eq!(answer.header("connection"), "close", "{origin}{path}");
}

/// A draining service reports on this port that it is alive, but not ready.
async fn assert_health_while_draining(origin: &str, load_balancer: &mut Visitor) {
    for check in ["serving", "ready"] {
        let answer = load_balancer.get(&format!("{origin}/health/{check}")).await;
        assert_eq!(answer.status, 503, "{origin} {check}");
        assert!(answer.text.contains("stopping"), "{}", answer.text);
    }
    let live = load_balancer.get(&format!("{origin}/health/live")).await;
    assert_eq!(live.status, 200, "{origin}");
}

async fn wait_until_stopped(process: &Process, started: Instant, within: Duration) {
    while process.is_running() {
        assert!(started.elapsed() < within, "the process does not stop: {}", process.log());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_drains_before_it_stops() {
    let deployment = Deployment::builder().setting("DRAIN_TIME", "2s").start();
    let mut ada = deployment.signed_in("ada").await;
    let mut load_balancer = Visitor::new();
    let endpoints = [
        (&deployment.auth, "/.well-known/jwks.json"),
        (&deployment.verify, "/auth-request"),
        (&deployment.frontend, "/private"),
    ];
    let internal_urls = Service::ALL.map(|service| deployment.internal_urls(service).remove(0));
    let public_urls = endpoints.map(|(origin, _)| origin);
    for origin in public_urls.into_iter().chain(&internal_urls) {
        assert_eq!(load_balancer.get(&format!("{origin}/health/serving")).await.status, 200, "{origin}");
    }

    terminate_all(&deployment);
    let terminated = Instant::now();

    wait_until_draining(&deployment.frontend, Duration::from_secs(1)).await;
    for (origin, path) in endpoints {
        assert_serving_while_draining(origin, path, &mut ada).await;
        assert_health_while_draining(origin, &mut load_balancer).await;
    }
    for internal_url in &internal_urls {
        assert_health_while_draining(internal_url, &mut load_balancer).await;
    }
    ada.post(&format!("{}/api/logout", deployment.frontend)).await.assert_status(200);
    for process in deployment.processes() {
        wait_until_stopped(process, terminated, Duration::from_secs(5)).await;
    }
    assert!(terminated.elapsed() > Duration::from_secs(2), "the services drain for DRAIN_TIME");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_stops_a_draining_service() {
    let deployment = Deployment::builder().setting("DRAIN_TIME", "1m").start();
    let terminated = Instant::now();
    terminate_all(&deployment);
    wait_until_draining(&deployment.verify, Duration::from_secs(5)).await;

    for process in deployment.processes() {
        while process.is_running() {
            process.signal("TERM");
            let elapsed = terminated.elapsed();
            assert!(elapsed < Duration::from_secs(10), "the process does not stop: {}", process.log());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// How many tokens the service has verified.
async fn verifications(internal_url: &str) -> u64 {
    let metrics = Visitor::new().get(&format!("{internal_url}/metrics")).await.text;
    let counts = metrics.lines().filter(|line| line.starts_with("drawbridge_verifications_total"));
    counts.filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draining_replica_gets_no_more_requests() {
    let deployment = Deployment::builder().verify_services(2).setting("DRAIN_TIME", "1m").start();
    let url = &deployment.urls(Service::Verify)[1];
    let internal_url = &deployment.internal_urls(Service::Verify)[1];
    let private = format!("{}/private", deployment.frontend);
    let mut ada = deployment.signed_in("ada").await;
    for _ in 0..4 {
        ada.get(&private).await.assert_status(200);
    }
    let before = verifications(internal_url).await;
    assert!(before >= 2, "the replicas take turns");

    deployment.processes_of(Service::Verify)[1].signal("TERM");
    wait_until_draining(url, Duration::from_secs(30)).await;
    for _ in 0..20 {
        ada.get(&private).await.assert_status(200);
    }

    let after = verifications(internal_url).await;
    assert!(after <= before + 1, "its first response says that it is draining");
    // Without this, the test would wait for DRAIN_TIME.
    deployment.processes().for_each(|process| process.signal("KILL"));
}
