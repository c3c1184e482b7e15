//! Proofs of version 1, with which a web-frontend of an earlier version receives tokens in the body.

use std::{
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::{
    clock::{Clock, SystemClock, TestClock},
    secret::MasterSecret,
};
use drawbridge_http::proxy_identity::{PROXY_IDENTITY, ProxyIdentity};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::{Answer, AuthenticatorApp, PASSWORD, Visitor, credentials};
use tokio::time::sleep;

use crate::helpers::{TestApp, TestDatabase};

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

const ACCEPTED_PROOFS: &str = r#"drawbridge_proxy_proofs_total{result="accepted"}"#;
const REFUSED_PROOFS: &str = r#"drawbridge_proxy_proofs_total{result="refused"}"#;

/// A proxy of the deployment, which sends requests for a visitor.
struct Proxy {
    identity: ProxyIdentity,
    visitor: Visitor,
}

impl Proxy {
    fn new(app: &TestApp) -> Self {
        Self { identity: ProxyIdentity::new(&app.config.master_secret), visitor: Visitor::new() }
    }

    /// A request with a proof made at `now`.
    fn request(&self, app: &TestApp, path: &str, now: DateTime<Utc>) -> RequestBuilder {
        let proof = self.identity.prove(now, "POST", path, CLIENT);
        self.visitor.request(Method::POST, &app.url(path)).header(PROXY_IDENTITY, proof)
    }

    async fn post(&mut self, app: &TestApp, path: &str, body: &Value) -> Answer {
        let request = self.request(app, path, SystemClock.now()).json(body);
        self.visitor.send(request).await
    }
}

#[actix_web::test]
async fn only_a_proxy_with_a_valid_proof_receives_the_token() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;
    app.register("ada@example.com", PASSWORD).await;
    let now = SystemClock.now();
    let ours = ProxyIdentity::new(&app.config.master_secret);
    let other_secret = "another master secret of thirty-two bytes".to_owned();
    let theirs = ProxyIdentity::new(&MasterSecret::parse(other_secret.into()).unwrap());

    for (case, proof, is_in_body) in [
        ("valid", Some(ours.prove(now, "POST", "/api/login", CLIENT)), true),
        ("for another path", Some(ours.prove(now, "POST", "/api/refresh", CLIENT)), false),
        ("with another secret", Some(theirs.prove(now, "POST", "/api/login", CLIENT)), false),
        ("too old", Some(ours.prove(now - TimeDelta::minutes(1), "POST", "/api/login", CLIENT)), false),
        ("malformed", Some("v1".to_owned()), false),
        ("missing", None, false),
    ] {
        let mut visitor = Visitor::new();
        let request = visitor.request(Method::POST, &app.url("/api/login"));
        let request = proof.iter().fold(request, |request, proof| request.header(PROXY_IDENTITY, proof));

        let answer = visitor.send(request.json(&credentials("ada@example.com", PASSWORD))).await;

        answer.assert_status(200);
        assert_eq!(answer.json().get("token").is_some(), is_in_body, "{case}");
        assert_eq!(answer.json().get("device").is_some(), is_in_body, "{case}");
    }
}

#[actix_web::test]
async fn a_proof_is_checked_once_per_request() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;
    let mut proxy = Proxy::new(&app);
    let ada = credentials("ada@example.com", PASSWORD);

    proxy.post(&app, "/api/register", &ada).await.assert_status(201);
    assert_eq!(app.metric(ACCEPTED_PROOFS).await, 1, "register");

    proxy.post(&app, "/api/login", &ada).await.assert_status(200);
    assert_eq!(app.metric(ACCEPTED_PROOFS).await, 2, "login");

    proxy.post(&app, "/api/refresh", &json!({})).await.assert_status(200);
    assert_eq!(app.metric(ACCEPTED_PROOFS).await, 3, "refresh");

    proxy.post(&app, "/api/logout", &json!({})).await.assert_status(200);
    assert_eq!(app.metric(ACCEPTED_PROOFS).await, 4, "logout");
    assert_eq!(app.metric(REFUSED_PROOFS).await, 0);
}

#[actix_web::test]
async fn a_proof_is_checked_once_in_the_second_step() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;
    let mut ada = app.signed_in("ada@example.com").await;
    let begun = app.post(&mut ada, "/api/totp/begin", json!({})).await.json();
    let phone = AuthenticatorApp::scan(begun["data"]["secret"].as_str().unwrap());
    app.post(&mut ada, "/api/totp/confirm", json!({"code": phone.code(-1)})).await.assert_status(200);
    let mut proxy = Proxy::new(&app);

    let first = proxy.post(&app, "/api/login", &credentials("ada@example.com", PASSWORD)).await;
    let pending = first.json()["data"]["pending"].clone();
    let second =
        proxy.post(&app, "/api/login/second", &json!({"pending": pending, "code": phone.code(0)})).await;

    first.assert_status(202);
    second.assert_status(200);
    assert!(second.json()["token"].is_string(), "{}", second.text);
    assert_eq!(app.metric(ACCEPTED_PROOFS).await, 2, "one for each step");
}

#[actix_web::test]
async fn a_refused_proof_is_checked_once() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;
    app.register("ada@example.com", PASSWORD).await;
    let proxy = Proxy::new(&app);

    let expired = proxy.request(&app, "/api/login", SystemClock.now() - TimeDelta::minutes(1));
    let answer = Visitor::new().send(expired.json(&credentials("ada@example.com", PASSWORD))).await;

    answer.assert_status(200);
    assert_eq!(app.metric(REFUSED_PROOFS).await, 1);
    assert_eq!(app.metric(ACCEPTED_PROOFS).await, 0);
}

/// A proof is valid for 30 s. The clock of the proxy is 20 s behind, so a proof that was checked again after 12 s in
/// the queue would have expired.
#[actix_web::test]
async fn a_login_that_waits_in_the_hash_queue_gets_its_token() {
    let clock = TestClock::at(SystemClock.now());
    let app = TestApp::start_with_clock(TestDatabase::Sqlite, clock.clone(), |config| {
        config.passwords.cost = 12;
        config.passwords.max_cost = 14;
    })
    .await;
    app.register("ada@example.com", PASSWORD).await.assert_status(201);
    let identity = ProxyIdentity::new(&app.config.master_secret);
    let proof = identity.prove(clock.now() - TimeDelta::seconds(20), "POST", "/api/login", CLIENT);
    let request = Visitor::new().request(Method::POST, &app.url("/api/login")).header(PROXY_IDENTITY, &proof);
    let request = request.json(&credentials("ada@example.com", PASSWORD));

    let login = actix_web::rt::spawn(async move { Visitor::new().send(request).await });
    wait_for_accepted_proof(&app).await;
    clock.advance(TimeDelta::seconds(12));
    assert!(!login.is_finished(), "the password is still being hashed");
    let answer = login.await.unwrap();

    assert_eq!(identity.accept(&proof, clock.now(), "POST", "/api/login"), None, "expired in the queue");
    answer.assert_status(200);
    assert!(answer.json()["token"].is_string(), "{}", answer.text);
}

async fn wait_for_accepted_proof(app: &TestApp) {
    let started = Instant::now();
    while app.metric(ACCEPTED_PROOFS).await == 0 {
        assert!(started.elapsed() < Duration::from_secs(10), "the login did not arrive");
        sleep(Duration::from_millis(1)).await;
    }
}
