//! A frontend that sends its key instead of a proof, and one that reaches auth-service through web-frontend.

use reqwest::Method;
use serde_json::json;
use tests::{
    Answer, Deployment, FrontendServer, PASSWORD, Visitor, credentials, register, with_form,
    with_other_secret,
};

use crate::command::{drawbridge, succeeded};

const SHOP: &str = "https://shop.example.com";
const EMAIL: &str = "ada@example.com";

/// A deployment with one account and the frontend `shop`, and the frontend's key.
async fn start() -> (Deployment, String) {
    let deployment = Deployment::builder().one_process().start();
    register(&deployment.auth, EMAIL).await;
    let added =
        drawbridge(&deployment, &["frontend", "add", "shop", "--origin", SHOP, "--audience", "orders"], "");
    succeeded(&added);
    let key = String::from_utf8(added.stdout).unwrap().trim().to_owned();
    (deployment, key)
}

/// Signs in with the key in a header.
async fn log_in(service: &str, key: &str, origin: &str) -> Answer {
    let mut server = Visitor::new();
    let request = server.request(Method::POST, &format!("{service}/api/login"));
    let request = request.header("x-drawbridge-key", key).header("x-drawbridge-origin", origin);
    server.send(request.json(&credentials(EMAIL, PASSWORD))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_a_header_signs_in_for_its_own_origin() {
    let (deployment, key) = start().await;

    let own = log_in(&deployment.auth, &key, SHOP).await;
    let other = log_in(&deployment.auth, &key, "https://blog.example.com").await;

    own.assert_status(200);
    assert!(own.json()["token"].is_string(), "{}", own.text);
    assert_eq!(other.status_and_code(), (403, "origin_not_registered".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_or_removed_key_is_refused() {
    let (deployment, key) = start().await;
    let (other_deployment, other_key) = start().await;
    drop(other_deployment);

    for (case, wrong) in [
        ("no key", "shop"),
        ("damaged", &key[..key.len() - 1]),
        ("of another deployment", &other_key),
        ("with another secret", &with_other_secret(&key)),
        ("of web-frontend", tests::WEB_FRONTEND_KEY),
    ] {
        let answer = log_in(&deployment.auth, wrong, SHOP).await;
        assert_eq!(answer.status_and_code(), (401, "unknown_key".into()), "{case}");
    }
    succeeded(&drawbridge(&deployment, &["frontend", "remove", "shop"], ""));
    let removed = log_in(&deployment.auth, &key, SHOP).await;
    assert_eq!(removed.status_and_code(), (401, "unknown_key".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn web_frontend_passes_a_frontends_request_on() {
    let (deployment, key) = start().await;

    let with_key = log_in(&deployment.frontend, &key, SHOP).await;
    let url = format!("{}/api/login", deployment.frontend);
    let with_proof = FrontendServer::new(&key, SHOP).post_json(&url, &credentials(EMAIL, PASSWORD)).await;

    for (case, answer) in [("key", with_key), ("proof", with_proof)] {
        answer.assert_status(200);
        assert!(answer.json()["token"].is_string(), "{case}: {}", answer.text);
        assert!(!answer.headers.contains_key("set-cookie"), "{case}: a cookie of web-frontend's origin");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_endpoint_of_the_issuer_exchanges_tokens() {
    let (deployment, key) = start().await;
    let session = log_in(&deployment.frontend, &key, SHOP).await.json()["token"].clone();
    let exchange = |audience: &'static str, subject: String, key: Option<String>| {
        let url = format!("{}/api/token", deployment.frontend);
        async move {
            let mut server = Visitor::new();
            let mut request = server.request(Method::POST, &url).header("x-drawbridge-origin", SHOP);
            if let Some(key) = key {
                request = request.header("x-drawbridge-key", key);
            }
            let form = [
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("subject_token", &subject),
                ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
                ("audience", audience),
            ];
            server.send(with_form(request, &form)).await
        }
    };
    let session = session.as_str().unwrap().to_owned();

    let issued = exchange("orders", session.clone(), Some(key.clone())).await;
    let access = issued.json()["access_token"].as_str().unwrap_or_default().to_owned();

    issued.assert_status(200);
    assert_eq!(issued.header("cache-control"), "no-store");
    assert_eq!(issued.json()["issued_token_type"], "urn:ietf:params:oauth:token-type:access_token");
    let damaged = key[..key.len() - 1].to_owned();
    for (case, audience, subject, key, expected, error) in [
        ("a damaged key", "orders", session.clone(), Some(damaged), (401, "unknown_key"), "invalid_client"),
        ("no key", "orders", session.clone(), None, (401, "proof_required"), "invalid_client"),
        (
            "another audience",
            "billing",
            session,
            Some(key.clone()),
            (400, "invalid_audience"),
            "invalid_target",
        ),
        ("an access token", "orders", access, Some(key), (400, "invalid_token"), "invalid_request"),
    ] {
        let answer = exchange(audience, subject, key).await;
        assert_eq!(answer.status_and_code(), (expected.0, expected.1.into()), "{case}");
        assert_eq!(answer.json()["error"], json!(error), "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_visitor_does_not_speak_for_web_frontend() {
    let (deployment, _) = start().await;
    let mut visitor = Visitor::new();
    let url = format!("{}/api/login", deployment.frontend);

    for (case, proof, expected) in [
        ("a made-up proof of version 1", "v1.1800000000.AAAA.203.0.113.9", 200),
        ("a made-up proof of version 2", "v2.abcdefghijkl.1800000000.AAAA.AAAA.-", 401),
    ] {
        let request = visitor.request(Method::POST, &url).header("x-drawbridge-proxy", proof);
        let answer = visitor.send(request.json(&credentials(EMAIL, PASSWORD))).await;

        assert_eq!(answer.status, expected, "{case}: {}", answer.text);
        assert!(answer.json().get("token").is_none(), "{case}: {}", answer.text);
    }
}
