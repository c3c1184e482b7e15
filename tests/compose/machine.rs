//! One machine: from the first `up` to a `down` and an `up` again.

use std::time::Duration;

use chrono::{DateTime, Utc};
use drawbridge_core::clock::{Clock, SystemClock};
use tests::{Browser, PASSWORD, Scripts};

use crate::{
    COMPOSE,
    crowd::{Crowd, register},
    project::{Project, answered, client, docker, inspect, run},
};

/// The services of ours, the port of their metrics and what counts their work.
const SERVICES: [(&str, u16, &str); 3] = [
    ("verify-service", 9082, "drawbridge_verifications_total"),
    ("auth-service", 9081, "drawbridge_http_requests_total"),
    ("web-frontend", 9080, "drawbridge_http_requests_total"),
];

#[tokio::test(flavor = "multi_thread")]
async fn one_machine() {
    let project = Project::new(COMPOSE, "machine", &[]);
    let time = project.up(&[]).await;
    println!("from `up` to the first page: {:.1} s", time.as_secs_f64());
    assert!(time <= Duration::from_secs(15));
    let origin = project.origin.clone();
    everything_is_locked_down(&project);
    in_a_browser(&origin).await;

    let mut crowd = Crowd::gather(&origin).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let quiet = crowd.end_of("nothing happens");
    assert_eq!((quiet.failed, quiet.wrong), (0, 0));

    scaling(&project, &mut crowd).await;
    replicas_that_fail(&project, &mut crowd).await;
    replicas_that_are_replaced(&project, &mut crowd).await;
    outages(&project, &mut crowd).await;
    let total = crowd.go_home().await;
    println!("in all: {total}");
    assert_eq!(total.wrong, 0);

    nothing_is_lost(&project).await;
}

/// More of each, one less, one more: nobody notices.
async fn scaling(project: &Project, crowd: &mut Crowd) {
    let before: Vec<_> = SERVICES.iter().flat_map(|(service, ..)| project.containers(service)).collect();
    project.scale(&["verify-service=3", "auth-service=2", "web-frontend=2"]);
    for (service, port, metric) in SERVICES {
        for replica in project.containers(service) {
            if before.contains(&replica) {
                continue;
            }
            while answered(&replica, port, metric).await < 30 {
                assert!(age(&replica) < 10.0, "a new {service} is given no work");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            println!("a new {service} is at work {:.1} s after its start at the latest", age(&replica));
        }
    }
    let more = crowd.end_of("scaled to 3, 2 and 2");
    assert_eq!((more.failed, more.wrong), (0, 0));

    for (service, _, _) in SERVICES {
        let one = project.containers(service).pop().unwrap();
        docker(&["stop", "--time", "20", &one]);
        let stopped = crowd.end_of(&format!("a {service} stopped"));
        assert_eq!((stopped.failed, stopped.wrong), (0, 0));
        docker(&["start", &one]);
        project.healthy(service).await;
    }
    project.scale(&["verify-service=4", "auth-service=2", "web-frontend=2"]);
    project.scale(&["verify-service=3", "auth-service=2", "web-frontend=2"]);
    let scaled = crowd.end_of("a verify-service added and taken away");
    assert_eq!((scaled.failed, scaled.wrong), (0, 0));
}

/// A replica that hangs or is killed takes with it what it had begun, and no more.
async fn replicas_that_fail(project: &Project, crowd: &mut Crowd) {
    for (service, _, _) in SERVICES {
        let one = project.containers(service).pop().unwrap();
        let all = crowd.end_of("all replicas are there");
        assert_eq!((all.failed, all.wrong), (0, 0));
        docker(&["pause", &one]);
        tokio::time::sleep(Duration::from_secs(4)).await;
        docker(&["unpause", &one]);
        let hung = crowd.end_of(&format!("a {service} hung"));
        assert_eq!(hung.wrong, 0);
        // Only what it had begun by then waits for it.
        assert!(hung.failed <= 4 && hung.last_failure < Duration::from_secs(2), "{hung:?}");
    }

    for (service, _, _) in SERVICES {
        let one = project.containers(service).pop().unwrap();
        let all = crowd.end_of("all replicas are there");
        assert_eq!((all.failed, all.wrong), (0, 0));
        docker(&["kill", &one]);
        tokio::time::sleep(Duration::from_secs(4)).await;
        let killed = crowd.end_of(&format!("a {service} killed"));
        assert_eq!(killed.wrong, 0);
        // What it had begun and may not be done twice is lost with it; after 2 s nobody is sent there any more.
        assert!(killed.failed <= 4 && killed.last_failure < Duration::from_secs(2), "{killed:?}");
        docker(&["start", &one]);
        project.healthy(service).await;
    }
}

/// Every replica is replaced by a new one, and the gateway reads its configuration anew.
async fn replicas_that_are_replaced(project: &Project, crowd: &mut Crowd) {
    for (service, _, _) in SERVICES {
        let before = project.containers(service);
        run(project.command("deploy/rolling-restart").arg(service));
        let after = project.containers(service);
        assert!(after.len() == before.len() && after.iter().all(|id| !before.contains(id)), "{service}");
        let rolled = crowd.end_of(&format!("every {service} replaced in turn"));
        assert_eq!((rolled.failed, rolled.wrong), (0, 0));
    }
    project.compose(&["kill", "--signal", "USR2", "gateway"]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let reloaded = crowd.end_of("the gateway's configuration read anew");
    assert_eq!((reloaded.failed, reloaded.wrong), (0, 0));
}

/// Redis and then PostgreSQL go away and come back.
async fn outages(project: &Project, crowd: &mut Crowd) {
    project.compose(&["stop", "redis"]);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let without = crowd.end_of("Redis stopped");
    assert_eq!((without.failed, without.wrong), (0, 0), "nobody notices");
    project.compose(&["start", "redis"]);
    project.healthy("redis").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(crowd.end_of("Redis comes back").wrong, 0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let healed = crowd.end_of("Redis is back");
    assert_eq!((healed.failed, healed.wrong), (0, 0));

    project.compose(&["stop", "postgres"]);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let without = crowd.end_of("PostgreSQL stopped");
    assert!(without.let_everybody_stay(), "{without}: {:?}", without.what);
    project.compose(&["start", "postgres"]);
    project.healthy("postgres").await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(crowd.end_of("PostgreSQL comes back").wrong, 0);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let healed = crowd.end_of("PostgreSQL is back");
    assert_eq!((healed.failed, healed.wrong), (0, 0));
}

/// How many seconds ago a container was started.
fn age(container: &str) -> f64 {
    let started: DateTime<Utc> = inspect(container, "{{.State.StartedAt}}").parse().unwrap();
    (SystemClock.now() - started).as_seconds_f64()
}

/// Takes everything down and up again, and finds every account and every session.
async fn nothing_is_lost(project: &Project) {
    let origin = &project.origin;
    let login = async |email: &str| {
        let body = serde_json::json!({"email": email, "password": PASSWORD});
        let answer = client().post(format!("{origin}/api/login")).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{email}");
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
        cookie.split_once(';').unwrap().0.to_owned()
    };
    let people: Vec<_> = (0..20).map(|n| format!("person-{n}@example.com")).collect();
    let mut sessions = Vec::new();
    for email in &people {
        register(origin, email).await;
        sessions.push(login(email).await);
    }
    project.compose(&["down"]);
    project.up(&[]).await;
    for (email, session) in people.iter().zip(&sessions) {
        login(email).await;
        let mine = client().get(format!("{origin}/private")).header("cookie", session).send().await.unwrap();
        assert_eq!(mine.status(), 200, "the session of {email} is gone");
    }
    println!("down and up: {} accounts and sessions found of {}", people.len(), people.len());
}

async fn in_a_browser(origin: &str) {
    let browser = Browser::start(Scripts::On).await;
    let page = |path: &str| format!("{origin}{path}");
    browser.client.goto(&page("/register")).await.unwrap();
    browser.fill("#email", "ada@example.com").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form button.wide").await;
    browser.wait_for_path("/login").await;
    browser.client.goto(&page("/private")).await.unwrap();
    browser.wait_for_path("/login?next=/private").await;
    browser.fill("#email", "ada@example.com").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form button.wide").await;
    browser.wait_for_path("/private").await;
    assert_eq!(browser.text("#email").await, "ada@example.com");
    browser.close().await;
    println!("in a browser: signed up and in");
}

/// What the compose file promises of each container.
fn everything_is_locked_down(project: &Project) {
    for service in ["gateway", "web-frontend", "auth-service", "verify-service", "postgres", "redis"] {
        let id = project.container(service);
        let published = inspect(&id, "{{range .NetworkSettings.Ports}}{{.}}{{end}}").replace("[]", "");
        assert_eq!(published.is_empty(), service != "gateway", "{service}: {published}");
        assert_ne!(inspect(&id, "{{.HostConfig.Memory}}"), "0", "{service} may take all memory");
        assert_eq!(inspect(&id, "{{.HostConfig.RestartPolicy.Name}}"), "unless-stopped", "{service}");
        if service != "postgres" {
            assert_eq!(inspect(&id, "{{.HostConfig.ReadonlyRootfs}}"), "true", "{service}");
        }
    }
    for (service, _, _) in SERVICES {
        let id = project.container(service);
        assert_eq!(inspect(&id, "{{.Config.User}}"), "10001:10001", "{service}");
        assert_eq!(inspect(&id, "{{.HostConfig.CapDrop}}"), "[ALL]", "{service}");
        let image = inspect(&id, "{{.Config.Image}}");
        let size = |image: &str| inspect(image, "{{.Size}}").parse::<u64>().unwrap();
        let own = size(&image) - size("debian:bookworm-slim");
        println!("{service}: {} MB beyond its base", own / 1_000_000);
        assert!(own <= 40_000_000);
        let title = inspect(&image, r#"{{index .Config.Labels "org.opencontainers.image.title"}}"#);
        assert_eq!(title, service);
    }
    let secrets = |service: &str| docker(&["exec", &project.container(service), "ls", "/run/secrets"]);
    assert_eq!(secrets("verify-service"), "database_url\nredis_url\n", "and no master secret");
    assert_eq!(secrets("web-frontend"), "master_secret\nredis_url\n", "and no way to the database");

    for service in ["gateway", "web-frontend", "redis"] {
        let networks = inspect(
            &project.container(service),
            "{{range $name, $n := .NetworkSettings.Networks}}{{$name}} {{end}}",
        );
        assert!(!networks.contains("_data "), "{service} has no way to the database: {networks}");
    }

    let as_reader = |query: &str| {
        let postgres = project.container("postgres");
        let command = format!(
            "PGOPTIONS=-cdefault_transaction_read_only=off PGPASSWORD=$(cat /run/secrets/reader_password) psql -h 127.0.0.1 -U drawbridge_reader -d drawbridge -c '{query}'"
        );
        let output =
            std::process::Command::new("docker").args(["exec", &postgres, "sh", "-c", &command]).output();
        let output = output.unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert!(as_reader("SELECT count(*) FROM users").0, "verify-service can read");
    for forbidden in [
        "SELECT count(*) FROM passwords",
        "UPDATE users SET disabled = false",
        "CREATE TABLE mine (id int)",
        "SELECT lo_create(0)",
        "SELECT pg_advisory_lock(1)",
    ] {
        let (done, said) = as_reader(forbidden);
        assert!(!done && said.contains("permission denied"), "{forbidden}: {said}");
    }
    let redis = project.container("redis");
    let unasked = docker(&["exec", &redis, "redis-cli", "get", "{drawbridge}:watermark"]);
    assert!(unasked.contains("NOPERM"), "Redis wants a password: {unasked}");
    let as_web = |command: &str| {
        let command =
            format!("REDISCLI_AUTH=$(cat /run/secrets/web-frontend) redis-cli --user web-frontend {command}");
        docker(&["exec", &redis, "sh", "-c", &command])
    };
    assert!(as_web("set '{drawbridge}-page:x' 1 ex 1").contains("OK"));
    for forbidden in ["set '{drawbridge}:1:user:x' 1", "del '{drawbridge}:watermark'", "flushall", "keys '*'"]
    {
        let said = as_web(forbidden);
        assert!(said.contains("NOPERM"), "{forbidden}: {said}");
    }
}
