use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use drawbridge_core::{id::UserId, metrics::Metrics};
use futures_util::future::BoxFuture;
use redis::{AsyncCommands, Script};

use super::{keys::WATERMARK_KEY, records::Records};
use crate::{
    redis_connection::RedisServer,
    token::KeysDigest,
    user_cache::{CacheUnavailable, Delivery, Epoch},
    user_record::UserState,
};

/// auth-service's side of the cache in Redis.
pub struct RedisDelivery {
    records: Records,
    server_time: Script,
    raise_watermark: Script,
    last_written: Mutex<WrittenWatermark>,
}

/// The watermark as this process last wrote it.
#[derive(Clone, Copy)]
struct WrittenWatermark {
    epoch: Epoch,
    /// Microseconds by the server's clock.
    time: u64,
}

/// The value before an epoch is known. Epochs in Redis have higher numbers.
const NO_EPOCH: Epoch = Epoch(0);

impl RedisDelivery {
    /// Opens the cache. It connects on first use.
    pub fn open(server: RedisServer, metrics: &Metrics) -> Self {
        Self {
            records: Records::new(server, metrics),
            server_time: Script::new(include_str!("server_time.lua")),
            raise_watermark: Script::new(include_str!("raise_watermark.lua")),
            last_written: Mutex::new(WrittenWatermark { epoch: NO_EPOCH, time: 0 }),
        }
    }

    fn last_written(&self) -> WrittenWatermark {
        *self.last_written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the epoch that the watermark names now, if there is one.
    async fn read_epoch(&self) -> Result<Option<Epoch>, CacheUnavailable> {
        let mut connection = self.records.connection();
        let watermark: Option<String> = self.records.call(connection.get(WATERMARK_KEY)).await?;
        Ok(watermark.and_then(|text| text.split_once(' ')?.0.parse().ok()).map(Epoch))
    }
}

impl Delivery for RedisDelivery {
    fn epoch(&self) -> Option<Epoch> {
        Some(self.last_written().epoch).filter(|epoch| *epoch != NO_EPOCH)
    }

    /// Writes the record to the epoch that was current before it was read. All verifiers are sure to see it
    /// only if the watermark still names that epoch afterwards. A later epoch starts empty and is filled with
    /// what the database says then.
    fn deliver(
        &self,
        epoch: Epoch,
        user: UserId,
        state: UserState,
    ) -> BoxFuture<'_, Result<bool, CacheUnavailable>> {
        Box::pin(async move {
            self.records.put(epoch, user, &state).await?;
            Ok(self.read_epoch().await? == Some(epoch))
        })
    }

    fn raise_watermark(
        &self,
        age: Duration,
        keys: KeysDigest,
    ) -> BoxFuture<'_, Result<(), CacheUnavailable>> {
        Box::pin(async move {
            let last_written = self.last_written();
            let asked_at = Instant::now();
            let mut connection = self.records.connection();
            let (run_id, server_time): (String, u64) = self.server_time.invoke_async(&mut connection).await?;
            // Sent as a time by the server's clock, not as an age: a command to a frozen server is executed
            // when the server continues, and must not cover what was committed in between.
            let delivered_until = Duration::from_micros(server_time).saturating_sub(age + asked_at.elapsed());
            let (epoch, time): (u64, u64) = self
                .raise_watermark
                .key(WATERMARK_KEY)
                .arg(u64::try_from(delivered_until.as_micros()).unwrap_or(0))
                .arg(last_written.epoch.0)
                .arg(last_written.time)
                .arg(keys.as_str())
                .arg(run_id)
                .invoke_async(&mut connection)
                .await?;
            if epoch != last_written.epoch.0 {
                tracing::info!(epoch, "new epoch: the cache was empty or may have lost data");
            }
            *self.last_written.lock().unwrap_or_else(PoisonError::into_inner) =
                WrittenWatermark { epoch: Epoch(epoch), time };
            Ok(())
        })
    }

    fn is_up(&self) -> BoxFuture<'_, bool> {
        Box::pin(self.records.is_up())
    }
}
