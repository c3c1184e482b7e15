//! A connection for each thread that verifies, so that a question to Redis is asked and answered on the
//! thread that has it: handing it to another and back costs more than the question
//! (`docs/performance.md`, row `verify-redis-hit`).

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use redis::{AsyncConnectionConfig, Client, aio::MultiplexedConnection};
use thread_local::ThreadLocal;

use super::{
    ANSWER_TIMEOUT, CONNECT_TIMEOUT,
    watermark::{Watermark, run_id},
};

/// How long a thread waits before it connects anew, after it could not or came to another server.
const PAUSE: Duration = Duration::from_secs(1);

/// The threads' connections.
#[derive(Default)]
pub(super) struct Readers {
    slots: ThreadLocal<Slot>,
}

type Slot = Arc<Mutex<State>>;

#[derive(Default)]
enum State {
    #[default]
    Never,
    Opening,
    /// It leads to the run of the server that is named, since then.
    Open(MultiplexedConnection, String, Instant),
    Failed(Instant),
}

impl Readers {
    /// A connection to the very server that the watermark came from. It is this thread's own once that is
    /// open, and the watermark's until then.
    pub(super) fn connection(&self, watermark: &Watermark) -> MultiplexedConnection {
        let slot = self.slots.get_or_default();
        let mut state = lock(slot);
        match &*state {
            State::Open(connection, run_id, _) if *run_id == watermark.run.id => return connection.clone(),
            State::Failed(at) | State::Open(_, _, at) if at.elapsed() < PAUSE => {}
            State::Opening => {}
            State::Never | State::Open(..) | State::Failed(_) => {
                *state = State::Opening;
                tokio::spawn(open(watermark.run.client.clone(), slot.clone()));
            }
        }
        watermark.connection.clone()
    }

    /// Gives this thread's connection up: it does not carry any more.
    pub(super) fn give_up(&self) {
        if let Some(slot) = self.slots.get()
            && let state @ State::Open(..) = &mut *lock(slot)
        {
            *state = State::Never;
        }
    }
}

fn lock(slot: &Slot) -> std::sync::MutexGuard<'_, State> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn open(client: Client, slot: Slot) {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(ANSWER_TIMEOUT));
    let opened = async {
        let mut connection = client.get_multiplexed_async_connection_with_config(&config).await?;
        let run_id = run_id(&mut connection).await?;
        Ok::<_, redis::RedisError>((connection, run_id))
    };
    *lock(&slot) = match opened.await {
        Ok((connection, run_id)) => State::Open(connection, run_id, Instant::now()),
        Err(_) => State::Failed(Instant::now()),
    };
}
