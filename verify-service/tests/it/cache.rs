//! User records between the database and the verifier.

use drawbridge_verification::user_record::{UserRecord, UserState};
use redis::aio::MultiplexedConnection;

use crate::helpers::{TestApp, eventually};

#[actix_web::test]
async fn a_late_fill_does_not_undo_a_sign_out() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let user = app.user_id(&mut ada).await;
        let before = app.cached_record(user).await;
        let mut left_behind = app.sign_out(ada).await;

        let late = UserState::from(before.clone());
        let stored = app.cache().fill(app.epoch().await, user, late).await.unwrap();

        assert!(!stored, "the older record is stored");
        assert_eq!(app.verify(&mut left_behind).await.status_and_code(), (401, "session_revoked".into()));
        assert!(app.cached_record(user).await.version > before.version);
    }
}

#[actix_web::test]
async fn of_concurrent_fills_the_highest_version_remains() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let user = app.user_id(&mut ada).await;
        let record = app.cached_record(user).await;
        let epoch = app.epoch().await;

        let fills = (0..200).map(|n| {
            let version = record.version + 1 + (n * 77) % 200;
            let state = UserState::from(UserRecord { version, ..record.clone() });
            app.cache().fill(epoch, user, state)
        });
        futures_util::future::join_all(fills).await;

        // The near cache keeps an older record until the invalidation arrives.
        eventually("the highest version is visible", async || {
            (app.cached_record(user).await.version == record.version + 200).then_some(())
        })
        .await;
    }
}

#[actix_web::test]
async fn a_deletion_replaces_the_record() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let user = app.user_id(&mut ada).await;
        let epoch = app.epoch().await;
        let deleted = UserState::Deleted { version: app.cached_record(user).await.version + 1 };

        assert!(app.cache().fill(epoch, user, deleted.clone()).await.unwrap());

        eventually("the deletion is visible", async || {
            let cached = app.cache().get(epoch, user).await.unwrap().unwrap();
            (cached.state == deleted).then_some(())
        })
        .await;
    }
}

#[actix_web::test]
async fn a_missing_or_damaged_record_is_filled_again() {
    let app = TestApp::on_postgres().await;
    let mut ada = app.signed_in("ada@example.com").await;
    let user = app.user_id(&mut ada).await;
    let record = app.cached_record(user).await;
    let epoch = app.epoch().await;
    let key = format!("{{drawbridge}}:{}:user:{user}", epoch.0);
    let mut redis = connect(&app).await;

    for damage in ["", "no record", "999\n{}", "999999999999999999999999\nx"] {
        overwrite(&mut redis, &key, Some(damage)).await;

        assert_eq!(app.verify(&mut ada).await.status, 200, "{damage:?}");
    }

    overwrite(&mut redis, &key, None).await;
    eventually("the record is filled again", async || {
        assert_eq!(app.verify(&mut ada).await.status, 200);
        let cached = app.cache().get(epoch, user).await.unwrap()?;
        (cached.state == record.clone().into()).then_some(())
    })
    .await;
    let ttl: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut redis).await.unwrap();
    assert!(ttl > 0, "the record never expires");
}

async fn connect(app: &TestApp) -> MultiplexedConnection {
    let client = redis::Client::open(app.redis_url()).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

/// Sets a key, or deletes it.
async fn overwrite(redis: &mut MultiplexedConnection, key: &str, value: Option<&str>) {
    let mut command = redis::cmd(if value.is_some() { "SET" } else { "DEL" });
    command.arg(key).arg(value);
    command.exec_async(redis).await.unwrap();
}
