//! The key with which web-frontend proves itself to auth-service, and upgrades from the master secret.

use std::process::Command;

use tests::{
    Answer, Deployment, MASTER_SECRET, PASSWORD, Service, Visitor, WEB_FRONTEND_KEY, program, register,
};

/// Runs `drawbridge keys web-frontend`.
fn new_key() -> String {
    let output = Command::new(program("drawbridge")).args(["keys", "web-frontend"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Registers an account and signs in at web-frontend's API.
async fn sign_in(deployment: &Deployment) -> Answer {
    register(&deployment.auth, "ada@example.com").await;
    Visitor::new().log_in(&deployment.frontend, "ada@example.com", PASSWORD).await
}

#[tokio::test]
async fn web_frontend_needs_no_master_secret() {
    let deployment = Deployment::builder().setting_for(Service::Frontend, "MASTER_SECRET", "").start();

    sign_in(&deployment).await.assert_status(200);

    assert!(!deployment.log().contains("uses MASTER_SECRET"), "{}", deployment.log());
}

#[tokio::test]
async fn a_new_key_works_beside_the_previous_one() {
    let key = new_key();
    assert!(key.starts_with("dbw_"), "{key}");
    let both = format!("{key},{WEB_FRONTEND_KEY}");

    for used in [key.as_str(), WEB_FRONTEND_KEY] {
        let deployment = Deployment::builder()
            .setting_for(Service::Auth, "WEB_FRONTEND_KEY", &both)
            .setting_for(Service::Frontend, "WEB_FRONTEND_KEY", used)
            .start();

        sign_in(&deployment).await.assert_status(200);
    }
}

#[tokio::test]
async fn a_key_that_auth_service_does_not_know_is_an_outage() {
    let deployment =
        Deployment::builder().setting_for(Service::Frontend, "WEB_FRONTEND_KEY", new_key()).start();

    let answer = sign_in(&deployment).await;

    answer.assert_error(503, "unavailable");
    let log = deployment.log();
    assert!(log.contains("unknown_key") && log.contains("the same WEB_FRONTEND_KEY"), "{log}");
}

#[tokio::test]
async fn the_master_secret_works_during_an_upgrade() {
    let deployment = Deployment::builder()
        .setting_for(Service::Frontend, "WEB_FRONTEND_KEY", "")
        .setting_for(Service::Frontend, "MASTER_SECRET", MASTER_SECRET)
        .start();

    sign_in(&deployment).await.assert_status(200);

    let log = deployment.log();
    assert!(log.contains("uses MASTER_SECRET") && log.contains("drawbridge keys web-frontend"), "{log}");
}

#[test]
fn without_a_secret_the_error_says_how_to_make_a_key() {
    let output = Command::new(program("web-frontend"))
        .env_remove("MASTER_SECRET")
        .env_remove("WEB_FRONTEND_KEY")
        .env("FRONTEND_ORIGIN", "http://localhost:8080")
        .output()
        .unwrap();

    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("WEB_FRONTEND_KEY") && text.contains("drawbridge keys web-frontend"), "{text}");
}

#[tokio::test]
async fn one_process_keeps_a_key_in_its_data_folder() {
    let mut deployment = Deployment::builder().one_process().start();
    let file = deployment.data_folder().join("web-frontend-key");
    let key = std::fs::read_to_string(&file).unwrap();
    sign_in(&deployment).await.assert_status(200);

    deployment.restart(Service::Frontend);

    assert!(key.starts_with("dbw_"), "{key}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), key);
}
