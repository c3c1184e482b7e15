//! One machine, from the first `up` to `down` and `up` again.

use std::time::Duration;

use chrono::{DateTime, Utc};
use drawbridge_core::clock::{Clock, SystemClock};
use tests::{Browser, PASSWORD, Scripts};

use crate::{
    COMPOSE,
    crowd::{Crowd, register, sign_in},
    hardening::assert_hardened,
    project::{Project, answered, client, docker, inspect, run},
};

/// A service, its internal port and the metric that counts its work.
struct Measured {
    service: &'static str,
    internal_port: u16,
    metric: &'static str,
}

const SERVICES: [Measured; 3] = [
    Measured { service: "verify-service", internal_port: 9082, metric: "drawbridge_verifications_total" },
    Measured { service: "auth-service", internal_port: 9081, metric: "drawbridge_http_requests_total" },
    Measured { service: "web-frontend", internal_port: 9080, metric: "drawbridge_http_requests_total" },
];

/// Waits while the crowd sends requests.
async fn wait_seconds(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_machine_is_operated_without_wrong_responses() {
    let project = Project::new(COMPOSE, "machine", &[]);
    let time = project.up(&[]).await;
    println!("from `up` to the first page: {:.1} s", time.as_secs_f64());
    assert!(time <= Duration::from_secs(15));
    assert_hardened(&project, SERVICES.map(|measured| measured.service));
    sign_up_in_a_browser(&project.origin).await;

    let mut crowd = Crowd::start(&project.origin).await;
    wait_seconds(2).await;
    crowd.end_phase("nothing happens").assert_all_succeeded();
    scale_up(&project, &mut crowd).await;
    scale_down(&project, &mut crowd).await;
    pause_replicas(&project, &mut crowd).await;
    kill_replicas(&project, &mut crowd).await;
    replace_replicas(&project, &mut crowd).await;
    stop_redis(&project, &mut crowd).await;
    stop_postgres(&project, &mut crowd).await;
    let total = crowd.stop().await;

    println!("in all: {total}");
    assert_eq!(total.wrong, 0);
    assert_data_survive(&project).await;
}

/// Adds replicas of each service, and waits until each of them gets work.
async fn scale_up(project: &Project, crowd: &mut Crowd) {
    let before: Vec<_> = SERVICES.iter().flat_map(|measured| project.containers(measured.service)).collect();
    project.scale(&["verify-service=3", "auth-service=2", "web-frontend=2"]);
    for Measured { service, internal_port, metric } in SERVICES {
        for replica in project.containers(service) {
            if before.contains(&replica) {
                continue;
            }
            while answered(&replica, internal_port, metric).await < 30 {
                assert!(age(&replica) < 10.0, "a new {service} gets no work");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            println!("a new {service} works at most {:.1} s after its start", age(&replica));
        }
    }
    crowd.end_phase("scaled to 3, 2 and 2").assert_all_succeeded();
}

/// Stops a replica of each service, and removes one.
async fn scale_down(project: &Project, crowd: &mut Crowd) {
    for Measured { service, .. } in SERVICES {
        let one = project.containers(service).pop().unwrap();
        docker(&["stop", "--time", "20", &one]);
        crowd.end_phase(&format!("a {service} stopped")).assert_all_succeeded();
        docker(&["start", &one]);
        project.healthy(service).await;
    }
    project.scale(&["verify-service=4", "auth-service=2", "web-frontend=2"]);
    project.scale(&["verify-service=3", "auth-service=2", "web-frontend=2"]);
    crowd.end_phase("a verify-service added and removed").assert_all_succeeded();
}

/// Suspends a replica of each service for a while. Only the requests that it had accepted wait for it.
async fn pause_replicas(project: &Project, crowd: &mut Crowd) {
    for Measured { service, .. } in SERVICES {
        let one = project.containers(service).pop().unwrap();
        crowd.end_phase("all replicas run").assert_all_succeeded();
        docker(&["pause", &one]);
        wait_seconds(4).await;
        docker(&["unpause", &one]);
        crowd.end_phase(&format!("a {service} paused")).assert_one_replica_lost();
    }
}

/// Kills a replica of each service. Requests that it had accepted and that must not be repeated are lost; after 2 s, no
/// more requests are sent to it.
async fn kill_replicas(project: &Project, crowd: &mut Crowd) {
    for Measured { service, .. } in SERVICES {
        let one = project.containers(service).pop().unwrap();
        crowd.end_phase("all replicas run").assert_all_succeeded();
        docker(&["kill", &one]);
        wait_seconds(4).await;
        crowd.end_phase(&format!("a {service} killed")).assert_one_replica_lost();
        docker(&["start", &one]);
        project.healthy(service).await;
    }
}

/// Replaces every replica with a new one, and reloads the configuration of the gateway.
async fn replace_replicas(project: &Project, crowd: &mut Crowd) {
    for Measured { service, .. } in SERVICES {
        let before = project.containers(service);
        run(project.command("deploy/rolling-restart").arg(service));
        let after = project.containers(service);
        assert_eq!(after.len(), before.len(), "{service}");
        assert!(after.iter().all(|id| !before.contains(id)), "{service}");
        crowd.end_phase(&format!("every {service} replaced")).assert_all_succeeded();
    }
    project.compose(&["kill", "--signal", "USR2", "gateway"]);
    wait_seconds(2).await;
    crowd.end_phase("the gateway reloaded").assert_all_succeeded();
}

/// Stops Redis and starts it again, which users do not notice.
async fn stop_redis(project: &Project, crowd: &mut Crowd) {
    project.compose(&["stop", "redis"]);
    wait_seconds(5).await;
    crowd.end_phase("Redis stopped").assert_all_succeeded();
    restart_store(project, crowd, "redis").await;
}

/// Stops PostgreSQL and starts it again. Meanwhile, users cannot sign in or out.
async fn stop_postgres(project: &Project, crowd: &mut Crowd) {
    project.compose(&["stop", "postgres"]);
    wait_seconds(5).await;
    crowd.end_phase("PostgreSQL stopped").assert_sessions_survived();
    restart_store(project, crowd, "postgres").await;
}

async fn restart_store(project: &Project, crowd: &mut Crowd, service: &str) {
    project.compose(&["start", service]);
    project.healthy(service).await;
    wait_seconds(3).await;
    let starting = crowd.end_phase(&format!("{service} starts"));
    assert_eq!(starting.wrong, 0, "{starting:?}");
    wait_seconds(2).await;
    crowd.end_phase(&format!("{service} runs")).assert_all_succeeded();
}

/// How many seconds ago a container was started.
fn age(container: &str) -> f64 {
    let started: DateTime<Utc> = inspect(container, "{{.State.StartedAt}}").parse().unwrap();
    (SystemClock.now() - started).as_seconds_f64()
}

/// Stops and restarts everything, and finds every account and every session.
async fn assert_data_survive(project: &Project) {
    let origin = &project.origin;
    let emails: Vec<_> = (0..20).map(|n| format!("person-{n}@example.com")).collect();
    let mut sessions = Vec::new();
    for email in &emails {
        register(origin, email).await;
        sessions.push(sign_in(origin, email).await);
    }

    project.compose(&["down"]);
    project.up(&[]).await;

    for (email, session) in emails.iter().zip(&sessions) {
        sign_in(origin, email).await;
        let page = client().get(format!("{origin}/private")).header("cookie", session).send().await.unwrap();
        assert_eq!(page.status(), 200, "the session of {email} is lost");
    }
    println!("down and up: {} accounts and sessions survived", emails.len());
}

async fn sign_up_in_a_browser(origin: &str) {
    let browser = Browser::start(Scripts::On).await;
    let submit = async || {
        browser.fill("#email", "ada@example.com").await;
        browser.fill("#password", PASSWORD).await;
        browser.click("main form button.wide").await;
    };

    browser.client.goto(&format!("{origin}/register")).await.unwrap();
    submit().await;
    browser.wait_for_path("/login").await;
    browser.client.goto(&format!("{origin}/private")).await.unwrap();
    browser.wait_for_path("/login?next=/private").await;
    submit().await;
    browser.wait_for_path("/private").await;

    assert_eq!(browser.text("#email").await, "ada@example.com");
    browser.close().await;
    println!("in a browser: signed up and in");
}
