//! A Redis server that goes back to older data, as after a failover: it now replicates a server that was
//! behind.

use std::time::Duration;

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
    user_record::UserState,
};
use tests::Redis;

use crate::helpers::eventually;

const WATERMARK_KEY: &str = "{drawbridge}:watermark";

/// Lowers the watermark by a second.
async fn lower_watermark(redis: &Redis) {
    let client = redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let text: String = redis::cmd("GET").arg(WATERMARK_KEY).query_async(&mut connection).await.unwrap();
    let mut parts: Vec<_> = text.split(' ').map(str::to_owned).collect();
    let microseconds = parts.get_mut(1).unwrap();
    *microseconds = (microseconds.parse::<u64>().unwrap() - 1_000_000).to_string();
    redis::cmd("SET").arg(WATERMARK_KEY).arg(parts.join(" ")).exec_async(&mut connection).await.unwrap();
}

#[actix_web::test]
async fn a_server_that_went_back_has_no_last_known_records() {
    let redis = Redis::start();
    let RedisUrl::Server(server) = RedisUrl::parse(redis.url()).unwrap() else { panic!("no server") };
    let metrics = Metrics::new();
    let delivery = RedisDelivery::open(server.clone(), &metrics);
    // Without a near cache, so that every read reaches the server.
    let cache = RedisUserCache::open(server, 0, &metrics);
    let keys = KeysDigest::from_kids(["kid"]);
    let user = UserId::generate(Random, SystemClock.now());
    let state = UserState::Deleted { version: 7 };
    delivery.raise_watermark(Duration::ZERO, keys.clone()).await.unwrap();
    assert!(delivery.deliver(delivery.epoch().unwrap(), user, state.clone()).await.unwrap());
    eventually("the cache is trusted", async || {
        delivery.raise_watermark(Duration::ZERO, keys.clone()).await.unwrap();
        cache.trust()
    })
    .await;
    assert_eq!(cache.last_known(user).await, Some(state));

    lower_watermark(&redis).await;

    assert_eq!(cache.last_known(user).await, None, "before the watermark is read again");
    eventually("the cache is no longer trusted", async || cache.trust().is_none().then_some(())).await;
    assert_eq!(cache.last_known(user).await, None, "after the watermark was read again");
}
