mod channel;
mod delivery;
mod readers;
mod watermark;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use redis::{AsyncCommands, ExistenceCheck, Script, SetExpiry, SetOptions, aio::MultiplexedConnection};
use tokio::task::JoinHandle;

use channel::Channel;
pub use delivery::RedisDelivery;
use readers::Readers;
use watermark::{Place, WATERMARK, Watched};

use super::{
    CacheLayer, CacheUnavailable, Epoch, Pending, ToldKeys, Trust, UserCache, decode, encode, near::Near,
};
use crate::{
    redis_connection::{self, CONNECT_TIMEOUT, Connection, RedisServer},
    user_record::UserState,
};
use drawbridge_core::{
    breaker::{Breaker, BreakerOpen},
    id::UserId,
    metrics::Metrics,
};

/// How long Redis keeps a record without a change: an hour. A reader that fills the cache is seconds old
/// at most, so what it read can never outlive the newer record that would have refused it.
const TIME_TO_LIVE_MILLIS: u64 = 3_600_000;

/// How long Redis may take to answer a reader.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(300);

/// What every key begins with that verifiers are told of; the braces keep all of them in one slot of a
/// cluster, and so on one server.
const PREFIX: &str = "{drawbridge}:";

/// The key of a user's record.
fn key(epoch: Epoch, user: UserId) -> String {
    format!("{PREFIX}{}:user:{user}", epoch.0)
}

/// The user of a record's key, whatever its epoch.
fn user_of(key: &str) -> Option<UserId> {
    key.rsplit_once(":user:")?.1.parse().ok()
}

fn encoded(state: &UserState) -> Result<String, CacheUnavailable> {
    encode(state).map_err(|error| CacheUnavailable(error.to_string()))
}

impl From<redis::RedisError> for CacheUnavailable {
    fn from(error: redis::RedisError) -> Self {
        Self(error.to_string())
    }
}

/// Compare-and-set of records.
#[derive(Clone)]
struct Records {
    connection: Connection,
    put_if_newer: Arc<Script>,
    breaker: Arc<Breaker>,
}

impl Records {
    fn new(server: RedisServer, metrics: &Metrics) -> Self {
        Self {
            connection: redis_connection::connect(server),
            put_if_newer: Arc::new(Script::new(include_str!("redis/put_if_newer.lua"))),
            breaker: Arc::new(Breaker::new("redis", metrics)),
        }
    }

    async fn get(
        &self,
        mut connection: impl AsyncCommands,
        epoch: Epoch,
        user: UserId,
    ) -> Result<Option<UserState>, Failed> {
        let value: Option<Vec<u8>> = self.call(connection.get(key(epoch, user))).await?;
        Ok(value.and_then(|value| decode(user, &value)))
    }

    /// Puts a record where there is most likely none. It takes a script only if there is one.
    async fn fill(
        &self,
        mut connection: impl AsyncCommands,
        epoch: Epoch,
        user: UserId,
        state: &UserState,
    ) -> Result<bool, Failed> {
        let (key, value) = (key(epoch, user), encoded(state)?);
        let options = SetOptions::default()
            .conditional_set(ExistenceCheck::NX)
            .with_expiration(SetExpiry::PX(TIME_TO_LIVE_MILLIS));
        let put: Option<()> = self.call(connection.set_options(&key, &value, options)).await?;
        match put {
            Some(()) => Ok(true),
            None => self.put_if_newer(connection, &key, value, state.version()).await,
        }
    }

    async fn put(&self, epoch: Epoch, user: UserId, state: &UserState) -> Result<bool, CacheUnavailable> {
        let (key, value) = (key(epoch, user), encoded(state)?);
        Ok(self.put_if_newer(self.connection.clone(), &key, value, state.version()).await?)
    }

    async fn put_if_newer(
        &self,
        mut connection: impl AsyncCommands,
        key: &str,
        value: String,
        version: i64,
    ) -> Result<bool, Failed> {
        let mut put = self.put_if_newer.key(key);
        put.arg(version).arg(value).arg(TIME_TO_LIVE_MILLIS);
        let kept: i64 = self.call(put.invoke_async(&mut connection)).await?;
        Ok(kept == 1)
    }

    /// Makes a call if the breaker lets it out. A server that refuses what is asked is there.
    async fn call<T>(&self, call: impl Future<Output = redis::RedisResult<T>>) -> Result<T, Failed> {
        let refused = |open: BreakerOpen| Failed { error: open.into(), is_dead: false };
        self.breaker.enter().map_err(refused)?;
        let result = call.await;
        let is_dead = result.as_ref().is_err_and(is_dead);
        self.breaker.ended(!is_dead);
        result.map_err(|error| Failed { error: error.into(), is_dead })
    }

    async fn is_up(&self) -> bool {
        let mut connection = self.connection.clone();
        redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok()
    }
}

/// A call that failed.
#[derive(Debug)]
struct Failed {
    error: CacheUnavailable,
    /// Whether the connection does not carry, or the server is gone. One that refuses what is asked is there.
    is_dead: bool,
}

impl From<CacheUnavailable> for Failed {
    fn from(error: CacheUnavailable) -> Self {
        Self { error, is_dead: false }
    }
}

impl From<Failed> for CacheUnavailable {
    fn from(failed: Failed) -> Self {
        failed.error
    }
}

fn is_dead(error: &redis::RedisError) -> bool {
    error.is_io_error()
        || error.is_timeout()
        || error.is_connection_refusal()
        || error.is_connection_dropped()
}

/// The verifiers' side of the cache in Redis: what is hot is kept in this process and dropped as soon
/// as Redis says that it has changed.
pub struct RedisUserCache {
    records: Records,
    readers: Readers,
    near: Arc<Near>,
    watched: Watched,
    channel: JoinHandle<()>,
}

impl RedisUserCache {
    /// Opens the cache, with at most `record_bytes` of hot records here. It is believed as soon as
    /// the first watermark has come.
    pub fn open(server: RedisServer, record_bytes: u64, metrics: &Metrics) -> Self {
        let (near, watched) = (Arc::new(Near::new(record_bytes, metrics)), Watched::default());
        let channel = Channel::new(server.clone(), near.clone(), watched.clone(), metrics);
        let channel = tokio::spawn(channel.run());
        let (lag, trusted) = (
            metrics.revocation_lag_seconds.get_or_create_owned(&[]),
            metrics.cache_trusted.get_or_create_owned(&[]),
        );
        let shown = watched.clone();
        metrics.before_scrape(move || {
            trusted.set(i64::from(shown.trust().is_some()));
            lag.set(
                shown.look(|watermark| watermark.delivered.elapsed().as_secs_f64()).unwrap_or(f64::INFINITY),
            );
        });
        let (records, readers) = (Records::new(server, metrics), Readers::default());
        Self { records, readers, near, watched, channel }
    }

    /// A connection to the server that the watermark is from, if that names this epoch: in another one by
    /// now, changes are told for other keys.
    fn connection(&self, epoch: Epoch) -> Option<MultiplexedConnection> {
        self.watched
            .look(|watermark| (watermark.trust.epoch == epoch).then(|| self.readers.connection(watermark)))?
    }

    /// What came of a call over such a connection.
    fn ended<T>(&self, result: Result<T, Failed>) -> Result<T, CacheUnavailable> {
        let is_dead = |failed: &Failed| failed.is_dead;
        if result.as_ref().is_err_and(is_dead) {
            self.readers.give_up();
        }
        Ok(result?)
    }
}

impl Drop for RedisUserCache {
    fn drop(&mut self) {
        self.channel.abort();
    }
}

impl UserCache for RedisUserCache {
    fn trust(&self) -> Option<Trust> {
        self.watched.trust()
    }

    fn last_trusted(&self) -> Option<Instant> {
        self.watched.look(|watermark| watermark.until.min(Instant::now()))
    }

    fn told_keys(&self) -> Option<ToldKeys> {
        self.watched.look(|watermark| watermark.trust.keys.clone())
    }

    fn near(&self, user: UserId) -> Option<UserState> {
        self.near.get(user)
    }

    fn get(
        &self,
        epoch: Epoch,
        user: UserId,
    ) -> Pending<'_, Result<Option<(UserState, CacheLayer)>, CacheUnavailable>> {
        Box::pin(async move {
            if let Some(state) = self.near.get(user) {
                return Ok(Some((state, CacheLayer::Near)));
            }
            let ticket = self.near.ticket(user);
            let Some(connection) = self.connection(epoch) else { return Ok(None) };
            let found = self.ended(self.records.get(connection, epoch, user).await)?;
            let Some(state) = found else { return Ok(None) };
            self.near.keep(ticket, user, state.clone());
            Ok(Some((state, CacheLayer::Shared)))
        })
    }

    fn last_known(&self, user: UserId) -> Pending<'_, Option<UserState>> {
        Box::pin(async move {
            if let Some(state) = self.near.get(user) {
                return Some(state);
            }
            let (epoch, run, place) = self
                .watched
                .look(|watermark| (watermark.trust.epoch, watermark.run.clone(), watermark.place))?;
            // From the very run of the server that was believed: another one may have older data.
            let mut connection = self.connection(epoch)?;
            let state = self.ended(self.records.get(connection.clone(), epoch, user).await).ok()??;
            // So may this one, if it follows another one by now. Its watermark has gone back then, too.
            let text = self.ended(self.records.call(connection.get::<_, String>(WATERMARK)).await).ok()?;
            let (now, _) = Place::read(&text, &run)?;
            (now >= place).then_some(state)
        })
    }

    fn fill(
        &self,
        epoch: Epoch,
        user: UserId,
        state: UserState,
    ) -> Pending<'_, Result<bool, CacheUnavailable>> {
        Box::pin(async move {
            let Some(connection) = self.connection(epoch) else { return Ok(false) };
            self.ended(self.records.fill(connection, epoch, user, &state).await)
        })
    }

    fn learn(&self, user: UserId, state: &UserState) {
        self.near.learn(user, state);
    }

    fn is_up(&self) -> Pending<'_, bool> {
        Box::pin(self.records.is_up())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_core::{
        clock::{Clock, SystemClock},
        random::Random,
    };

    #[test]
    fn a_key_names_its_user_and_nothing_else_does() {
        let user = UserId::generate(Random, SystemClock.now());
        assert_eq!(user_of(&key(Epoch(7), user)), Some(user));
        for other in [WATERMARK, "{drawbridge}:7:user:", "{drawbridge}:7:user:x", ""] {
            assert_eq!(user_of(other), None, "{other}");
        }
    }
}
