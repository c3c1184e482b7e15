//! What `docker-compose.yml` promises about each container.

use std::process::Command;

use crate::project::{Project, docker, inspect};

/// The largest image of a service, without its base image, in bytes.
const MAX_IMAGE_SIZE: u64 = 40_000_000;

/// Fails unless every container has only the rights that it needs. `own` are the services of this repository.
pub(crate) fn assert_hardened(project: &Project, own: [&str; 3]) {
    for service in ["gateway", "web-frontend", "auth-service", "verify-service", "postgres", "redis"] {
        assert_confined(project, service);
    }
    for service in own {
        assert_small_and_unprivileged(project, service);
    }
    assert_secrets_are_separate(project);
    for service in ["gateway", "web-frontend", "redis"] {
        assert_no_route_to_the_database(project, service);
    }
    assert_reader_may_only_read(project);
    assert_redis_needs_a_password(project);
    assert_web_frontend_owns_page_sessions_only(project);
}

/// Only the gateway is published, memory is limited, and file systems are read-only.
fn assert_confined(project: &Project, service: &str) {
    let id = project.container(service);
    let published = inspect(&id, "{{range .NetworkSettings.Ports}}{{.}}{{end}}").replace("[]", "");
    assert_eq!(published.is_empty(), service != "gateway", "{service}: {published}");
    assert_ne!(inspect(&id, "{{.HostConfig.Memory}}"), "0", "{service} has no memory limit");
    assert_eq!(inspect(&id, "{{.HostConfig.RestartPolicy.Name}}"), "unless-stopped", "{service}");
    if service != "postgres" {
        assert_eq!(inspect(&id, "{{.HostConfig.ReadonlyRootfs}}"), "true", "{service}");
    }
}

fn assert_small_and_unprivileged(project: &Project, service: &str) {
    let id = project.container(service);
    assert_eq!(inspect(&id, "{{.Config.User}}"), "10001:10001", "{service}");
    assert_eq!(inspect(&id, "{{.HostConfig.CapDrop}}"), "[ALL]", "{service}");
    let title = inspect(&id, r#"{{index .Config.Labels "org.opencontainers.image.title"}}"#);
    assert_eq!(title, service);

    let image = inspect(&id, "{{.Config.Image}}");
    let size = |image: &str| inspect(image, "{{.Size}}").parse::<u64>().unwrap();
    let own = size(&image) - size("debian:bookworm-slim");
    println!("{service}: {} MB without the base image", own / 1_000_000);
    assert!(own <= MAX_IMAGE_SIZE, "{service}: {own} bytes");
}

fn assert_secrets_are_separate(project: &Project) {
    let secrets = |service: &str| docker(&["exec", &project.container(service), "ls", "/run/secrets"]);
    assert_eq!(secrets("verify-service"), "database_url\nredis_url\n", "no master secret");
    assert_eq!(secrets("web-frontend"), "redis_url\nweb_frontend_key\n", "no master secret, no database");
}

fn assert_no_route_to_the_database(project: &Project, service: &str) {
    let format = "{{range $name, $n := .NetworkSettings.Networks}}{{$name}} {{end}}";
    let networks = inspect(&project.container(service), format);
    assert!(!networks.contains("_data "), "{service}: {networks}");
}

/// The database role of verify-service can read what it needs and nothing else.
fn assert_reader_may_only_read(project: &Project) {
    let postgres = project.container("postgres");
    let query = |sql: &str| {
        let command = format!(
            "PGOPTIONS=-cdefault_transaction_read_only=off PGPASSWORD=$(cat /run/secrets/reader_password) \
             psql -h 127.0.0.1 -U drawbridge_reader -d drawbridge -c '{sql}'"
        );
        Command::new("docker").args(["exec", &postgres, "sh", "-c", &command]).output().unwrap()
    };

    assert!(query("SELECT count(*) FROM users").status.success(), "verify-service can read");
    for forbidden in [
        "SELECT count(*) FROM passwords",
        "UPDATE users SET disabled = false",
        "CREATE TABLE mine (id int)",
        "SELECT lo_create(0)",
        "SELECT pg_advisory_lock(1)",
    ] {
        let output = query(forbidden);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{forbidden}");
        assert!(error.contains("permission denied"), "{forbidden}: {error}");
    }
}

fn assert_redis_needs_a_password(project: &Project) {
    let redis = project.container("redis");
    let answer = docker(&["exec", &redis, "redis-cli", "get", "{drawbridge}:watermark"]);
    assert!(answer.contains("NOPERM"), "{answer}");
}

/// The Redis user of web-frontend can use page sessions and nothing else.
fn assert_web_frontend_owns_page_sessions_only(project: &Project) {
    let redis = project.container("redis");
    let run = |command: &str| {
        let command =
            format!("REDISCLI_AUTH=$(cat /run/secrets/web-frontend) redis-cli --user web-frontend {command}");
        docker(&["exec", &redis, "sh", "-c", &command])
    };

    assert!(run("set '{drawbridge}-page:x' 1 ex 1").contains("OK"));
    for forbidden in ["set '{drawbridge}:1:user:x' 1", "del '{drawbridge}:watermark'", "flushall", "keys '*'"]
    {
        let answer = run(forbidden);
        assert!(answer.contains("NOPERM"), "{forbidden}: {answer}");
    }
}
