use std::time::Duration;

use redis::{AsyncCommands, Script, aio::ConnectionManager};

use super::{CacheUnavailable, Pending, UserCache, decode, encode};
use crate::{id::UserId, user_record::UserState};

/// How long Redis keeps a record without a change. A reader that fills the cache is seconds old at
/// most, so what it read can never outlive the newer record that would have refused it.
const TIME_TO_LIVE: Duration = Duration::from_hours(1);

/// The epoch that every key carries: when Redis loses data, a new one makes old fills unreadable.
const EPOCH: u64 = 0;

/// The cache in Redis, under `drawbridge:<epoch>:user:{<id>}`; the braces keep a user's keys on one
/// cluster slot.
pub struct RedisUserCache {
    connection: ConnectionManager,
    put_if_newer: Script,
}

impl RedisUserCache {
    /// A cache over `connection`.
    pub fn new(connection: ConnectionManager) -> Self {
        Self { connection, put_if_newer: Script::new(include_str!("put_if_newer.lua")) }
    }
}

fn key(user: UserId) -> String {
    format!("drawbridge:{EPOCH}:user:{{{user}}}")
}

impl From<redis::RedisError> for CacheUnavailable {
    fn from(error: redis::RedisError) -> Self {
        Self(error.to_string())
    }
}

impl UserCache for RedisUserCache {
    fn get(&self, user: UserId) -> Pending<'_, Result<Option<UserState>, CacheUnavailable>> {
        Box::pin(async move {
            let value: Option<Vec<u8>> = self.connection.clone().get(key(user)).await?;
            let value = value.and_then(|bytes| String::from_utf8(bytes).ok());
            Ok(value.and_then(|value| decode(user, &value)))
        })
    }

    fn put_if_newer(&self, user: UserId, state: UserState) -> Pending<'_, Result<bool, CacheUnavailable>> {
        Box::pin(async move {
            let value = encode(&state).map_err(|error| CacheUnavailable(error.to_string()))?;
            let mut connection = self.connection.clone();
            let kept: i64 = self
                .put_if_newer
                .key(key(user))
                .arg(state.version())
                .arg(value)
                .arg(u64::try_from(TIME_TO_LIVE.as_millis()).unwrap_or(u64::MAX))
                .invoke_async(&mut connection)
                .await?;
            Ok(kept == 1)
        })
    }

    fn is_up(&self) -> Pending<'_, bool> {
        Box::pin(async move {
            let mut connection = self.connection.clone();
            redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok()
        })
    }
}
