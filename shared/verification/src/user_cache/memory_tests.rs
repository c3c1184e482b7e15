use drawbridge_core::{
    clock::{Clock, SystemClock},
    random::Random,
};

use super::*;

const ROOM_FOR_ALL: u64 = 1 << 20;
const ROOM_FOR_NONE: u64 = 0;

fn user() -> UserId {
    UserId::generate(Random, SystemClock.now())
}

fn state(version: i64) -> UserState {
    UserState::Deleted { version }
}

fn keys() -> KeysDigest {
    KeysDigest::from_kids(["kid"])
}

#[tokio::test]
async fn a_fill_never_replaces_the_same_or_a_newer_version() {
    for bytes in [ROOM_FOR_ALL, ROOM_FOR_NONE] {
        let (cache, user) = (MemoryUserCache::new(bytes), user());

        cache.deliver(ONLY_EPOCH, user, state(2)).await.unwrap();

        for version in [1, 2] {
            let stored = cache.fill(ONLY_EPOCH, user, state(version)).await.unwrap();
            assert!(!stored, "version {version} in {bytes} bytes");
        }
    }
}

#[tokio::test]
async fn a_delivered_change_is_the_last_known_state() {
    let (cache, user) = (MemoryUserCache::new(ROOM_FOR_ALL), user());

    cache.fill(ONLY_EPOCH, user, state(1)).await.unwrap();
    cache.deliver(ONLY_EPOCH, user, state(2)).await.unwrap();

    assert_eq!(cache.last_known(user).await, Some(state(2)));
}

#[tokio::test]
async fn the_cache_is_trusted_only_while_the_watermark_is_current() {
    let current = MemoryUserCache::new(ROOM_FOR_ALL);
    current.raise_watermark(Duration::ZERO, keys()).await.unwrap();
    let old = MemoryUserCache::new(ROOM_FOR_ALL);
    old.raise_watermark(WATERMARK_MAX_AGE, keys()).await.unwrap();

    assert!(current.trust().is_some());
    assert_eq!(old.trust(), None);
    assert_eq!(MemoryUserCache::new(ROOM_FOR_ALL).trust(), None, "without a watermark");
}

#[tokio::test]
async fn a_watermark_is_never_lowered() {
    let cache = MemoryUserCache::new(ROOM_FOR_ALL);

    cache.raise_watermark(Duration::ZERO, keys()).await.unwrap();
    cache.raise_watermark(WATERMARK_MAX_AGE, keys()).await.unwrap();

    assert!(cache.trust().is_some());
}
