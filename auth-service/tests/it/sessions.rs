//! How sessions start, continue and end.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use diesel::{QueryDsl, RunQueryDsl};
use drawbridge_core::{
    clock::{Clock, SystemClock},
    id::UserId,
};
use drawbridge_database::{on_backend, schema};
use drawbridge_verification::{
    user_cache::UserCache,
    user_record::{UserRecord, UserState},
};
use reqwest::Method;
use serde_json::Value;
use tests::{Answer, PASSWORD, Visitor};
use tokio::time::sleep;

use crate::helpers::{TestApp, TestDatabase};

#[actix_web::test]
async fn a_sign_in_beyond_the_limit_ends_the_oldest_session() {
    for database in TestDatabase::BOTH {
        let app = TestApp::start(database, |config| config.tokens.sessions_per_user = 3).await;
        app.register("ada@example.com", PASSWORD).await;

        let mut visitors = Vec::new();
        for _ in 0..5 {
            visitors.push(app.log_in("ada@example.com", PASSWORD).await.0);
        }

        let mut statuses = Vec::new();
        for visitor in &mut visitors {
            statuses.push(app.me(visitor).await.status);
        }
        assert_eq!(statuses, [401, 401, 200, 200, 200]);
    }
}

async fn cached_record(app: &TestApp, user: UserId) -> Arc<UserRecord> {
    match app.cache.last_known(user).await {
        Some(UserState::Present(record)) => record,
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn a_logout_reaches_the_cache_before_the_response() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let user = app.user_id(&mut ada).await;
        let mut with_old_cookie = ada.clone();
        assert_eq!(cached_record(&app, user).await.sessions.len(), 1);

        let answer = ada.post(&app.url("/api/logout")).await;

        answer.assert_status(200);
        assert_eq!(ada.cookie("token"), None);
        assert_eq!(cached_record(&app, user).await.sessions.len(), 0);
        app.me(&mut with_old_cookie).await.assert_error(401, "session_revoked");
    }
}

#[actix_web::test]
async fn a_second_logout_changes_nothing() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let user = app.user_id(&mut ada).await;
        let mut with_old_cookie = ada.clone();
        ada.post(&app.url("/api/logout")).await.assert_status(200);
        let version = cached_record(&app, user).await.version;

        let second = with_old_cookie.post(&app.url("/api/logout")).await;

        second.assert_status(200);
        assert_eq!(cached_record(&app, user).await.version, version);
    }
}

/// Signs out with additional headers.
async fn log_out_with(app: &TestApp, visitor: &Visitor, headers: &[(&str, &str)]) -> Answer {
    let mut visitor = visitor.clone();
    let request = visitor.request(Method::POST, &app.url("/api/logout"));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    visitor.send(request).await
}

#[actix_web::test]
async fn a_page_of_another_site_cannot_sign_users_out() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;
    let ada = app.signed_in("ada@example.com").await;

    for foreign in [
        &[("sec-fetch-site", "same-site"), ("origin", "http://localhost:3000")][..],
        &[("sec-fetch-site", "cross-site")],
        &[("origin", "null")],
    ] {
        let answer = log_out_with(&app, &ada, foreign).await;
        assert_eq!(answer.status_and_code(), (403, "cross_site_request".into()), "{foreign:?}");
    }
    let own = [("sec-fetch-site", "same-site"), ("origin", "http://localhost:8080")];
    log_out_with(&app, &ada, &own).await.assert_status(200);
}

async fn wait_until_expired(app: &TestApp, visitor: &mut Visitor) {
    let started = Instant::now();
    while app.me(visitor).await.status == 200 {
        assert!(started.elapsed() < Duration::from_secs(5), "the token does not expire");
        sleep(Duration::from_millis(20)).await;
    }
}

#[actix_web::test]
async fn an_expired_token_can_still_sign_out() {
    for database in TestDatabase::BOTH {
        let app = TestApp::start(database, |config| config.tokens.lifetime = Duration::from_secs(2)).await;
        let mut ada = app.signed_in("ada@example.com").await;
        wait_until_expired(&app, &mut ada).await;

        let me = app.me(&mut ada).await;
        let refresh = ada.post(&app.url("/api/refresh")).await;
        let logout = ada.post(&app.url("/api/logout")).await;

        me.assert_error(403, "expired_token");
        refresh.assert_error(403, "expired_token");
        logout.assert_status(200);
        let sessions = app.query(|connection| {
            let count = schema::sessions::table.count();
            on_backend!(connection, |c| count.get_result::<i64>(c)).unwrap()
        });
        assert_eq!(sessions.await, 0);
    }
}

/// Waits for the next second, since the times in tokens are whole seconds.
async fn wait_for_next_second() {
    let before = SystemClock.now().timestamp();
    while SystemClock.now().timestamp() == before {
        sleep(Duration::from_millis(10)).await;
    }
}

fn without_fraction(time: &Value) -> String {
    time.as_str().unwrap().get(..19).unwrap().to_owned()
}

#[actix_web::test]
async fn a_renewed_token_never_outlives_its_session() {
    let app = TestApp::start(TestDatabase::Sqlite, |config| {
        config.tokens.session_lifetime = Duration::from_hours(1);
        config.tokens.lifetime = Duration::from_hours(1);
    })
    .await;
    let mut ada = app.signed_in("ada@example.com").await;
    let session_end = app.me(&mut ada).await.json()["data"]["session"]["expires_at"].clone();
    wait_for_next_second().await;

    let renewed = ada.post(&app.url("/api/refresh")).await;

    renewed.assert_status(200);
    let token_end = &renewed.json()["data"]["expires_at"];
    assert_eq!(without_fraction(token_end), without_fraction(&session_end));
}
