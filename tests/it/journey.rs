//! Sign up, sign in, be let in, sign out, be refused: over plain HTTP.

use serde_json::json;
use tests::{PASSWORD, Stack, Visitor};

#[tokio::test(flavor = "multi_thread")]
async fn a_person_signs_up_signs_in_is_verified_and_signs_out() {
    for stack in Stack::every_way() {
        let (frontend, auth, verify) = (&stack.frontend, &stack.auth, format!("{}/api/verify", stack.verify));
        let mut ada = Visitor::new();
        let account = json!({"email": "Ada@Example.com", "password": PASSWORD});

        let answer = ada.post_json(&format!("{auth}/api/register"), &account).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert_eq!(answer.json()["data"]["user"]["email"], "Ada@example.com");

        let answer = ada.post_json(&format!("{auth}/api/login"), &account).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.json()["message"], "Login successful");
        assert!(
            answer.json().get("token").is_none(),
            "only a proxy of ours reads the token: {}",
            answer.text
        );
        let cookie = answer.header("set-cookie").to_owned();
        for attribute in ["token=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"] {
            assert!(cookie.contains(attribute), "{attribute} is missing in {cookie}");
        }
        assert!(cookie.len() < 1024, "{} bytes", cookie.len());

        let answer = ada.post(&verify).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let body = answer.json();
        assert_eq!((&body["authenticated"], &body["message"]), (&json!(true), &json!("valid token")));
        assert_eq!(body["data"]["user"]["email"], "Ada@example.com");

        let token = ada.cookie("token").unwrap().to_owned();
        let bearer = Visitor::new().request(reqwest::Method::POST, &verify).bearer_auth(&token);
        assert_eq!(Visitor::new().send(bearer).await.status, 200);

        assert_eq!(Visitor::new().post(&verify).await.status_and_code(), (403, "missing_token".into()));
        let mut forger = Visitor::new();
        for position in [10, token.len() / 2, token.len() - 10] {
            forger.set_cookie("token", &with_another_byte(&token, position));
            assert_eq!(forger.post(&verify).await.status_and_code(), (403, "invalid_token".into()));
        }

        let private = format!("{frontend}/private");
        let answer = Visitor::new().get(&private).await;
        assert_eq!((answer.status, answer.header("location")), (302, "/login?next=/private"));
        let answer = ada.get(&private).await;
        assert_eq!(answer.status, 200);
        assert!(answer.text.contains("Ada@example.com"), "{}", answer.text);

        let mut left_behind = ada.clone();
        let answer = ada.post(&format!("{frontend}/api/logout")).await;
        assert_eq!((answer.status, ada.cookie("token")), (200, None));
        assert_eq!(left_behind.post(&verify).await.status_and_code(), (401, "session_revoked".into()));
        assert_eq!(left_behind.get(&private).await.header("location"), "/login?next=/private");
        assert_eq!(Visitor::new().post(&format!("{auth}/api/logout")).await.status, 200, "without a session");
        stack.assert_no_panic();
    }
}

fn with_another_byte(token: &str, position: usize) -> String {
    let mut bytes = token.as_bytes().to_vec();
    bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_frontend_offers_the_json_calls_on_its_own_origin() {
    for stack in Stack::every_way() {
        let url = |path: &str| format!("{}{path}", stack.frontend);
        let account = json!({"email": "grace@example.com", "password": PASSWORD});
        let mut grace = Visitor::new();
        assert_eq!(grace.post_json(&url("/api/register"), &account).await.status, 201);
        assert_eq!(grace.get(&url("/api/me")).await.status_and_code(), (403, "missing_token".into()));

        let answer = grace.post_json(&url("/api/login"), &account).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(!answer.text.contains("eyJ"), "the token is for the cookie alone: {}", answer.text);
        let first = grace.cookie("token").unwrap().to_owned();

        let answer = grace.get(&url("/api/me")).await;
        assert_eq!(
            (answer.status, &answer.json()["data"]["user"]["email"]),
            (200, &json!("grace@example.com"))
        );

        assert_eq!(grace.post(&url("/api/refresh")).await.status, 200);
        let mut other_tab = Visitor::new();
        other_tab.set_cookie("token", &first);
        assert_eq!(
            other_tab.get(&url("/private")).await.status,
            200,
            "the token before the renewal is still good"
        );
        assert_eq!(other_tab.post(&url("/api/refresh")).await.status, 200, "two tabs may renew at once");
        assert_eq!(grace.get(&url("/private")).await.status, 200);

        assert_eq!(grace.post(&url("/api/logout")).await.status, 200);
        assert_eq!(other_tab.get(&url("/api/me")).await.status_and_code(), (401, "session_revoked".into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_of_one_account_does_not_open_another_and_unknown_ones_look_the_same() {
    let stack = Stack::one_process();
    let email = stack.registered("known").await;
    let url = format!("{}/api/login", stack.auth);
    let wrong = Visitor::new().post_json(&url, &json!({"email": email, "password": "wrong horse"})).await;
    let unknown = json!({"email": "unknown@example.com", "password": PASSWORD});
    let unknown = Visitor::new().post_json(&url, &unknown).await;
    assert_eq!(wrong.status_and_code(), (401, "invalid_credentials".into()));
    assert_eq!(unknown.status_and_code(), wrong.status_and_code());
    assert_eq!(unknown.json()["detail"], wrong.json()["detail"]);
    assert_eq!(unknown.headers.keys().count(), wrong.headers.keys().count());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_public_keys_are_published_and_nothing_private_with_them() {
    let stack = Stack::one_process();
    let answer = Visitor::new().get(&format!("{}/.well-known/jwks.json", stack.auth)).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "public, max-age=60"));
    let keys = answer.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    let key = &keys["keys"][0];
    assert_eq!(
        (&key["kty"], &key["crv"], &key["alg"], &key["use"]),
        (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"), &json!("sig"))
    );
    assert!(key.get("d").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn health_says_what_is_there() {
    for stack in Stack::every_way() {
        for service in [&stack.frontend, &stack.auth, &stack.verify] {
            assert_eq!(Visitor::new().get(&format!("{service}/health/live")).await.status, 200);
            let answer = Visitor::new().get(&format!("{service}/health/ready")).await;
            assert_eq!(answer.status, 200, "{service}: {}", answer.text);
        }
    }
}
