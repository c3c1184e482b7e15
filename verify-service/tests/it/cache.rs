//! The user record between the database and the verifier.

use std::time::{Duration, Instant};

use drawbridge_core::{
    clock::{Clock, SystemClock},
    id::UserId,
    metrics::Metrics,
    random::Random,
};
use drawbridge_verification::{
    redis_connection::RedisUrl,
    token::KeysDigest,
    user_cache::{Delivery, RedisDelivery, RedisUserCache, UserCache},
    user_record::{UserRecord, UserState},
};

use crate::helpers::TestApp;

async fn record(app: &TestApp, user: UserId) -> UserRecord {
    match app.cache().get(app.epoch().await, user).await.unwrap() {
        Some((UserState::Present(record), _)) => (*record).clone(),
        other => panic!("{other:?}"),
    }
}

#[actix_web::test]
async fn a_late_fill_with_what_was_read_before_a_logout_does_not_undo_it() {
    for app in TestApp::both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let user: UserId =
            app.ask(&mut ada).await.json()["data"]["user"]["id"].as_str().unwrap().parse().unwrap();
        let before_logout = record(&app, user).await;
        let mut left_behind = ada.clone();
        ada.post(&format!("{}/api/logout", app.auth)).await;

        let late = UserState::from(before_logout.clone());
        assert!(
            !app.cache().fill(app.epoch().await, user, late).await.unwrap(),
            "an older record is refused"
        );
        assert_eq!(app.ask(&mut left_behind).await.status_and_code(), (401, "session_revoked".into()));
        assert!(record(&app, user).await.version > before_logout.version);
    }
}

#[actix_web::test]
async fn of_many_writers_the_newest_version_stays() {
    for app in TestApp::both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let user: UserId =
            app.ask(&mut ada).await.json()["data"]["user"]["id"].as_str().unwrap().parse().unwrap();
        let known = record(&app, user).await;
        let epoch = app.epoch().await;
        let writes = (0..200).map(|n| {
            let version = known.version + 1 + (n * 77) % 200;
            let state = UserState::from(UserRecord { version, ..known.clone() });
            app.cache().fill(epoch, user, state)
        });
        futures_util::future::join_all(writes).await;
        // A process keeps what is hot until it is told of the change.
        let started = Instant::now();
        while record(&app, user).await.version != known.version + 200 {
            assert!(started.elapsed().as_secs() < 5, "the change is not told");
        }
        let deleted = UserState::Deleted { version: known.version + 201 };
        assert!(app.cache().fill(epoch, user, deleted.clone()).await.unwrap());
        while app.cache().get(epoch, user).await.unwrap().unwrap().0 != deleted {
            assert!(started.elapsed().as_secs() < 5, "the deletion is not told");
        }
    }
}

#[actix_web::test]
async fn a_miss_is_filled_from_the_database_and_what_cannot_be_read_is_a_miss() {
    for app in TestApp::both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let user: UserId =
            app.ask(&mut ada).await.json()["data"]["user"]["id"].as_str().unwrap().parse().unwrap();
        let known = record(&app, user).await;
        let Some(redis) = &app.redis else { continue };
        let client = redis::Client::open(redis.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        let key = format!("{{drawbridge}}:{}:user:{user}", app.epoch().await.0);
        let put = async |mut connection: redis::aio::MultiplexedConnection, value: Option<&str>| match value {
            Some(value) => redis::cmd("SET").arg(&key).arg(value).exec_async(&mut connection).await.unwrap(),
            None => redis::cmd("DEL").arg(&key).exec_async(&mut connection).await.unwrap(),
        };
        for damage in
            [None, Some(""), Some("no record"), Some("999\n{}"), Some("999999999999999999999999\nx")]
        {
            put(connection.clone(), damage).await;
            assert_eq!(app.ask(&mut ada).await.status, 200, "{damage:?}");
        }
        put(connection.clone(), None).await;
        assert_eq!(app.ask(&mut ada).await.status, 200);
        assert_eq!(record(&app, user).await, known, "the fill is what the database says");
        let ttl: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut connection).await.unwrap();
        assert!(ttl > 0, "it does not stay for ever");
    }
}

/// As after a failover: the server that was believed follows another one that was behind it.
#[actix_web::test]
async fn a_server_that_has_gone_back_is_not_asked_for_what_was_last_known() {
    let redis = tests::Redis::start();
    let RedisUrl::Server(server) = RedisUrl::parse(redis.url()).unwrap() else { panic!("no server") };
    let (metrics, keys) = (Metrics::new(), KeysDigest::of(["kid"]));
    let told = RedisDelivery::open(server.clone(), &metrics);
    // Without a memory of its own, so that the server is asked.
    let cache = RedisUserCache::open(server, 0, &metrics);
    told.raise_watermark(Duration::ZERO, keys.clone()).await.unwrap();
    let user = UserId::generate(Random, SystemClock.now());
    let state = UserState::Deleted { version: 7 };
    let epoch = told.epoch().unwrap();
    assert!(told.deliver(epoch, user, state.clone()).await.unwrap());
    let started = Instant::now();
    while cache.trust().is_none() {
        told.raise_watermark(Duration::ZERO, keys.clone()).await.unwrap();
        assert!(started.elapsed().as_secs() < 5, "the cache is not believed");
    }
    assert_eq!(cache.last_known(user).await, Some(state));

    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let watermark = "{drawbridge}:watermark";
    let text: String = redis::cmd("GET").arg(watermark).query_async(&mut connection).await.unwrap();
    let mut parts: Vec<_> = text.split(' ').map(str::to_owned).collect();
    parts[1] = (parts[1].parse::<u64>().unwrap() - 1_000_000).to_string();
    let older = parts.join(" ");
    redis::cmd("SET").arg(watermark).arg(older).exec_async(&mut connection).await.unwrap();
    assert_eq!(cache.last_known(user).await, None);
    while cache.trust().is_some() {
        assert!(started.elapsed().as_secs() < 5, "it is believed although it has gone back");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(cache.last_known(user).await, None, "nor is what it says now a measure");
}
