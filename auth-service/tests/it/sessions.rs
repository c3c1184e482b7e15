//! Sessions: how they begin, go on and end.

use std::time::Duration;

use drawbridge_http::proxy_identity::{PROXY_IDENTITY, ProxyIdentity};
use drawbridge_verification::{user_cache::UserCache, user_record::UserState};
use reqwest::Method;
use tests::{PASSWORD, Visitor};

use crate::helpers::{Database, TestApp, credentials};

const CLIENT: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

#[actix_web::test]
async fn the_oldest_sessions_make_room() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::start(database, |config| config.tokens.sessions_per_user = 3).await;
        app.register("ada@example.com", PASSWORD).await;
        let mut visitors = Vec::new();
        for _ in 0..5 {
            visitors.push(app.log_in("ada@example.com", PASSWORD).await.0);
        }
        let mut answers = Vec::new();
        for visitor in &mut visitors {
            answers.push(visitor.get(&app.url("/api/me")).await.status);
        }
        assert_eq!(answers, [401, 401, 200, 200, 200]);
    }
}

#[actix_web::test]
async fn a_session_ends_by_logout_and_the_cache_knows_at_once() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let me = ada.get(&app.url("/api/me")).await.json();
        let user = me["data"]["user"]["id"].as_str().unwrap().parse().unwrap();
        let cached = async || match app.cache.last_known(user).await {
            Some(UserState::Present(record)) => record,
            other => panic!("{other:?}"),
        };
        assert_eq!(cached().await.sessions.len(), 1);
        let mut left_behind = ada.clone();
        let answer = ada.post(&app.url("/api/logout")).await;
        assert_eq!((answer.status, ada.cookie("token")), (200, None));
        assert_eq!(cached().await.sessions.len(), 0);
        assert_eq!(
            left_behind.get(&app.url("/api/me")).await.status_and_code(),
            (401, "session_revoked".into())
        );
        let version = cached().await.version;
        assert_eq!(left_behind.post(&app.url("/api/logout")).await.status, 200, "twice is as good as once");
        assert_eq!(cached().await.version, version, "and changes nothing");
    }
}

#[actix_web::test]
async fn a_page_of_another_site_ends_no_session() {
    let app = TestApp::start(Database::Sqlite, |_| {}).await;
    let ada = app.signed_in("ada@example.com").await;
    let log_out_from = async |fields: &[(&str, &str)]| {
        let mut ada = ada.clone();
        let request = ada.request(Method::POST, &app.url("/api/logout"));
        ada.send(fields.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    };
    for foreign in [
        &[("sec-fetch-site", "same-site"), ("origin", "http://localhost:3000")][..],
        &[("sec-fetch-site", "cross-site")],
        &[("origin", "null")],
    ] {
        assert_eq!(
            log_out_from(foreign).await.status_and_code(),
            (403, "cross_site_request".into()),
            "{foreign:?}"
        );
    }
    let own = [("sec-fetch-site", "same-site"), ("origin", "http://localhost:8080")];
    assert_eq!(log_out_from(&own).await.status, 200);
}

#[actix_web::test]
async fn a_token_ends_and_its_session_can_still_be_signed_out() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::start(database, |config| config.tokens.lifetime = Duration::from_secs(2)).await;
        let mut ada = app.signed_in("ada@example.com").await;
        let started = std::time::Instant::now();
        while ada.get(&app.url("/api/me")).await.status == 200 {
            assert!(started.elapsed().as_secs() < 5, "the token does not end");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert_eq!(ada.get(&app.url("/api/me")).await.status_and_code(), (403, "expired_token".into()));
        assert_eq!(ada.post(&app.url("/api/refresh")).await.status_and_code(), (403, "expired_token".into()));
        assert_eq!(ada.post(&app.url("/api/logout")).await.status, 200);
        let sessions = app
            .query(|c| {
                use diesel::{QueryDsl, RunQueryDsl};
                let sessions = drawbridge_database::schema::sessions::table;
                drawbridge_database::on_backend!(c, |c| sessions.count().get_result::<i64>(c)).unwrap()
            })
            .await;
        assert_eq!(sessions, 0);
    }
}

#[actix_web::test]
async fn a_renewed_token_never_outlives_its_session() {
    let app = TestApp::start(Database::Sqlite, |config| {
        config.tokens.session_lifetime = Duration::from_hours(1);
        config.tokens.lifetime = Duration::from_hours(1);
    })
    .await;
    let mut ada = app.signed_in("ada@example.com").await;
    let session_end = ada.get(&app.url("/api/me")).await.json()["data"]["session"]["expires_at"].clone();
    // A token counts in whole seconds, so the next one has to begin.
    let second = || drawbridge_core::clock::Clock::now(&drawbridge_core::clock::SystemClock).timestamp();
    let before = second();
    while second() == before {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let renewed = ada.post(&app.url("/api/refresh")).await;
    assert_eq!(renewed.status, 200, "{}", renewed.text);
    let whole_seconds = |value: &serde_json::Value| value.as_str().unwrap().get(..19).unwrap().to_owned();
    assert_eq!(whole_seconds(&renewed.json()["data"]["expires_at"]), whole_seconds(&session_end));
}

#[actix_web::test]
async fn the_token_is_in_the_body_for_a_proxy_that_proves_itself_and_for_nobody_else() {
    let app = TestApp::start(Database::Sqlite, |_| {}).await;
    app.register("ada@example.com", PASSWORD).await;
    let now = drawbridge_core::clock::Clock::now(&drawbridge_core::clock::SystemClock);
    let ours = ProxyIdentity::new(&app.config.master_secret);
    let theirs = "another master secret of thirty-two bytes".to_owned();
    let theirs = ProxyIdentity::new(&drawbridge_core::secret::MasterSecret::parse(theirs.into()).unwrap());
    for (proof, handed_out) in [
        (Some(ours.prove(now, "POST", "/api/login", CLIENT)), true),
        (Some(ours.prove(now, "POST", "/api/refresh", CLIENT)), false),
        (Some(theirs.prove(now, "POST", "/api/login", CLIENT)), false),
        (Some("v1".to_owned()), false),
        (None, false),
    ] {
        let mut visitor = Visitor::new();
        let mut request = visitor.request(Method::POST, &app.url("/api/login"));
        if let Some(proof) = &proof {
            request = request.header(PROXY_IDENTITY, proof);
        }
        let answer = visitor.send(request.json(&credentials("ada@example.com", PASSWORD))).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.json().get("token").is_some(), handed_out, "{proof:?}");
    }
}
