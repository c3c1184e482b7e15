//! `POST /api/verify`.

use reqwest::Method;
use serde_json::json;
use tests::Visitor;

use crate::helpers::TestApp;

#[actix_web::test]
async fn a_valid_token_is_answered_with_its_user_and_session() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;

        let answer = app.verify(&mut ada).await;

        assert_eq!(answer.status, 200, "{}", answer.text);
        let body = answer.json();
        assert_eq!(body["success"], true);
        assert_eq!(body["authenticated"], true);
        assert_eq!(body["message"], "valid token");
        let user = &body["data"]["user"];
        assert_eq!(user["email"], "ada@example.com");
        assert_eq!(user["email_verified"], false);
        assert_eq!(user["roles"], json!([]));
        assert!(user.get("sessions").is_none(), "the other sessions are shown");
    }
}

#[actix_web::test]
async fn a_bearer_token_is_answered_like_a_cookie() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let expected = app.verify(&mut ada).await.json();
        let token = ada.cookie("token").unwrap();

        for scheme in ["Bearer", "bearer", "BEARER", "Bearer "] {
            let mut program = Visitor::new();
            let request = program.request(Method::POST, &app.url("/api/verify"));
            let request = request.header("authorization", format!("{scheme} {token}"));
            let answer = program.send(request).await;

            assert_eq!(answer.json()["data"], expected["data"], "{scheme}");
        }
    }
}

#[actix_web::test]
async fn an_authorization_beside_the_cookie_changes_nothing() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let expected = app.verify(&mut ada).await.json();

        for own in ["Bearer app-token", "bearer  a.b.c", "Basic YTpi", "Bearer"] {
            let beside = ada.request(Method::POST, &app.url("/api/verify")).header("authorization", own);
            let beside = ada.send(beside).await;

            assert_eq!(beside.json()["data"], expected["data"], "{own}: {}", beside.text);
        }
    }
}

#[actix_web::test]
async fn an_authorization_without_a_session_token_is_refused() {
    let app = TestApp::on_sqlite().await;
    for (own, code) in [
        ("Bearer app-token", "invalid_token"),
        ("bearer  app-token", "invalid_token"),
        ("Bearer", "missing_token"),
        ("Basic YTpi", "missing_token"),
    ] {
        let mut program = Visitor::new();
        let request = program.request(Method::POST, &app.url("/api/verify")).header("authorization", own);
        let answer = program.send(request).await;

        assert_eq!(answer.status_and_code(), (403, code.into()), "{own}");
    }
}

#[actix_web::test]
async fn each_refusal_has_its_status_and_code() {
    let [sqlite, postgres] = TestApp::on_both().await;
    for app in [sqlite, postgres, TestApp::without_cache().await] {
        app.until_trusted().await;
        let mut forger = Visitor::new();
        forger.set_cookie("token", "a.b.c");
        let mut ada = app.signed_in("ada@example.com").await;
        assert_eq!(app.verify(&mut ada).await.status, 200);
        let signed_out = app.sign_out(ada).await;

        for (status, code, mut visitor) in [
            (403, "missing_token", Visitor::new()),
            (403, "invalid_token", forger),
            (401, "session_revoked", signed_out),
        ] {
            let answer = app.verify(&mut visitor).await;

            assert_eq!(answer.status_and_code(), (status, code.into()));
            assert_eq!(answer.json()["authenticated"], false, "{code}");
        }
    }
}

#[actix_web::test]
async fn other_methods_are_not_allowed() {
    let app = TestApp::on_sqlite().await;

    let answer = Visitor::new().get(&app.url("/api/verify")).await;

    assert_eq!(answer.status_and_code(), (405, "method_not_allowed".into()));
    assert_eq!(answer.header("allow"), "POST");
}
