//! The JavaScript packages (`clients/js`), on their own and with a running deployment.

use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;
use tests::{Deployment, LineProcess, MASTER_SECRET, PASSWORD, Service, Visitor, program};

use crate::project::{repository, run};

/// How long a state that must come is awaited.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many sign-outs are measured.
const SIGN_OUTS: usize = 20;

fn packages() -> PathBuf {
    repository().join("clients/js")
}

fn add_shop(deployment: &Deployment) -> String {
    let mut command = Command::new(program("drawbridge"));
    command.args(["frontend", "add", "shop", "--origin", "https://shop.example.com"]);
    command.env("DATABASE_URL", &deployment.database_url).env("MASTER_SECRET", MASTER_SECRET);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A Node process that verifies tokens.
struct NodeVerifier(LineProcess);

impl NodeVerifier {
    fn start(deployment: &Deployment, key: &str) -> Self {
        let script = repository().join("tests/frontends/verify_lines.mjs");
        let mut node = Command::new("node");
        node.arg(script).env("DRAWBRIDGE_URL", &deployment.frontend).env("DRAWBRIDGE_KEY", key);
        Self(LineProcess::start(&mut node))
    }

    /// The code of the refusal; empty if the token is accepted.
    fn code(&mut self, token: &str) -> String {
        self.0.ask(token)["code"].as_str().unwrap_or_default().to_owned()
    }

    /// Verifies a valid token until it is accepted from memory.
    fn wait_until_remembered(&mut self, token: &str) {
        let started = Instant::now();
        let questions = |answer: &Value| answer["questions"].as_u64().unwrap();
        loop {
            let (first, second) = (self.0.ask(token), self.0.ask(token));
            assert_eq!(second["ok"], true, "{second}");
            if questions(&first) == questions(&second) && second["feed"] == "current" {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "the token is never accepted from memory: {second}");
        }
    }
}

#[test]
fn the_packages_pass_their_own_tests() {
    run(Command::new("npm").arg("test").env("DRAWBRIDGE", program("drawbridge")).current_dir(packages()));
}

#[test]
fn the_packages_can_be_imported_in_every_way() {
    run(Command::new("npm").args(["run", "check"]).current_dir(packages()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_process_refuses_a_session_as_soon_as_it_ends() {
    let deployment = Deployment::builder().start();
    let key = add_shop(&deployment);
    let mut node = NodeVerifier::start(&deployment, &key);
    let mut times = Vec::new();
    let mut ada = deployment.signed_in("ada").await;
    for _ in 0..SIGN_OUTS {
        let token = ada.cookie("token").unwrap().to_owned();
        node.wait_until_remembered(&token);

        sign_out(ada, &deployment).await;
        let signed_out_at = Instant::now();
        while node.code(&token).is_empty() {
            assert!(signed_out_at.elapsed() < PATIENCE, "the session is accepted for ever");
        }
        times.push(signed_out_at.elapsed());
        assert_eq!(node.code(&token), "session_revoked");
        ada = Visitor::new();
        ada.log_in(&deployment.frontend, "ada@example.com", PASSWORD).await.assert_status(200);
    }
    let longest = times.iter().max().unwrap();
    println!("the longest time from a sign-out to its refusal: {longest:?}");
    assert!(*longest < Duration::from_secs(1), "{times:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_process_survives_a_feed_that_is_cut() {
    let mut deployment = Deployment::builder().start();
    let key = add_shop(&deployment);
    let ada = deployment.signed_in("ada").await;
    let token = ada.cookie("token").unwrap().to_owned();
    let mut node = NodeVerifier::start(&deployment, &key);
    node.wait_until_remembered(&token);

    deployment.restart(Service::Verify);
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(2) {
        let code = node.code(&token);
        assert!(["", "unavailable"].contains(&code.as_str()), "a false refusal: {code}");
    }

    node.wait_until_remembered(&token);
    sign_out(ada, &deployment).await;
    let signed_out_at = Instant::now();
    while node.code(&token) != "session_revoked" {
        assert!(signed_out_at.elapsed() < Duration::from_secs(4), "the revocation bound is exceeded");
    }
}

async fn sign_out(mut visitor: Visitor, deployment: &Deployment) {
    visitor.post(&format!("{}/api/logout", deployment.frontend)).await.assert_status(200);
}
