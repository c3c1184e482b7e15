//! Changes that users make to their own accounts.

use auth_service::storage::{self, EventFilter};
use chrono::DateTime;
use diesel::{ExpressionMethods, RunQueryDsl, sql_query, update};
use drawbridge_core::id::UserId;
use drawbridge_database::{on_backend, schema::session_details};
use reqwest::Method;
use serde_json::json;
use tests::{Answer, PASSWORD, Visitor, credentials};

use crate::helpers::TestApp;

const NEW_PASSWORD: &str = "a new horse battery";

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

/// Makes every confirmation of an identity expire.
async fn expire_confirmations(app: &TestApp) {
    app.query(|connection| {
        let past = DateTime::from_timestamp(1_000_000_000, 0).unwrap().naive_utc();
        let expire = update(session_details::table).set(session_details::confirmed_at.eq(past));
        on_backend!(connection, |c| expire.execute(c)).unwrap();
    })
    .await;
}

async fn change_password(
    app: &TestApp,
    visitor: &mut Visitor,
    current: &str,
    new: &str,
    end_others: bool,
) -> Answer {
    let body = json!({"current": current, "new": new, "end_others": end_others});
    app.post(visitor, "/api/password", body).await
}

#[actix_web::test]
async fn changing_a_password_requires_the_current_one() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;

        let wrong = change_password(&app, &mut ada, "wrong horse", NEW_PASSWORD, false).await;
        let common = change_password(&app, &mut ada, PASSWORD, "ada@example.com", false).await;
        let changed = change_password(&app, &mut ada, PASSWORD, NEW_PASSWORD, false).await;

        wrong.assert_error(401, "invalid_credentials");
        common.assert_error(422, "password_too_common");
        changed.assert_status(200);
        app.log_in("ada@example.com", PASSWORD).await.1.assert_status(401);
        app.log_in("ada@example.com", NEW_PASSWORD).await.1.assert_status(200);
    }
}

#[actix_web::test]
async fn a_new_password_ends_other_sessions_on_request() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let (mut phone, _) = app.log_in("ada@example.com", PASSWORD).await;

        change_password(&app, &mut ada, PASSWORD, NEW_PASSWORD, false).await.assert_status(200);
        app.me(&mut phone).await.assert_status(200);

        change_password(&app, &mut ada, NEW_PASSWORD, PASSWORD, true).await.assert_status(200);
        app.me(&mut phone).await.assert_status(401);
        app.me(&mut ada).await.assert_status(200);
    }
}

/// Signs in with Firefox.
async fn log_in_with_firefox(app: &TestApp, email: &str) -> Visitor {
    let mut visitor = Visitor::new();
    let login = visitor.request(Method::POST, &app.url("/api/login")).header("user-agent", FIREFOX);
    visitor.send(login.json(&credentials(email, PASSWORD))).await.assert_status(200);
    visitor
}

#[actix_web::test]
async fn sessions_are_listed_with_browser_and_address() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        log_in_with_firefox(&app, "ada@example.com").await;

        let listed = ada.get(&app.url("/api/sessions")).await.json();

        let sessions = listed["data"]["sessions"].as_array().unwrap();
        assert_eq!(sessions.len(), 2);
        let newer = &sessions[0];
        let current = &sessions[1];
        assert_eq!((&newer["browser"], &newer["os"]), (&json!("Firefox"), &json!("Linux")));
        assert_eq!(newer["address"], "127.0.0.1");
        assert_eq!((&newer["current"], &current["current"]), (&json!(false), &json!(true)));
        assert!(current["last_seen_at"].is_string(), "{current}");
    }
}

#[actix_web::test]
async fn only_their_user_can_end_sessions() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let mut eve = app.signed_in("eve@example.com").await;
        let mut phone = log_in_with_firefox(&app, "ada@example.com").await;
        let listed = ada.get(&app.url("/api/sessions")).await.json();
        let path = format!("/api/sessions/{}", listed["data"]["sessions"][0]["id"].as_str().unwrap());

        app.delete(&mut eve, &path).await.assert_status(200);
        app.me(&mut phone).await.assert_status(200);

        app.delete(&mut ada, &path).await.assert_status(200);
        app.me(&mut phone).await.assert_status(401);

        app.delete(&mut ada, "/api/sessions/nonsense").await.assert_status(200);
    }
}

#[actix_web::test]
async fn a_user_can_end_all_other_sessions() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let mut eve = app.signed_in("eve@example.com").await;
        for _ in 0..3 {
            app.log_in("ada@example.com", PASSWORD).await.1.assert_status(200);
        }

        let answer = app.delete(&mut ada, "/api/sessions").await;

        assert_eq!(answer.json()["data"]["ended"], 3);
        app.me(&mut ada).await.assert_status(200);
        app.me(&mut eve).await.assert_status(200);
    }
}

#[actix_web::test]
async fn sensitive_changes_require_a_recent_confirmation() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        app.post(&mut ada, "/api/totp/begin", json!({})).await.assert_status(200);
        expire_confirmations(&app).await;

        for (method, path) in [
            (Method::POST, "/api/totp/begin"),
            (Method::POST, "/api/passkeys/begin"),
            (Method::POST, "/api/recovery-codes"),
            (Method::DELETE, "/api/totp"),
            (Method::DELETE, "/api/passkeys/AAAA"),
            (Method::DELETE, "/api/me"),
        ] {
            let request = ada.request(method.clone(), &app.url(path)).json(&json!({}));
            let answer = ada.send(request).await.status_and_code();
            assert_eq!(answer, (403, "confirmation_required".into()), "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn a_password_confirms_the_identity() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        expire_confirmations(&app).await;

        let wrong = app.post(&mut ada, "/api/confirm", json!({"password": "wrong horse"})).await;
        let right = app.post(&mut ada, "/api/confirm", json!({"password": PASSWORD})).await;
        let sensitive = app.post(&mut ada, "/api/passkeys/begin", json!({})).await;

        wrong.assert_error(401, "invalid_credentials");
        right.assert_status(200);
        sensitive.assert_status(200);
    }
}

#[actix_web::test]
async fn a_user_can_export_their_data() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;

        let export = ada.get(&app.url("/api/me/export")).await;

        assert!(export.header("content-disposition").starts_with("attachment"));
        assert_eq!(export.json()["account"]["email"], "ada@example.com");
        assert_eq!(export.json()["activity"].as_array().unwrap().len(), 3, "{}", export.text);
        assert!(!export.text.contains("$2b$"), "the export contains no hash");
    }
}

#[actix_web::test]
async fn a_deleted_account_leaves_a_single_event() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let user: UserId = app.user_id(&mut ada).await;

        let deleted = app.delete(&mut ada, "/api/me").await;

        deleted.assert_status(200);
        assert!(ada.cookie("token").is_none());
        app.log_in("ada@example.com", PASSWORD).await.1.assert_status(401);
        let filter = EventFilter { user: Some(user), ..EventFilter::default() };
        let events = app.query(move |c| storage::find_events(c, &filter, 10).unwrap()).await;
        let left: Vec<_> = events.iter().map(|event| (event.kind.as_str(), event.address.as_str())).collect();
        assert_eq!(left, [("account_deleted", "")]);
        app.register("ada@example.com", PASSWORD).await.assert_status(201);
    }
}

#[actix_web::test]
async fn audit_events_cannot_be_changed() {
    for app in TestApp::on_both().await {
        app.signed_in("ada@example.com").await;

        let changed = app.query(|connection| {
            let statement = "UPDATE audit_events SET kind = 'nothing'";
            on_backend!(connection, |c| sql_query(statement).execute(c))
        });

        let error = changed.await.unwrap_err().to_string();
        assert!(error.contains("audit events are never changed"), "{error}");
    }
}

#[actix_web::test]
async fn a_sign_in_replaces_the_session_of_the_browser() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let mut replaced = ada.clone();

        let login = app.post(&mut ada, "/api/login", credentials("ada@example.com", PASSWORD)).await;

        login.assert_status(200);
        app.me(&mut replaced).await.assert_status(401);
        let listed = ada.get(&app.url("/api/sessions")).await.json();
        assert_eq!(listed["data"]["sessions"].as_array().unwrap().len(), 1);
    }
}
