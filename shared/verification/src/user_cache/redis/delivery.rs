use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use redis::{AsyncCommands, Script};

use super::{
    super::{CacheUnavailable, Delivery, Epoch, Pending},
    Records,
    watermark::WATERMARK,
};
use crate::{redis_connection::RedisServer, token::KeysDigest, user_record::UserState};
use drawbridge_core::{id::UserId, metrics::Metrics};

/// auth-service's side of the cache in Redis.
pub struct RedisDelivery {
    records: Records,
    server_time: Script,
    raise_watermark: Script,
    /// The watermark as this process wrote it last: its epoch and its time on the server's clock.
    last: Mutex<(Epoch, u64)>,
}

impl RedisDelivery {
    /// Opens the cache; it is reached on first use.
    pub fn open(server: RedisServer, metrics: &Metrics) -> Self {
        Self {
            records: Records::new(server, metrics),
            server_time: Script::new(include_str!("server_time.lua")),
            raise_watermark: Script::new(include_str!("raise_watermark.lua")),
            last: Mutex::new((Epoch(0), 0)),
        }
    }

    fn last(&self) -> (Epoch, u64) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The epoch that the watermark names now, if there is one.
    async fn epoch_now(&self) -> Result<Option<Epoch>, CacheUnavailable> {
        let mut connection = self.records.connection.clone();
        let watermark: Option<String> = self.records.call(connection.get(WATERMARK)).await?;
        Ok(watermark.and_then(|text| text.split_once(' ')?.0.parse().ok()).map(Epoch))
    }
}

impl Delivery for RedisDelivery {
    fn epoch(&self) -> Option<Epoch> {
        Some(self.last().0).filter(|epoch| *epoch != Epoch(0))
    }

    /// The record goes to the epoch that there was before it was read; only if the watermark still
    /// names that one afterwards is everybody sure to read there. An epoch that begins later begins
    /// empty, and is filled with what the database says then.
    fn deliver(
        &self,
        epoch: Epoch,
        user: UserId,
        state: UserState,
    ) -> Pending<'_, Result<bool, CacheUnavailable>> {
        Box::pin(async move {
            self.records.put(epoch, user, &state).await?;
            Ok(self.epoch_now().await? == Some(epoch))
        })
    }

    fn raise_watermark(&self, ago: Duration, keys: KeysDigest) -> Pending<'_, Result<(), CacheUnavailable>> {
        Box::pin(async move {
            let (last_epoch, last_time) = self.last();
            let asked = Instant::now();
            let mut connection = self.records.connection.clone();
            let (run_id, now): (String, u64) = self.server_time.invoke_async(&mut connection).await?;
            let now = Duration::from_micros(now);
            // Said in the server's time, and not as an age: what is sent to a frozen server arrives when
            // it goes on, and must not claim then what came to be in between.
            let delivered = now.saturating_sub(ago + asked.elapsed());
            let (epoch, time): (u64, u64) = self
                .raise_watermark
                .key(WATERMARK)
                .arg(u64::try_from(delivered.as_micros()).unwrap_or(0))
                .arg(last_epoch.0)
                .arg(last_time)
                .arg(keys.as_str())
                .arg(run_id)
                .invoke_async(&mut connection)
                .await?;
            if epoch != last_epoch.0 {
                tracing::info!(epoch, "another epoch: the cache was empty or may have lost data");
            }
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = (Epoch(epoch), time);
            Ok(())
        })
    }

    fn is_up(&self) -> Pending<'_, bool> {
        Box::pin(self.records.is_up())
    }
}
