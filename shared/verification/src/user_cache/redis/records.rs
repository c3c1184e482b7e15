use std::sync::Arc;

use drawbridge_core::{
    breaker::{Breaker, BreakerOpen},
    id::UserId,
    metrics::Metrics,
};
use redis::{AsyncCommands, ExistenceCheck, RedisError, Script, SetExpiry, SetOptions};

use super::{
    keys::record_key,
    stored_value::{decode, encode},
};
use crate::{
    redis_connection::{RedisConnection, RedisServer, connect},
    user_cache::{CacheUnavailable, Epoch},
    user_record::UserState,
};

/// How long Redis keeps an unchanged record. A verifier that fills the cache has read its record at most a
/// few seconds earlier, so the newer record that must reject its fill cannot have expired yet.
const RECORD_TTL_MILLIS: u64 = 3_600_000;

/// The records in Redis, replaced by compare-and-set.
#[derive(Clone)]
pub(super) struct Records {
    connection: RedisConnection,
    put_if_newer: Arc<Script>,
    breaker: Arc<Breaker>,
}

impl Records {
    pub(super) fn new(server: RedisServer, metrics: &Metrics) -> Self {
        Self {
            connection: connect(server),
            put_if_newer: Arc::new(Script::new(include_str!("put_if_newer.lua"))),
            breaker: Arc::new(Breaker::new("redis", metrics)),
        }
    }

    /// A connection that reconnects by itself.
    pub(super) fn connection(&self) -> RedisConnection {
        self.connection.clone()
    }

    pub(super) async fn get(
        &self,
        mut connection: impl AsyncCommands,
        epoch: Epoch,
        user: UserId,
    ) -> Result<Option<UserState>, CallFailed> {
        let value: Option<Vec<u8>> = self.call(connection.get(record_key(epoch, user))).await?;
        Ok(value.and_then(|value| decode(user, &value)))
    }

    /// Stores a record that is most likely missing. Runs the script only if a record exists. Returns true if
    /// the new record was stored.
    pub(super) async fn fill(
        &self,
        mut connection: impl AsyncCommands,
        epoch: Epoch,
        user: UserId,
        state: &UserState,
    ) -> Result<bool, CallFailed> {
        let key = record_key(epoch, user);
        let value = encode_for_call(state)?;
        let options = SetOptions::default()
            .conditional_set(ExistenceCheck::NX)
            .with_expiration(SetExpiry::PX(RECORD_TTL_MILLIS));
        let stored: Option<()> = self.call(connection.set_options(&key, &value, options)).await?;
        match stored {
            Some(()) => Ok(true),
            None => self.put_if_newer(connection, &key, value, state.version()).await,
        }
    }

    /// Stores a record, unless the same or a newer version is stored. Returns true if it was stored.
    pub(super) async fn put(
        &self,
        epoch: Epoch,
        user: UserId,
        state: &UserState,
    ) -> Result<bool, CacheUnavailable> {
        let key = record_key(epoch, user);
        let value = encode_for_call(state)?;
        Ok(self.put_if_newer(self.connection(), &key, value, state.version()).await?)
    }

    async fn put_if_newer(
        &self,
        mut connection: impl AsyncCommands,
        key: &str,
        value: String,
        version: i64,
    ) -> Result<bool, CallFailed> {
        let mut put = self.put_if_newer.key(key);
        put.arg(version).arg(value).arg(RECORD_TTL_MILLIS);
        let stored: i64 = self.call(put.invoke_async(&mut connection)).await?;
        Ok(stored == 1)
    }

    /// Makes a call if the breaker allows it. For the breaker, a server that rejects a command is up.
    pub(super) async fn call<T>(
        &self,
        call: impl Future<Output = redis::RedisResult<T>>,
    ) -> Result<T, CallFailed> {
        let rejected = |open: BreakerOpen| CallFailed { error: open.into(), is_connection_lost: false };
        self.breaker.enter().map_err(rejected)?;
        let result = call.await;
        let is_connection_lost = result.as_ref().is_err_and(is_connection_lost);
        self.breaker.record(!is_connection_lost);
        result.map_err(|error| CallFailed { error: error.into(), is_connection_lost })
    }

    pub(super) async fn is_up(&self) -> bool {
        redis::cmd("PING").query_async::<String>(&mut self.connection()).await.is_ok()
    }
}

fn encode_for_call(state: &UserState) -> Result<String, CacheUnavailable> {
    encode(state).map_err(|error| CacheUnavailable(error.to_string()))
}

/// A failed call.
#[derive(Debug)]
pub(super) struct CallFailed {
    pub(super) error: CacheUnavailable,
    /// True if the connection or the server is gone, false if the server rejected the command.
    pub(super) is_connection_lost: bool,
}

impl From<CacheUnavailable> for CallFailed {
    fn from(error: CacheUnavailable) -> Self {
        Self { error, is_connection_lost: false }
    }
}

impl From<CallFailed> for CacheUnavailable {
    fn from(failed: CallFailed) -> Self {
        failed.error
    }
}

impl From<RedisError> for CacheUnavailable {
    fn from(error: RedisError) -> Self {
        Self(error.to_string())
    }
}

fn is_connection_lost(error: &RedisError) -> bool {
    error.is_io_error()
        || error.is_timeout()
        || error.is_connection_refusal()
        || error.is_connection_dropped()
}
