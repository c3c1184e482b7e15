//! Whether the user has proved a second factor in a session.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tests::{Answer, AuthenticatorApp, PASSWORD, SoftwarePasskey, Visitor};

use crate::helpers::TestApp;

const ADA: &str = "ada@example.com";

/// The frontend of the tests.
const FRONTEND: &str = "http://localhost:8080";

/// The revocation bound: when each verifier knows of a change at the latest.
const BOUND: Duration = Duration::from_secs(4);

async fn post(app: &TestApp, visitor: &mut Visitor, path: &str, body: &Value) -> Answer {
    visitor.post_json(&format!("{}{path}", app.auth), body).await
}

async fn post_ok(app: &TestApp, visitor: &mut Visitor, path: &str, body: &Value) -> Value {
    let answer = post(app, visitor, path, body).await;
    assert!(matches!(answer.status, 200..=202), "{path}: {} {}", answer.status, answer.text);
    answer.json()["data"].clone()
}

async fn delete(app: &TestApp, visitor: &mut Visitor, path: &str) {
    let request = visitor.request(Method::DELETE, &format!("{}{path}", app.auth));
    visitor.send(request).await.assert_status(200);
}

/// Adds an authenticator app. Returns it and a recovery code.
async fn add_app(app: &TestApp, visitor: &mut Visitor) -> (AuthenticatorApp, String) {
    let begun = post_ok(app, visitor, "/api/totp/begin", &json!({})).await;
    let phone = AuthenticatorApp::scan(begun["secret"].as_str().unwrap());
    let added = post_ok(app, visitor, "/api/totp/confirm", &json!({"code": phone.code(-1)})).await;
    (phone, added["recovery_codes"][0].as_str().unwrap().to_owned())
}

/// Adds a passkey. Returns it and the path that removes it.
async fn add_passkey(app: &TestApp, visitor: &mut Visitor) -> (SoftwarePasskey, String) {
    let mut passkey = SoftwarePasskey::new(FRONTEND);
    let challenge = post_ok(app, visitor, "/api/passkeys/begin", &json!({})).await;
    let mut answer = passkey.register(&challenge);
    answer["name"] = json!("laptop");
    let added = post_ok(app, visitor, "/api/passkeys/finish", &answer).await;
    (passkey, format!("/api/passkeys/{}", added["id"].as_str().unwrap()))
}

/// Signs in with the password and a code.
async fn sign_in_with(app: &TestApp, code: &str) -> Visitor {
    let mut visitor = Visitor::new();
    let credentials = json!({"email": ADA, "password": PASSWORD});
    let step = post_ok(app, &mut visitor, "/api/login", &credentials).await;
    let body = json!({"pending": step["pending"], "code": code});
    post_ok(app, &mut visitor, "/api/login/second", &body).await;
    visitor
}

/// Signs in with the passkey alone.
async fn sign_in_with_passkey(app: &TestApp, passkey: &SoftwarePasskey) -> Visitor {
    let mut visitor = Visitor::new();
    let challenge = post_ok(app, &mut visitor, "/api/login/passkey/begin", &json!({})).await;
    post_ok(app, &mut visitor, "/api/login/passkey/finish", &passkey.sign(&challenge)).await;
    visitor
}

/// Whether the session has a second factor, according to verify-service.
async fn has_second_factor(app: &TestApp, visitor: &mut Visitor) -> bool {
    let answer = app.verify(visitor).await;
    answer.assert_status(200);
    answer.json()["data"]["session"]["second_factor"].as_bool().unwrap()
}

/// Waits until verify-service knows of a change, at most for the revocation bound.
async fn learns(app: &TestApp, visitor: &mut Visitor, expected: bool) {
    let started = Instant::now();
    while has_second_factor(app, visitor).await != expected {
        assert!(started.elapsed() < BOUND, "verify-service does not learn: {expected}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[actix_web::test]
async fn a_session_tells_whether_a_second_factor_was_proved() {
    for app in TestApp::on_both().await {
        let mut password_only = app.signed_in(ADA).await;
        let (phone, recovery_code) = add_app(&app, &mut password_only).await;
        let (passkey, _) = add_passkey(&app, &mut password_only).await;

        let mut with_code = sign_in_with(&app, &phone.code(0)).await;
        let mut with_recovery_code = sign_in_with(&app, &recovery_code).await;
        let mut with_passkey = sign_in_with_passkey(&app, &passkey).await;

        for (case, visitor, expected) in [
            ("the password only", &mut password_only, false),
            ("a code", &mut with_code, true),
            ("a recovery code", &mut with_recovery_code, true),
            ("a passkey", &mut with_passkey, true),
        ] {
            assert_eq!(has_second_factor(&app, visitor).await, expected, "{case}");
        }
    }
}

#[actix_web::test]
async fn a_confirmation_with_a_code_raises_the_session() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in(ADA).await;
        app.until_trusted().await;
        let (password, wrong) =
            (json!({"password": PASSWORD}), json!({"password": PASSWORD, "code": "000000"}));
        post_ok(&app, &mut ada, "/api/confirm", &password).await;
        let (phone, _) = add_app(&app, &mut ada).await;
        let refused = post(&app, &mut ada, "/api/confirm", &wrong).await;
        assert!(!has_second_factor(&app, &mut ada).await);

        post_ok(&app, &mut ada, "/api/confirm", &json!({"password": PASSWORD, "code": phone.code(0)})).await;

        learns(&app, &mut ada, true).await;
        refused.assert_error(401, "invalid_code");
    }
}

#[actix_web::test]
async fn a_confirmation_with_a_passkey_raises_one_session() {
    for app in TestApp::on_both().await {
        let mut other = app.signed_in(ADA).await;
        let mut ada = Visitor::new();
        ada.log_in(&app.auth, ADA, PASSWORD).await.assert_status(200);
        let (passkey, _) = add_passkey(&app, &mut ada).await;
        assert!(!has_second_factor(&app, &mut ada).await);

        let challenge = post_ok(&app, &mut ada, "/api/confirm/passkey/begin", &json!({})).await;
        post_ok(&app, &mut ada, "/api/confirm/passkey/finish", &passkey.sign(&challenge)).await;

        learns(&app, &mut ada, true).await;
        assert!(!has_second_factor(&app, &mut other).await, "another session of the user");
    }
}

#[actix_web::test]
async fn the_mark_ends_with_the_last_factor() {
    for app in TestApp::on_both().await {
        let mut password_only = app.signed_in(ADA).await;
        let (phone, _) = add_app(&app, &mut password_only).await;
        let (passkey, passkey_path) = add_passkey(&app, &mut password_only).await;
        let mut with_code = sign_in_with(&app, &phone.code(0)).await;
        let mut with_passkey = sign_in_with_passkey(&app, &passkey).await;
        assert!(has_second_factor(&app, &mut with_code).await);

        delete(&app, &mut with_code, "/api/totp").await;
        assert!(has_second_factor(&app, &mut with_code).await, "the passkey is left");
        delete(&app, &mut with_passkey, &passkey_path).await;

        learns(&app, &mut with_code, false).await;
        learns(&app, &mut with_passkey, false).await;
        assert!(!has_second_factor(&app, &mut password_only).await);
    }
}
