//! A connection per verifying thread. The thread that needs a record sends the command and receives the
//! response itself: handing both to another thread costs more than the command (`docs/performance.md`, row
//! `verify-redis-hit`).

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use redis::{AsyncConnectionConfig, Client, aio::MultiplexedConnection};
use thread_local::ThreadLocal;

use super::watermark::{Watermark, read_run_id};
use crate::redis_connection::{REDIS_CONNECT_TIMEOUT, REDIS_READ_TIMEOUT};

/// How long a thread waits before it reconnects, after it could not connect or reached another server run.
const RECONNECT_DELAY: Duration = Duration::from_secs(1);

/// The connections of the threads.
#[derive(Default)]
pub(super) struct Readers {
    slots: ThreadLocal<Slot>,
}

type Slot = Arc<Mutex<ReaderState>>;

#[derive(Default)]
enum ReaderState {
    #[default]
    Closed,
    Opening,
    Open {
        connection: MultiplexedConnection,
        run_id: String,
        since: Instant,
    },
    Failed {
        at: Instant,
    },
}

impl Readers {
    /// A connection to the server run that the watermark was read from: the thread's own once it is open,
    /// until then the watermark's.
    pub(super) fn connection(&self, watermark: &Watermark) -> MultiplexedConnection {
        let slot = self.slots.get_or_default();
        let mut state = lock(slot);
        match &*state {
            ReaderState::Open { connection, run_id, .. } if *run_id == watermark.run.id => {
                return connection.clone();
            }
            ReaderState::Failed { at: since } | ReaderState::Open { since, .. }
                if since.elapsed() < RECONNECT_DELAY => {}
            ReaderState::Opening => {}
            ReaderState::Closed | ReaderState::Open { .. } | ReaderState::Failed { .. } => {
                *state = ReaderState::Opening;
                tokio::spawn(open(watermark.run.client.clone(), slot.clone()));
            }
        }
        watermark.connection.clone()
    }

    /// Drops the thread's connection, because it is lost.
    pub(super) fn drop_connection(&self) {
        if let Some(slot) = self.slots.get()
            && let state @ ReaderState::Open { .. } = &mut *lock(slot)
        {
            *state = ReaderState::Closed;
        }
    }
}

fn lock(slot: &Slot) -> MutexGuard<'_, ReaderState> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn open(client: Client, slot: Slot) {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(REDIS_CONNECT_TIMEOUT))
        .set_response_timeout(Some(REDIS_READ_TIMEOUT));
    let opened = async {
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let run_id = read_run_id(&mut connection).await?;
        Ok::<_, redis::RedisError>((connection, run_id))
    };
    *lock(&slot) = match opened.await {
        Ok((connection, run_id)) => ReaderState::Open { connection, run_id, since: Instant::now() },
        Err(_) => ReaderState::Failed { at: Instant::now() },
    };
}
