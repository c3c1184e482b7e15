//! The documents in which a deployment describes itself: the metadata (RFC 8414) and the public keys (RFC 7517).

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, Deployment, DeploymentBuilder, Layout, Service, Visitor};

const METADATA: &str = "/.well-known/oauth-authorization-server";
const PUBLIC_KEYS: &str = "/.well-known/jwks.json";
const EARLIER_ISSUER: &str = "https://old.example.com";

async fn get(origin: &str, path: &str) -> Answer {
    Visitor::new().get(&format!("{origin}{path}")).await
}

async fn metadata(origin: &str) -> Value {
    get(origin, METADATA).await.json()
}

/// A part of a token: 0 is the header, 1 the claims.
fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// Returns true if `key` (a JWK with Ed25519) signed `token`.
fn has_signed(key: &Value, token: &str) -> bool {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let public = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    UnparsedPublicKey::new(&ED25519, public).verify(signed.as_bytes(), &signature).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_origins_serve_the_same_documents() {
    for layout in Layout::ALL {
        let deployment = Deployment::builder().layout(layout).start();

        for path in [METADATA, PUBLIC_KEYS] {
            let original = get(&deployment.auth, path).await;
            let copy = get(&deployment.frontend, path).await;

            original.assert_status(200);
            copy.assert_status(200);
            assert_eq!(copy.text, original.text, "{path}");
            for answer in [&original, &copy] {
                assert_eq!(answer.header("content-type"), "application/json", "{path}");
                assert_eq!(answer.header("cache-control"), "public, max-age=60", "{path}");
            }
            let refused = Visitor::new().post(&format!("{}{path}", deployment.frontend)).await;
            refused.assert_error(405, "method_not_allowed");
        }
        deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documents_are_enough_to_verify_a_token() {
    for layout in Layout::ALL {
        let deployment = Deployment::builder().layout(layout).start();
        let ada = deployment.signed_in("ada").await;

        let document = metadata(&deployment.frontend).await;
        let keys = Visitor::new().get(document["jwks_uri"].as_str().unwrap()).await.json();

        let session = &document["drawbridge"]["session"];
        let token = ada.cookie(session["cookie"]["name"].as_str().unwrap()).unwrap();
        let (header, claims) = (part(token, 0), part(token, 1));
        let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
        assert!(has_signed(key, token), "{key}");
        assert_eq!(document["issuer"], json!(deployment.frontend));
        assert_eq!(claims["iss"], document["issuer"]);
        assert_eq!(claims["aud"], session["audience"]);
        assert_eq!(header["typ"], session["typ"]);
        let lifetime = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
        assert_eq!(json!(lifetime), session["lifetime_seconds"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_in_the_metadata_exists() {
    let deployment = Deployment::builder().one_process().start();

    let document = metadata(&deployment.auth).await;

    let frontend = document["drawbridge"]["frontend_origin"].as_str().unwrap();
    assert_eq!(frontend, deployment.frontend);
    for (name, path) in document["drawbridge"]["pages"].as_object().unwrap() {
        let page = get(frontend, path.as_str().unwrap()).await;
        assert!(matches!(page.status, 200 | 302 | 303), "{name}: {}", page.status);
    }
    let documentation = document["service_documentation"].as_str().unwrap();
    Visitor::new().get(documentation).await.assert_status(200);
    for (name, path) in document["drawbridge"]["endpoints"].as_object().unwrap() {
        let answer = Visitor::new().post(&format!("{frontend}{}", path.as_str().unwrap())).await;
        assert_ne!(answer.status, 404, "{name}");
        let is_read = matches!(name.as_str(), "sessions" | "changes");
        assert_eq!(answer.status == 405, is_read, "{name}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_origin_issues_all_tokens() {
    for layout in Layout::ALL {
        let issuer = "https://login.example.com";
        let deployment = Deployment::builder().layout(layout).setting("PUBLIC_ORIGIN", issuer).start();

        let mut ada = deployment.signed_in("ada").await;

        let claims = part(ada.cookie("token").unwrap(), 1);
        assert_eq!(claims["iss"], json!(issuer));
        assert_eq!(claims["aud"], json!(deployment.frontend), "the audience is the frontend's origin");
        assert_eq!(metadata(&deployment.frontend).await["issuer"], json!(issuer));
        ada.get(&format!("{}/private", deployment.frontend)).await.assert_status(200);
        ada.get(&format!("{}/api/me", deployment.frontend)).await.assert_status(200);
    }
}

/// A deployment with the database and the audience of an earlier one, but with another issuer.
fn with_new_issuer(database_url: &str) -> DeploymentBuilder {
    Deployment::builder()
        .database(database_url)
        .setting("TOKEN_AUDIENCE", "drawbridge")
        .setting("PUBLIC_ORIGIN", "https://new.example.com")
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_of_an_earlier_issuer_need_token_issuer() {
    for layout in [Layout::SeparateProcesses, Layout::EmbeddedGuard] {
        let earlier = Deployment::builder().setting("TOKEN_AUDIENCE", "drawbridge");
        let earlier = earlier.setting("PUBLIC_ORIGIN", EARLIER_ISSUER).start();
        let mut ada = earlier.signed_in("ada").await;
        let mut grace = earlier.signed_in("grace").await;
        let database_url = earlier.database_url.clone();
        drop(earlier);
        let tolerant = with_new_issuer(&database_url).layout(layout);
        let tolerant = tolerant.setting("TOKEN_ISSUER", EARLIER_ISSUER).start();
        let strict = with_new_issuer(&database_url).layout(layout).start();

        for (service, path, method) in [
            (&tolerant.verify, "/api/verify", Method::POST),
            (&tolerant.auth, "/api/me", Method::GET),
            (&tolerant.frontend, "/private", Method::GET),
        ] {
            let answer = ada.send(ada.request(method, &format!("{service}{path}"))).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        }
        grace.post(&format!("{}/api/verify", strict.verify)).await.assert_error(403, "invalid_token");
        grace.get(&format!("{}/api/me", strict.auth)).await.assert_error(403, "invalid_token");
        grace.get(&format!("{}/private", strict.frontend)).await.assert_redirect(302, "/login?next=/private");

        ada.post(&format!("{}/api/refresh", tolerant.frontend)).await.assert_status(200);
        assert_eq!(part(ada.cookie("token").unwrap(), 1)["iss"], "https://new.example.com");
        ada.post(&format!("{}/api/verify", strict.verify)).await.assert_status(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_issuer_is_published_and_warned_about() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).setting("TOKEN_ISSUER", EARLIER_ISSUER).start();

        let document = metadata(&deployment.auth).await;

        assert_eq!(document["issuer"], json!(deployment.frontend), "the earlier issuer is never issued");
        assert_eq!(document["drawbridge"]["previous_issuers"], json!([EARLIER_ISSUER]));
        for process in deployment.processes() {
            let log = process.log();
            assert!(log.contains("TOKEN_ISSUER is set"), "{log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn in_an_outage_the_last_documents_are_served() {
    let mut deployment = Deployment::builder().setting("OUTAGE_GRACE", "5s").start();
    let original = get(&deployment.frontend, METADATA).await;
    let original_keys = get(&deployment.frontend, PUBLIC_KEYS).await;
    original.assert_status(200);
    original_keys.assert_status(200);

    deployment.process(Service::Auth).signal("KILL");
    // Longer than web-frontend serves a document without asking auth-service.
    tokio::time::sleep(Duration::from_millis(1_200)).await;

    assert_eq!(get(&deployment.frontend, METADATA).await.text, original.text);
    assert_eq!(get(&deployment.frontend, PUBLIC_KEYS).await.text, original_keys.text);
    let killed = Instant::now();
    let outage = loop {
        let answer = get(&deployment.frontend, PUBLIC_KEYS).await;
        if answer.status != 200 {
            break answer;
        }
        assert!(killed.elapsed().as_secs() < 10, "the keys are served for too long");
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    outage.assert_error(503, "unavailable");
    assert!(!outage.header("retry-after").is_empty());

    deployment.restart(Service::Auth);
    let restarted = Instant::now();
    while get(&deployment.frontend, PUBLIC_KEYS).await.text != original_keys.text {
        assert!(restarted.elapsed().as_secs() < 10, "web-frontend does not recover");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_are_held_before_anyone_asks_for_them() {
    let deployment = Deployment::builder().start();
    let metrics = format!("{}/metrics", deployment.internal_urls(Service::Auth)[0]);
    // Only web-frontend has sent requests to auth-service: one for each document.
    let both_fetched = "drawbridge_http_requests_total{status=\"200\"} 2";
    let started = Instant::now();
    while !Visitor::new().get(&metrics).await.text.contains(both_fetched) {
        assert!(started.elapsed().as_secs() < 10, "web-frontend does not fetch the documents");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(200)).await;

    deployment.process(Service::Auth).signal("KILL");

    for path in [METADATA, PUBLIC_KEYS] {
        get(&deployment.frontend, path).await.assert_status(200);
    }
}

/// The sample in `docs/discovery.md`.
fn documented_sample() -> Value {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/discovery.md");
    let page = fs::read_to_string(page).unwrap();
    let sample = page.split("```json\n").nth(1).unwrap().split("\n```").next().unwrap();
    serde_json::from_str(sample).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_sample_is_a_real_document() {
    let deployment = Deployment::builder()
        .only(Service::Auth)
        .setting("FRONTEND_ORIGIN", "https://app.example.com")
        .start();

    let real = get(&deployment.auth, METADATA).await;

    assert_eq!(documented_sample(), real.json(), "docs/discovery.md is outdated");
    let documented_version = documented_sample()["drawbridge"]["version"].clone();
    assert_eq!(documented_version, env!("CARGO_PKG_VERSION"));
}
