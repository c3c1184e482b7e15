//! Users sign up, sign in, get access, sign out and are refused: over HTTP.

use serde_json::json;
use tests::{Deployment, Layout, PASSWORD, Visitor, credentials};

/// Creates an account and signs in at auth-service, whose cookie the other services accept.
async fn signed_in_at_auth_service(deployment: &Deployment) -> Visitor {
    tests::signed_in(&deployment.auth, "Ada@Example.com").await
}

#[tokio::test(flavor = "multi_thread")]
async fn registration_and_login_set_the_session_cookie() {
    for layout in Layout::ALL {
        let deployment = Deployment::builder().layout(layout).start();
        let mut ada = Visitor::new();
        let account = credentials("Ada@Example.com", PASSWORD);

        let registered = ada.post_json(&format!("{}/api/register", deployment.auth), &account).await;
        let login = ada.post_json(&format!("{}/api/login", deployment.auth), &account).await;

        registered.assert_status(201);
        assert_eq!(registered.json()["data"]["user"]["email"], "Ada@example.com");
        login.assert_status(200);
        assert_eq!(login.json()["message"], "Login successful");
        assert!(login.json().get("token").is_none(), "only the proxy reads the token: {}", login.text);
        let cookie = login.header("set-cookie");
        for attribute in ["token=", "HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(cookie.contains(attribute), "{attribute} is missing in {cookie}");
        }
        // Counted from the response: the token was signed a moment earlier.
        let (_, max_age) = cookie.split_once("Max-Age=").unwrap();
        let max_age: u32 = max_age.split(';').next().unwrap().parse().unwrap();
        assert!((604_795..=604_800).contains(&max_age), "{cookie}");
        assert!(cookie.len() < 1024, "{} bytes", cookie.len());
        deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verify_accepts_the_token_and_no_changed_one() {
    for layout in Layout::ALL {
        let deployment = Deployment::builder().layout(layout).start();
        let verify = format!("{}/api/verify", deployment.verify);
        let mut ada = signed_in_at_auth_service(&deployment).await;
        let token = ada.cookie("token").unwrap().to_owned();

        let as_cookie = ada.post(&verify).await;
        let as_bearer = Visitor::new().request(reqwest::Method::POST, &verify).bearer_auth(&token);
        let as_bearer = Visitor::new().send(as_bearer).await;
        let missing = Visitor::new().post(&verify).await;

        as_cookie.assert_status(200);
        let body = as_cookie.json();
        assert_eq!(body["authenticated"], true);
        assert_eq!(body["message"], "valid token");
        assert_eq!(body["data"]["user"]["email"], "Ada@example.com");
        as_bearer.assert_status(200);
        missing.assert_error(403, "missing_token");
        for position in [10, token.len() / 2, token.len() - 10] {
            let mut forger = Visitor::new();
            forger.set_cookie("token", &with_other_byte(&token, position));
            let answer = forger.post(&verify).await;
            assert_eq!(answer.status_and_code(), (403, "invalid_token".into()), "byte {position}");
        }
        deployment.assert_no_panic();
    }
}

fn with_other_byte(token: &str, position: usize) -> String {
    let mut bytes = token.as_bytes().to_vec();
    bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_revokes_the_session_everywhere() {
    for layout in Layout::ALL {
        let deployment = Deployment::builder().layout(layout).start();
        let private = format!("{}/private", deployment.frontend);
        let mut ada = signed_in_at_auth_service(&deployment).await;
        Visitor::new().get(&private).await.assert_redirect(302, "/login?next=/private");
        let page = ada.get(&private).await;
        page.assert_status(200);
        assert!(page.text.contains("Ada@example.com"), "{}", page.text);

        let mut old = ada.clone();
        let logout = ada.post(&format!("{}/api/logout", deployment.frontend)).await;

        logout.assert_status(200);
        assert_eq!(ada.cookie("token"), None);
        old.post(&format!("{}/api/verify", deployment.verify)).await.assert_error(401, "session_revoked");
        assert_eq!(old.get(&private).await.header("location"), "/login?next=/private");
        let without_session = Visitor::new().post(&format!("{}/api/logout", deployment.auth)).await;
        without_session.assert_status(200);
        deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_frontend_serves_the_api_on_its_own_origin() {
    for layout in Layout::ALL {
        let deployment = Deployment::builder().layout(layout).start();
        let url = |path: &str| format!("{}{path}", deployment.frontend);
        let account = credentials("grace@example.com", PASSWORD);
        let mut grace = Visitor::new();
        grace.post_json(&url("/api/register"), &account).await.assert_status(201);
        grace.get(&url("/api/me")).await.assert_error(403, "missing_token");

        let login = grace.post_json(&url("/api/login"), &account).await;
        login.assert_status(200);
        assert!(!login.text.contains("eyJ"), "the token is in the cookie only: {}", login.text);
        let mut other_tab = Visitor::new();
        other_tab.set_cookie("token", grace.cookie("token").unwrap());
        let me = grace.get(&url("/api/me")).await;
        me.assert_status(200);
        assert_eq!(me.json()["data"]["user"]["email"], "grace@example.com");

        grace.post(&url("/api/refresh")).await.assert_status(200);
        assert_eq!(other_tab.get(&url("/private")).await.status, 200, "the old token is still valid");
        assert_eq!(other_tab.post(&url("/api/refresh")).await.status, 200, "two tabs may both renew");
        grace.get(&url("/private")).await.assert_status(200);

        grace.post(&url("/api/logout")).await.assert_status(200);
        other_tab.get(&url("/api/me")).await.assert_error(401, "session_revoked");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_an_unknown_address_look_the_same() {
    let deployment = Deployment::builder().one_process().start();
    let email = deployment.registered("known").await;

    let wrong = Visitor::new().log_in(&deployment.auth, &email, "wrong horse").await;
    let unknown = Visitor::new().log_in(&deployment.auth, "unknown@example.com", PASSWORD).await;

    wrong.assert_error(401, "invalid_credentials");
    unknown.assert_error(401, "invalid_credentials");
    assert_eq!(unknown.json()["detail"], wrong.json()["detail"]);
    assert_eq!(unknown.headers.keys().count(), wrong.headers.keys().count());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_set_contains_public_keys_only() {
    let deployment = Deployment::builder().one_process().start();

    let answer = Visitor::new().get(&format!("{}/.well-known/jwks.json", deployment.auth)).await;

    answer.assert_status(200);
    assert_eq!(answer.header("cache-control"), "public, max-age=60");
    let keys = answer.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    let key = &keys["keys"][0];
    for (member, value) in [("kty", "OKP"), ("crv", "Ed25519"), ("alg", "EdDSA"), ("use", "sig")] {
        assert_eq!(key[member], json!(value), "{member}");
    }
    assert!(key.get("d").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn running_services_are_live_and_ready() {
    for layout in Layout::ALL {
        let deployment = Deployment::builder().layout(layout).start();

        for service in [&deployment.frontend, &deployment.auth, &deployment.verify] {
            for check in ["live", "ready"] {
                let answer = Visitor::new().get(&format!("{service}/health/{check}")).await;
                assert_eq!(answer.status, 200, "{check} of {service}: {}", answer.text);
            }
        }
    }
}
