//! The connection by which Redis tells of changes, and the watermark that it carries.

use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use redis::{
    AsyncConnectionConfig, Client, ProtocolVersion, PushInfo, PushKind, Value, aio::MultiplexedConnection,
};

use super::{
    super::{Epoch, ToldKeys, Trust, WATERMARK_MAX_AGE, near::Near},
    ANSWER_TIMEOUT, CONNECT_TIMEOUT, PREFIX, WATERMARK, Watched, Watermark, run_id, user_of,
};
use crate::{metrics::Metrics, token::KeysDigest};

/// How often the watermark is read. It proves, too, that the connection still carries.
const READ_INTERVAL: Duration = Duration::from_millis(200);

/// The same while there is none that can be believed: the sooner it is there, the fewer have to ask the
/// source.
const UNTRUSTED_INTERVAL: Duration = Duration::from_millis(25);

/// How long a broken connection is left alone.
const PAUSE: Duration = Duration::from_millis(100);

/// The connection that carries the changes, and what it keeps up to date.
pub(super) struct Channel {
    client: Client,
    near: Arc<Near>,
    watched: Watched,
    up: Gauge,
    breaks: Counter,
}

/// How the connection ended.
#[derive(Debug, thiserror::Error)]
enum Broken {
    #[error("{0}")]
    BeforeTrust(redis::RedisError),
    #[error("{0}")]
    AfterTrust(redis::RedisError),
}

impl Channel {
    pub(super) fn new(client: Client, near: Arc<Near>, watched: Watched, metrics: &Metrics) -> Self {
        let up = metrics.channel_up.get_or_create_owned(&[]);
        let breaks = metrics.channel_breaks.get_or_create_owned(&[]);
        Self { client, near, watched, up, breaks }
    }

    /// Listens for good. Whenever the connection breaks the cache is not believed any more, and before
    /// it is believed again everything that was kept is dropped.
    pub(super) async fn run(self) {
        let mut was_up = true;
        loop {
            let error = self.listen().await;
            self.watched.withdraw();
            self.up.set(0);
            if was_up {
                self.breaks.inc();
                tracing::warn!(%error, "the channel to the cache is broken: the source is asked until it stands again");
            }
            was_up = matches!(error, Broken::AfterTrust(_));
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn listen(&self) -> Broken {
        let (mut connection, run_id) = match connect(&self.client, self.near.clone()).await {
            Ok(connected) => connected,
            Err(error) => return Broken::BeforeTrust(error),
        };
        self.up.set(1);
        tracing::debug!("the channel to the cache stands");
        let mut trusted = false;
        loop {
            match read_watermark(&mut connection, &run_id).await {
                Ok(read) => {
                    let is_young = read.as_ref().is_some_and(|read| Instant::now() < read.until);
                    // Every change is told since the connection stands; of what was kept before nobody
                    // knows what was missed. While there is nothing better, it is what was last known.
                    if is_young && !trusted {
                        self.near.clear();
                        trusted = true;
                    }
                    self.watched.set(read, &self.near);
                    tokio::time::sleep(if is_young { READ_INTERVAL } else { UNTRUSTED_INTERVAL }).await;
                }
                Err(error) if trusted => return Broken::AfterTrust(error),
                Err(error) => return Broken::BeforeTrust(error),
            }
        }
    }
}

/// A connection that changes are told over, and the run of the server that it leads to.
async fn connect(client: &Client, near: Arc<Near>) -> redis::RedisResult<(MultiplexedConnection, Arc<str>)> {
    // Called by the task that reads the socket, in the order of what is read: whoever has the answer
    // to a question has every change that Redis told of before it.
    let apply = move |push: PushInfo| {
        apply(&near, &push);
        Ok::<(), redis::RedisError>(())
    };
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(ANSWER_TIMEOUT))
        .set_push_sender(apply);
    let info = client.get_connection_info().clone();
    let settings = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    let client = Client::open(info.set_redis_settings(settings))?;
    let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
    let mut tracking = redis::cmd("CLIENT");
    tracking.arg("TRACKING").arg("ON").arg("BCAST").arg("PREFIX").arg(PREFIX);
    tracking.exec_async(&mut connection).await?;
    let run_id = run_id(&mut connection).await?;
    Ok((connection, run_id.into()))
}

fn apply(near: &Near, push: &PushInfo) {
    if push.kind != PushKind::Invalidate {
        return;
    }
    for data in &push.data {
        let Value::Array(keys) = data else {
            // Redis was flushed, or names no keys: all may have changed.
            near.clear();
            continue;
        };
        for key in keys {
            let text = match key {
                Value::BulkString(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
                Value::SimpleString(text) => text,
                _ => "",
            };
            if let Some(user) = user_of(text) {
                near.changed(user);
            }
        }
    }
}

/// The watermark, if there is one. Its age is what Redis's own clock says, and the whole of the
/// question's way counts against it.
async fn read_watermark(
    connection: &mut MultiplexedConnection,
    run_id: &Arc<str>,
) -> redis::RedisResult<Option<Watermark>> {
    let asked = Instant::now();
    let ((seconds, microseconds), watermark): ((u64, u64), Option<String>) =
        redis::pipe().cmd("TIME").cmd("GET").arg(WATERMARK).query_async(connection).await?;
    let now = Duration::from_secs(seconds) + Duration::from_micros(microseconds);
    let parse = |text: &str| -> Option<(Epoch, Duration, KeysDigest)> {
        let mut parts = text.split(' ');
        let epoch = Epoch(parts.next()?.parse().ok()?);
        let delivered = Duration::from_micros(parts.next()?.parse().ok()?);
        let (writer, keys) = (parts.next()?, parts.next()?);
        // By the clock of another server, which this one is a copy of, its age cannot be told.
        if writer != &**run_id {
            return None;
        }
        Some((epoch, delivered, KeysDigest::read(keys)))
    };
    let Some((epoch, delivered, keys)) = watermark.as_deref().and_then(parse) else { return Ok(None) };
    // One from the future was written by a server with another clock: the next one will do.
    let delivered = now.checked_sub(delivered).and_then(|age| asked.checked_sub(age));
    Ok(delivered.map(|delivered| Watermark {
        trust: Trust { epoch, keys: ToldKeys::after(None, keys) },
        connection: connection.clone(),
        run_id: run_id.clone(),
        delivered,
        until: delivered + WATERMARK_MAX_AGE,
    }))
}

impl Watched {
    /// What is read replaces what was known; if it is nothing, the last trust ends now.
    fn set(&self, read: Option<Watermark>, near: &Near) {
        let Some(mut read) = read else { return self.withdraw() };
        let keys = read.trust.keys.digest.clone();
        read.trust.keys = ToldKeys::after(self.look(|before| before.trust.keys.clone()).as_ref(), keys);
        let epoch = read.trust.epoch;
        let is_new_epoch = self.look(|before| before.trust.epoch != epoch).unwrap_or(true);
        // An epoch that nothing was delivered to yet takes nothing away from what is known.
        if is_new_epoch && read.until <= Instant::now() {
            return self.withdraw();
        }
        if is_new_epoch {
            near.clear();
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(read);
        // After the new epoch stands: what is fetched from the old one from here on is not kept.
        if is_new_epoch {
            near.clear();
        }
    }

    fn withdraw(&self) {
        if let Some(watermark) = &mut *self.0.write().unwrap_or_else(PoisonError::into_inner) {
            watermark.until = watermark.until.min(Instant::now());
        }
    }
}
