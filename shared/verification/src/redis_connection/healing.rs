//! A connection that is made anew by itself.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use redis::{
    AsyncConnectionConfig, Cmd, Pipeline, RedisError, RedisFuture, RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
};

use super::{CONNECT_TIMEOUT, server::RedisServer};

/// What is not answered by then is quicker to be had from the database.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(250);

/// How long after a first attempt to connect a second one is made.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a call waits for a connection: two attempts. To find out where the server is may take longer.
const WAIT: Duration = Duration::from_millis(600);

/// A connection that heals by itself. Whenever it is dead, or its server is not the one to ask any more,
/// another one is made in the background; calls wait for that for a bounded time, and fail with it.
#[derive(Clone)]
pub struct Connection(Arc<Held>);

struct Held {
    server: RedisServer,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    /// How many there were before it.
    number: u64,
    opening: Option<Opening>,
}

type Opening = Shared<BoxFuture<'static, RedisResult<MultiplexedConnection>>>;

impl Connection {
    pub(super) fn new(server: RedisServer) -> Self {
        Self(Arc::new(Held { server, current: Mutex::default() }))
    }
}

impl Held {
    async fn ready(&self) -> RedisResult<(u64, MultiplexedConnection)> {
        let (number, opening) = self.current();
        let late = |_| RedisError::from(io::Error::from(io::ErrorKind::TimedOut));
        match tokio::time::timeout(WAIT, opening).await.map_err(late)? {
            Ok(connection) => Ok((number, connection)),
            Err(error) => {
                self.replace(number);
                Err(error)
            }
        }
    }

    /// A call over the connection of that number failed.
    fn failed(&self, number: u64, error: &RedisError) {
        if error.is_unrecoverable_error() || self.server.may_be_elsewhere(error) {
            self.replace(number);
        }
    }

    fn current(&self) -> (u64, Opening) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let opening = current.opening.get_or_insert_with(|| start(self.server.clone()));
        let opening = opening.clone();
        (current.number, opening)
    }

    /// Of many calls that fail over one connection, the first has it replaced.
    fn replace(&self, number: u64) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.number == number {
            *current = Current { number: number + 1, opening: Some(start(self.server.clone())) };
        }
    }
}

/// Goes on whether or not somebody waits for it.
fn start(server: RedisServer) -> Opening {
    let opening = open(server).boxed().shared();
    tokio::spawn(opening.clone().map(drop));
    opening
}

async fn open(server: RedisServer) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(ANSWER_TIMEOUT));
    if let Ok((connection, _)) = server.open(&config, None).await {
        return Ok(connection);
    }
    tokio::time::sleep(PAUSE).await;
    Ok(server.open(&config, None).await?.0)
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let (number, mut connection) = self.0.ready().await?;
            // What the server refuses comes as a value.
            let answer = connection.send_packed_command(cmd).await.and_then(Value::extract_error);
            if let Err(error) = &answer {
                self.0.failed(number, error);
            }
            answer
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        cmd: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let (number, mut connection) = self.0.ready().await?;
            let answers = connection.send_packed_commands(cmd, offset, count).await;
            let refusal = |value: &Value| match value {
                Value::ServerError(error) => Some(error.clone().into()),
                _ => None,
            };
            let error = match &answers {
                Ok(answers) => answers.iter().find_map(refusal),
                Err(error) => Some(error.clone()),
            };
            if let Some(error) = error {
                self.0.failed(number, &error);
            }
            answers
        })
    }

    fn get_db(&self) -> i64 {
        self.0.server.db()
    }
}
