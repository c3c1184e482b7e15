//! What a person does to their own account.

use diesel::{ExpressionMethods, RunQueryDsl};
use drawbridge_database::{on_backend, schema::session_details};
use serde_json::json;
use tests::{PASSWORD, Visitor};

use crate::helpers::TestApp;

const ANOTHER: &str = "a new horse battery";

/// Lets ten minutes pass since everybody has shown who they are.
async fn forget_confirmations(app: &TestApp) {
    app.query(|connection| {
        let past = chrono::DateTime::from_timestamp(1_000_000_000, 0).unwrap().naive_utc();
        on_backend!(connection, |c| {
            diesel::update(session_details::table).set(session_details::confirmed_at.eq(past)).execute(c)
        })
        .unwrap();
    })
    .await;
}

#[actix_web::test]
async fn a_password_is_changed_by_whoever_knows_it_and_other_sessions_end_if_that_is_wanted() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let (mut phone, _) = app.log_in("ada@example.com", PASSWORD).await;
        let change = async |visitor: &mut Visitor, current: &str, new: &str, end_others: bool| {
            let body = json!({"current": current, "new": new, "end_others": end_others});
            app.post(visitor, "/api/password", body).await.status_and_code()
        };
        assert_eq!(
            change(&mut ada, "wrong horse", ANOTHER, false).await,
            (401, "invalid_credentials".into())
        );
        let refused = change(&mut ada, PASSWORD, "ada@example.com", false).await;
        assert_eq!(refused, (422, "password_too_common".into()));
        assert_eq!(change(&mut ada, PASSWORD, ANOTHER, false).await.0, 200);
        assert_eq!(phone.get(&app.url("/api/me")).await.status, 200, "goes on");
        assert_eq!(change(&mut ada, ANOTHER, PASSWORD, true).await.0, 200);
        assert_eq!(phone.get(&app.url("/api/me")).await.status, 401, "has ended");
        assert_eq!(ada.get(&app.url("/api/me")).await.status, 200);
        assert_eq!(app.log_in("ada@example.com", ANOTHER).await.1.status, 401);
    }
}

#[actix_web::test]
async fn sessions_are_listed_and_ended_by_their_holder_alone() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let mut eve = app.signed_in("eve@example.com").await;
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        let mut phone = Visitor::new();
        let body = json!({"email": "ada@example.com", "password": PASSWORD});
        let login = phone.request(reqwest::Method::POST, &app.url("/api/login"));
        phone.send(login.header("user-agent", firefox).json(&body)).await;

        let listed = ada.get(&app.url("/api/sessions")).await.json();
        let sessions = listed["data"]["sessions"].as_array().unwrap().clone();
        let shown = |at: usize| (&sessions[at]["browser"], &sessions[at]["os"], &sessions[at]["current"]);
        assert_eq!(sessions.len(), 2);
        assert_eq!(shown(0), (&json!("Firefox"), &json!("Linux"), &json!(false)));
        assert_eq!(shown(1).2, &json!(true));
        assert_eq!(sessions[0]["address"], "127.0.0.1");
        assert!(sessions[1]["last_seen_at"].is_string());

        let path = format!("/api/sessions/{}", sessions[0]["id"].as_str().unwrap());
        assert_eq!(app.delete(&mut eve, &path).await.status, 200, "says nothing of other people's");
        assert_eq!(phone.get(&app.url("/api/me")).await.status, 200, "and does nothing to them");
        assert_eq!(app.delete(&mut ada, &path).await.status, 200);
        assert_eq!(phone.get(&app.url("/api/me")).await.status, 401);
        assert_eq!(app.delete(&mut ada, "/api/sessions/nonsense").await.status, 200);

        for _ in 0..3 {
            app.log_in("ada@example.com", PASSWORD).await;
        }
        let ended = app.delete(&mut ada, "/api/sessions").await.json();
        assert_eq!(ended["data"]["ended"], 3);
        assert_eq!(ada.get(&app.url("/api/me")).await.status, 200);
        assert_eq!(eve.get(&app.url("/api/me")).await.status, 200);
    }
}

#[actix_web::test]
async fn what_matters_asks_again_ten_minutes_after_the_sign_in() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        assert_eq!(app.post(&mut ada, "/api/totp/begin", json!({})).await.status, 200, "just signed in");
        forget_confirmations(&app).await;
        for (method, path) in [
            ("POST", "/api/totp/begin"),
            ("POST", "/api/passkeys/begin"),
            ("POST", "/api/recovery-codes"),
            ("DELETE", "/api/totp"),
            ("DELETE", "/api/passkeys/AAAA"),
            ("DELETE", "/api/me"),
        ] {
            let request = ada.request(method.parse().unwrap(), &app.url(path)).json(&json!({}));
            let answer = ada.send(request).await.status_and_code();
            assert_eq!(answer, (403, "confirmation_required".into()), "{method} {path}");
        }
        let confirm = async |ada: &mut Visitor, password: &str| {
            app.post(ada, "/api/confirm", json!({"password": password})).await.status_and_code()
        };
        assert_eq!(confirm(&mut ada, "wrong horse").await, (401, "invalid_credentials".into()));
        assert_eq!(confirm(&mut ada, PASSWORD).await.0, 200);
        assert_eq!(app.post(&mut ada, "/api/passkeys/begin", json!({})).await.status, 200);
    }
}

#[actix_web::test]
async fn a_person_takes_their_data_along_and_is_really_gone() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let export = ada.get(&app.url("/api/me/export")).await;
        assert!(export.header("content-disposition").starts_with("attachment"));
        let data = export.json();
        assert_eq!(data["account"]["email"], "ada@example.com");
        assert_eq!(data["activity"].as_array().unwrap().len(), 3, "{data}");
        assert!(!export.text.contains("$2b$"), "no hash");
        let user: drawbridge_core::id::UserId = data["id"].as_str().unwrap().parse().unwrap();

        assert_eq!(app.delete(&mut ada, "/api/me").await.status, 200);
        assert!(ada.cookie("token").is_none());
        assert_eq!(app.log_in("ada@example.com", PASSWORD).await.1.status, 401);
        let filter = auth_service::storage::EventFilter { user: Some(user), ..Default::default() };
        let left = app.query(move |c| auth_service::storage::find_events(c, &filter, 10).unwrap()).await;
        let left: Vec<_> = left.iter().map(|event| (event.kind.as_str(), event.address.as_str())).collect();
        assert_eq!(left, [("account_deleted", "")], "nothing is left but that");
        assert_eq!(app.register("ada@example.com", PASSWORD).await.status, 201, "the address is free");
    }
}

#[actix_web::test]
async fn what_happened_is_never_changed() {
    for app in TestApp::on_both().await {
        app.signed_in("ada@example.com").await;
        let changed = app.query(|connection| {
            let statement = "UPDATE audit_events SET kind = 'nothing'";
            on_backend!(connection, |c| diesel::sql_query(statement).execute(c))
        });
        let refusal = changed.await.unwrap_err().to_string();
        assert!(refusal.contains("audit events are never changed"), "{refusal}");
    }
}

#[actix_web::test]
async fn a_sign_in_leaves_no_older_session_behind_in_the_same_browser() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let older = ada.clone();
        let body = json!({"email": "ada@example.com", "password": PASSWORD});
        assert_eq!(app.post(&mut ada, "/api/login", body).await.status, 200);
        assert_eq!(older.clone().get(&app.url("/api/me")).await.status, 401, "its cookie was replaced");
        let listed = ada.get(&app.url("/api/sessions")).await.json();
        assert_eq!(listed["data"]["sessions"].as_array().unwrap().len(), 1);
    }
}
