//! The channel: the connection over which Redis pushes invalidations and this process reads the watermark.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use drawbridge_core::metrics::Metrics;
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use redis::{
    AsyncConnectionConfig, ErrorKind, ProtocolVersion, PushInfo, PushKind, Value, aio::MultiplexedConnection,
};

use super::{
    keys::{KEY_PREFIX, user_of_record_key},
    latest_watermark::LatestWatermark,
    watermark::{ServerRun, Watermark, read_run_id, read_watermark},
};
use crate::{
    redis_connection::{REDIS_CONNECT_TIMEOUT, REDIS_READ_TIMEOUT, RedisServer},
    user_cache::near::NearCache,
};

/// How often the watermark is read. This also detects a dead connection.
const WATERMARK_INTERVAL: Duration = Duration::from_millis(200);

/// How often the watermark is read while the cache is not trusted. The sooner a current one is seen, the fewer
/// requests have to ask the source.
const WATERMARK_INTERVAL_WITHOUT_TRUST: Duration = Duration::from_millis(25);

/// How often, while the cache is not trusted, the channel checks whether another server is the master.
const MASTER_CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// How long to wait before reconnecting.
const RECONNECT_DELAY: Duration = Duration::from_millis(100);

/// Keeps the near cache and the watermark up to date.
pub(super) struct Channel {
    server: RedisServer,
    near: Arc<NearCache>,
    watermark: LatestWatermark,
    is_up: Gauge,
    breaks: Counter,
}

/// How the connection ended.
#[derive(Debug, thiserror::Error)]
enum ConnectionLost {
    #[error("{0}")]
    BeforeTrust(redis::RedisError),
    #[error("{0}")]
    AfterTrust(redis::RedisError),
}

/// The watermark that was read last.
struct WatermarkRead {
    watermark: Option<Watermark>,
    is_current: bool,
}

impl Channel {
    pub(super) fn new(
        server: RedisServer,
        near: Arc<NearCache>,
        watermark: LatestWatermark,
        metrics: &Metrics,
    ) -> Self {
        let is_up = metrics.channel_up.get_or_create_owned(&[]);
        let breaks = metrics.channel_breaks.get_or_create_owned(&[]);
        Self { server, near, watermark, is_up, breaks }
    }

    /// Listens forever. When the connection breaks, the cache is no longer trusted; before it is trusted
    /// again, the near cache is cleared.
    pub(super) async fn run(self) {
        let mut was_up = true;
        loop {
            let error = self.listen().await;
            self.watermark.end_trust();
            self.is_up.set(0);
            if was_up {
                self.breaks.inc();
                tracing::warn!(%error, "channel to the cache lost; asking the source until it is back");
            }
            was_up = matches!(error, ConnectionLost::AfterTrust(_));
            tokio::time::sleep(RECONNECT_DELAY).await;
        }
    }

    async fn listen(&self) -> ConnectionLost {
        let (mut connection, run) = match connect(&self.server, self.near.clone()).await {
            Ok(connected) => connected,
            Err(error) => return ConnectionLost::BeforeTrust(error),
        };
        self.is_up.set(1);
        tracing::debug!("channel to the cache established");
        let mut is_trusted = false;
        let mut last_check = Instant::now();
        loop {
            match self.read(&mut connection, &run, &mut last_check).await {
                Ok(WatermarkRead { watermark, is_current }) => {
                    // Changes before this connection may have been missed. Until now, the near cache was the
                    // best last known state; from now on, every change is announced.
                    if is_current && !is_trusted {
                        self.near.clear();
                        is_trusted = true;
                    }
                    self.watermark.update(watermark, &self.near);
                    // Every invalidation that Redis sent before this watermark has been announced by now.
                    if let Some(announcement) = self.watermark.announcement() {
                        self.near.announce_watermark(announcement);
                    }
                    let interval =
                        if is_current { WATERMARK_INTERVAL } else { WATERMARK_INTERVAL_WITHOUT_TRUST };
                    tokio::time::sleep(interval).await;
                }
                Err(error) if is_trusted => return ConnectionLost::AfterTrust(error),
                Err(error) => return ConnectionLost::BeforeTrust(error),
            }
        }
    }

    /// Reads the watermark. Fails if there has been no current one for a while and another server is the
    /// master: no one raises the watermark of a former master.
    async fn read(
        &self,
        connection: &mut MultiplexedConnection,
        run: &Arc<ServerRun>,
        last_check: &mut Instant,
    ) -> redis::RedisResult<WatermarkRead> {
        let watermark = read_watermark(connection, run).await?;
        let is_current = watermark.as_ref().is_some_and(|watermark| Instant::now() < watermark.trusted_until);
        if is_current {
            *last_check = Instant::now();
        } else if last_check.elapsed() > MASTER_CHECK_INTERVAL {
            if self.server.is_elsewhere(&run.client).await {
                return Err((ErrorKind::Io, "another server is the master").into());
            }
            *last_check = Instant::now();
        }
        Ok(WatermarkRead { watermark, is_current })
    }
}

/// Opens a connection that receives invalidations, and identifies the server run at its other end.
async fn connect(
    server: &RedisServer,
    near: Arc<NearCache>,
) -> redis::RedisResult<(MultiplexedConnection, Arc<ServerRun>)> {
    // The task that reads the socket calls this in the order of arrival. So once a response has been
    // received, all invalidations that Redis sent before it have been applied.
    let apply_push = move |push: PushInfo| {
        apply_invalidation(&near, &push);
        Ok::<(), redis::RedisError>(())
    };
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(REDIS_CONNECT_TIMEOUT))
        .set_response_timeout(Some(REDIS_READ_TIMEOUT))
        .set_push_sender(apply_push);
    let opened = server.open(&config, Some(ProtocolVersion::RESP3)).await?;
    let mut connection = opened.connection;
    let mut tracking = redis::cmd("CLIENT");
    tracking.arg("TRACKING").arg("ON").arg("BCAST").arg("PREFIX").arg(KEY_PREFIX);
    tracking.exec_async(&mut connection).await?;
    let id = read_run_id(&mut connection).await?;
    Ok((connection, Arc::new(ServerRun { id, client: opened.client })))
}

fn apply_invalidation(near: &NearCache, push: &PushInfo) {
    if push.kind != PushKind::Invalidate {
        return;
    }
    for data in &push.data {
        let Value::Array(keys) = data else {
            // Redis was flushed, or names no keys: any record may have changed.
            near.clear();
            continue;
        };
        for key in keys {
            let text = match key {
                Value::BulkString(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
                Value::SimpleString(text) => text,
                _ => "",
            };
            if let Some(user) = user_of_record_key(text) {
                near.invalidate(user);
            }
        }
    }
}
