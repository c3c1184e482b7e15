use std::{sync::Arc, time::Instant};

use drawbridge_core::{id::UserId, metrics::Metrics};
use futures_util::future::BoxFuture;
use redis::{AsyncCommands, aio::MultiplexedConnection};
use tokio::task::JoinHandle;

use super::{
    channel::Channel,
    keys::WATERMARK_KEY,
    latest_watermark::LatestWatermark,
    readers::Readers,
    records::{CallFailed, Records},
    watermark::ParsedWatermark,
};
use crate::{
    redis_connection::RedisServer,
    user_cache::{
        AnnouncedKeys, Announcements, CacheLayer, CacheUnavailable, CachedState, Epoch, Trust, UserCache,
        near::NearCache,
    },
    user_record::UserState,
};

/// The verifiers' side of the cache in Redis, with a near cache in this process that Redis invalidates.
pub struct RedisUserCache {
    records: Records,
    readers: Readers,
    near: Arc<NearCache>,
    watermark: LatestWatermark,
    channel: JoinHandle<()>,
}

impl RedisUserCache {
    /// Opens the cache, with a near cache of at most `record_bytes`. It is trusted once the first watermark
    /// has arrived.
    pub fn open(server: RedisServer, record_bytes: u64, metrics: &Metrics) -> Self {
        let near = Arc::new(NearCache::new(record_bytes, metrics));
        let watermark = LatestWatermark::default();
        let channel = Channel::new(server.clone(), near.clone(), watermark.clone(), metrics);
        let channel = tokio::spawn(channel.run());
        register_metrics(watermark.clone(), metrics);
        Self { records: Records::new(server, metrics), readers: Readers::default(), near, watermark, channel }
    }

    /// A connection to the server that the watermark was read from. Returns `None` if the watermark no longer
    /// names `epoch`.
    fn connection(&self, epoch: Epoch) -> Option<MultiplexedConnection> {
        let connect = |watermark: &_| self.readers.connection(watermark);
        self.watermark.read(|watermark| (watermark.trust.epoch == epoch).then(|| connect(watermark)))?
    }

    /// The result of a call over such a connection. Drops the connection if it is lost.
    fn finish_call<T>(&self, result: Result<T, CallFailed>) -> Result<T, CacheUnavailable> {
        if result.as_ref().is_err_and(|failed| failed.is_connection_lost) {
            self.readers.drop_connection();
        }
        Ok(result?)
    }
}

/// Exports the age of the watermark, and whether the cache is trusted.
fn register_metrics(watermark: LatestWatermark, metrics: &Metrics) {
    let lag = metrics.revocation_lag_seconds.get_or_create_owned(&[]);
    let trusted = metrics.cache_trusted.get_or_create_owned(&[]);
    metrics.before_scrape(move || {
        let age = watermark.read(|watermark| watermark.delivered_until.elapsed().as_secs_f64());
        lag.set(age.unwrap_or(f64::INFINITY));
        trusted.set(i64::from(watermark.trust().is_some()));
    });
}

impl Drop for RedisUserCache {
    fn drop(&mut self) {
        self.channel.abort();
    }
}

impl UserCache for RedisUserCache {
    fn trust(&self) -> Option<Trust> {
        self.watermark.trust()
    }

    fn last_trusted(&self) -> Option<Instant> {
        self.watermark.read(|watermark| watermark.trusted_until.min(Instant::now()))
    }

    fn announced_keys(&self) -> Option<AnnouncedKeys> {
        self.watermark.read(|watermark| watermark.trust.keys.clone())
    }

    fn near(&self, user: UserId) -> Option<UserState> {
        self.near.get(user)
    }

    fn get(
        &self,
        epoch: Epoch,
        user: UserId,
    ) -> BoxFuture<'_, Result<Option<CachedState>, CacheUnavailable>> {
        Box::pin(async move {
            if let Some(state) = self.near.get(user) {
                return Ok(Some(CachedState { state, layer: CacheLayer::Near }));
            }
            let ticket = self.near.ticket(user);
            let Some(connection) = self.connection(epoch) else { return Ok(None) };
            let found = self.finish_call(self.records.get(connection, epoch, user).await)?;
            let Some(state) = found else { return Ok(None) };
            self.near.insert(ticket, user, state.clone());
            Ok(Some(CachedState { state, layer: CacheLayer::Shared }))
        })
    }

    fn last_known(&self, user: UserId) -> BoxFuture<'_, Option<UserState>> {
        Box::pin(async move {
            if let Some(state) = self.near.get(user) {
                return Some(state);
            }
            let (epoch, run, position) = self
                .watermark
                .read(|watermark| (watermark.trust.epoch, watermark.run.clone(), watermark.position))?;
            // Read only from the server run that was trusted, because another one may have older data.
            let mut connection = self.connection(epoch)?;
            let found = self.records.get(connection.clone(), epoch, user).await;
            let state = self.finish_call(found).ok()??;
            // The same run has older data if it now replicates another server, but then its watermark is
            // older as well.
            let text = self.records.call(connection.get::<_, String>(WATERMARK_KEY)).await;
            let current = ParsedWatermark::parse(&self.finish_call(text).ok()?, &run)?;
            (current.position >= position).then_some(state)
        })
    }

    fn fill(
        &self,
        epoch: Epoch,
        user: UserId,
        state: UserState,
    ) -> BoxFuture<'_, Result<bool, CacheUnavailable>> {
        Box::pin(async move {
            let Some(connection) = self.connection(epoch) else { return Ok(false) };
            self.finish_call(self.records.fill(connection, epoch, user, &state).await)
        })
    }

    fn update_near(&self, user: UserId, state: &UserState) {
        self.near.update(user, state);
    }

    fn follow(&self) -> Announcements {
        self.near.follow()
    }

    fn is_up(&self) -> BoxFuture<'_, bool> {
        Box::pin(self.records.is_up())
    }
}
