//! `POST /api/verify`.

use reqwest::Method;
use serde_json::json;
use tests::Visitor;

use crate::helpers::TestApp;

#[actix_web::test]
async fn a_good_token_is_good_as_a_cookie_and_as_a_bearer_token() {
    for app in TestApp::both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let answer = app.ask(&mut ada).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let body = answer.json();
        assert_eq!(
            (&body["success"], &body["authenticated"], &body["message"]),
            (&json!(true), &json!(true), &json!("valid token"))
        );
        let user = &body["data"]["user"];
        assert_eq!(
            (&user["email"], &user["email_verified"], &user["roles"]),
            (&json!("ada@example.com"), &json!(false), &json!([]))
        );
        assert!(user.get("sessions").is_none(), "other sessions are nobody's business");

        let token = ada.cookie("token").unwrap();
        for scheme in ["Bearer", "bearer", "BEARER"] {
            let mut program = Visitor::new();
            let request = program
                .request(Method::POST, &app.verify)
                .header("authorization", format!("{scheme} {token}"));
            assert_eq!(program.send(request).await.json()["data"], body["data"]);
        }
    }
}

#[actix_web::test]
async fn each_refusal_has_its_status_and_code() {
    let [sqlite, postgres] = TestApp::both().await;
    for app in [sqlite, postgres, TestApp::without_cache().await] {
        let mut nobody = Visitor::new();
        let missing = app.ask(&mut nobody).await;
        assert_eq!(missing.status_and_code(), (403, "missing_token".into()));
        assert_eq!(missing.json()["authenticated"], false);
        nobody.set_cookie("token", "a.b.c");
        assert_eq!(app.ask(&mut nobody).await.status_and_code(), (403, "invalid_token".into()));

        app.until_trusted().await;
        let mut ada = app.signed_in("ada@example.com").await;
        assert_eq!(app.ask(&mut ada).await.status, 200);
        let mut left_behind = ada.clone();
        assert_eq!(ada.post(&format!("{}/api/logout", app.auth)).await.status, 200);
        let revoked = app.ask(&mut left_behind).await;
        assert_eq!(revoked.status_and_code(), (401, "session_revoked".into()));
        assert_eq!(revoked.json()["authenticated"], false);
    }
}

#[actix_web::test]
async fn it_answers_post_alone() {
    let [app, _] = TestApp::both().await;
    let answer = Visitor::new().get(&app.verify).await;
    assert_eq!(answer.status_and_code(), (405, "method_not_allowed".into()));
    assert_eq!(answer.header("allow"), "POST");
}
