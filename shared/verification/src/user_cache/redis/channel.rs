//! The connection by which Redis tells of changes, and the watermark that it carries.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use redis::{
    AsyncConnectionConfig, ErrorKind, ProtocolVersion, PushInfo, PushKind, Value, aio::MultiplexedConnection,
};

use super::{
    super::near::Near,
    ANSWER_TIMEOUT, CONNECT_TIMEOUT, PREFIX, user_of,
    watermark::{Run, Watched, Watermark, read_watermark, run_id},
};
use crate::redis_connection::RedisServer;
use drawbridge_core::metrics::Metrics;

/// How often the watermark is read. It proves, too, that the connection still carries.
const READ_INTERVAL: Duration = Duration::from_millis(200);

/// The same while there is none that can be believed: the sooner it is there, the fewer have to ask the
/// source.
const UNTRUSTED_INTERVAL: Duration = Duration::from_millis(25);

/// How often it is asked, while there is none that can be believed, whether another server is the master.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// How long a broken connection is left alone.
const PAUSE: Duration = Duration::from_millis(100);

/// The connection that carries the changes, and what it keeps up to date.
pub(super) struct Channel {
    server: RedisServer,
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
    pub(super) fn new(server: RedisServer, near: Arc<Near>, watched: Watched, metrics: &Metrics) -> Self {
        let up = metrics.channel_up.get_or_create_owned(&[]);
        let breaks = metrics.channel_breaks.get_or_create_owned(&[]);
        Self { server, near, watched, up, breaks }
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
        let (mut connection, run) = match connect(&self.server, self.near.clone()).await {
            Ok(connected) => connected,
            Err(error) => return Broken::BeforeTrust(error),
        };
        self.up.set(1);
        tracing::debug!("the channel to the cache stands");
        let (mut trusted, mut looked) = (false, Instant::now());
        loop {
            match self.read(&mut connection, &run, &mut looked).await {
                Ok((read, is_young)) => {
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

    /// The watermark, if there is one, and whether it is young. Without a young one for a while this may
    /// be a master of before, which nobody raises a watermark on any more: an error, if so.
    async fn read(
        &self,
        connection: &mut MultiplexedConnection,
        run: &Arc<Run>,
        looked: &mut Instant,
    ) -> redis::RedisResult<(Option<Watermark>, bool)> {
        let read = read_watermark(connection, run).await?;
        let is_young = read.as_ref().is_some_and(|read| Instant::now() < read.until);
        if is_young {
            *looked = Instant::now();
        } else if looked.elapsed() > LOOK_INTERVAL {
            if self.server.is_elsewhere(&run.client).await {
                return Err((ErrorKind::Io, "another server is the master").into());
            }
            *looked = Instant::now();
        }
        Ok((read, is_young))
    }
}

/// A connection that changes are told over, and the run of the server that it leads to.
async fn connect(
    server: &RedisServer,
    near: Arc<Near>,
) -> redis::RedisResult<(MultiplexedConnection, Arc<Run>)> {
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
    let (mut connection, client) = server.open(&config, Some(ProtocolVersion::RESP3)).await?;
    let mut tracking = redis::cmd("CLIENT");
    tracking.arg("TRACKING").arg("ON").arg("BCAST").arg("PREFIX").arg(PREFIX);
    tracking.exec_async(&mut connection).await?;
    let id = run_id(&mut connection).await?;
    Ok((connection, Arc::new(Run { id, client })))
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
