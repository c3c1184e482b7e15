//! Servers whose certificates come from a private authority.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tests::{
    Deployment, Encryption, Mailbox, PASSWORD, RawBackend, Redis, Service, TlsFront, Visitor, credentials,
    free_ports, program,
};

/// A deployment with an upstream over TLS, and further options after its URL.
fn with_upstream(tls: &TlsFront, options: &str, settings: &[(&'static str, String)]) -> Deployment {
    let upstreams = format!("/backend=https://localhost:{}{options}", tls.port());
    let builder = Deployment::builder().one_process().setting("UPSTREAMS", upstreams);
    settings.iter().fold(builder, |builder, (name, value)| builder.setting(name, value)).start()
}

fn text(path: impl AsRef<Path>) -> String {
    path.as_ref().display().to_string()
}

async fn backend_status(deployment: &Deployment) -> u16 {
    Visitor::new().get(&format!("{}/backend/x", deployment.frontend)).await.status
}

/// Waits until a line of the log contains all of these words.
async fn wait_for_log(deployment: &Deployment, words: &[&str]) {
    let has_all = |line: &str| words.iter().all(|word| line.contains(word));
    wait_until(deployment, || deployment.log().lines().any(has_all)).await;
}

async fn wait_until(deployment: &Deployment, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(10), "not logged: {}", deployment.log());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_can_be_named_for_an_upstream() {
    let backend = RawBackend::start_friendly();
    let tls = TlsFront::to(backend.port());
    let authority = text(tls.authority());

    for (case, options, settings) in [
        ("after the URL", format!(" ca={authority}"), vec![]),
        ("for all connections", String::new(), vec![("SSL_CERT_FILE", authority)]),
    ] {
        let deployment = with_upstream(&tls, &options, &settings);

        assert_eq!(backend_status(&deployment).await, 200, "{case}");
        assert!(!deployment.log().contains("certificate"), "{case}: {}", deployment.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_authority_of_an_upstream_is_reported_at_start() {
    let backend = RawBackend::start_friendly();
    let tls = TlsFront::to(backend.port());
    let other = TlsFront::to(backend.port());

    for options in [String::new(), format!(" ca={}", text(other.authority()))] {
        let deployment = with_upstream(&tls, &options, &[]);

        wait_for_log(&deployment, &["ERROR", "/backend", "invalid peer certificate", "ca="]).await;
        assert_eq!(backend_status(&deployment).await, 503, "{options}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_can_be_named_for_redis() {
    let redis = Redis::start();
    let tls = TlsFront::to(redis.url().rsplit_once(':').unwrap().1.parse().unwrap());
    let authority = text(tls.authority());
    let url = format!("rediss://localhost:{}", tls.port());

    for (case, url, settings) in [
        ("in the URL", format!("{url}?ca={authority}"), vec![]),
        ("for all connections", url, vec![("SSL_CERT_FILE", authority)]),
    ] {
        let builder = Deployment::builder().setting("REDIS_URL", url);
        let deployment =
            settings.into_iter().fold(builder, |builder, (name, value)| builder.setting(name, value));
        let deployment = deployment.start();

        let mut ada = deployment.signed_in("ada").await;

        ada.get(&format!("{}/private", deployment.frontend)).await.assert_status(200);
        for service in Service::ALL {
            let url = [&deployment.auth, &deployment.verify, &deployment.frontend][service as usize];
            Visitor::new().get(&format!("{url}/health/ready")).await.assert_status(200);
        }
        assert!(!deployment.log().contains("certificate"), "{case}: {}", deployment.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_authority_of_redis_is_reported_at_start() {
    let redis = Redis::start();
    let tls = TlsFront::to(redis.url().rsplit_once(':').unwrap().1.parse().unwrap());
    let url = format!("rediss://localhost:{}", tls.port());

    let deployment = Deployment::builder().setting("REDIS_URL", url).start();

    for service in Service::ALL {
        let is_reported =
            |log: String| log.contains("ERROR") && log.contains("Redis has no trusted certificate");
        wait_until(&deployment, || is_reported(deployment.process(service).log())).await;
    }
    assert!(deployment.log().contains("UnknownIssuer"), "{}", deployment.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_mail_server_is_trusted_by_the_common_setting() {
    let mailbox = Mailbox::start_with(Encryption::Implicit, None);
    let url = mailbox.url().split_once('?').unwrap().0.to_owned();
    let deployment = Deployment::builder()
        .mail(&mailbox)
        .setting_for(Service::Auth, "SMTP_URL", url)
        .setting("SSL_CERT_FILE", text(mailbox.authority()))
        .start();

    let sign_up = format!("{}/api/register", deployment.auth);
    Visitor::new().post_json(&sign_up, &credentials("ada@example.com", PASSWORD)).await.assert_status(202);

    assert!(mailbox.next_to("ada@example.com").await.is_encrypted);
    assert!(!deployment.log().contains("certificate"), "{}", deployment.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_authority_of_the_mail_server_is_reported_at_start() {
    for encryption in [Encryption::Implicit, Encryption::StartTls] {
        let mailbox = Mailbox::start_with(encryption, None);
        let url = mailbox.url().split_once('?').unwrap().0.to_owned();
        let deployment =
            Deployment::builder().mail(&mailbox).setting_for(Service::Auth, "SMTP_URL", url).start();

        wait_for_log(&deployment, &["ERROR", "SMTP_URL", "UnknownIssuer"]).await;
    }
}

#[test]
fn a_missing_authority_is_an_error_at_start() {
    let folder = TempDir::new().unwrap();
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "").unwrap();

    for (name, value, file, reason) in [
        ("UPSTREAMS", "/b=https://b.internal ca=/nowhere.pem", "/nowhere.pem", "cannot be read"),
        ("APP_URL", "https://b.internal ca=/nowhere.pem", "/nowhere.pem", "cannot be read"),
        ("SSL_CERT_FILE", "/nowhere.pem", "/nowhere.pem", "cannot be read"),
        ("SSL_CERT_FILE", &text(&empty), &text(&empty), "no certificate"),
        ("SMTP_URL", "smtps://mail.internal?ca=/nowhere.pem", "/nowhere.pem", "cannot be read"),
    ] {
        let output = Command::new(program("drawbridge"))
            .args(["up", "--port", &free_ports(3).to_string()])
            .env(name, value)
            .current_dir(folder.path())
            .output()
            .unwrap();

        let error = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{name}: {error}");
        let is_named = |line: &str| [name, file, reason].iter().all(|word| line.contains(word));
        assert!(error.lines().any(is_named), "{name}: {error}");
    }
}
