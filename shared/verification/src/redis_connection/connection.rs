use std::{
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

use super::{
    server::RedisServer,
    timeouts::{REDIS_COMMAND_TIMEOUT, REDIS_CONNECT_TIMEOUT, timed_out},
};

/// How long to wait between the two attempts to connect.
const SECOND_ATTEMPT_DELAY: Duration = Duration::from_millis(100);

/// How long a call waits for a connection: two attempts. Finding the master may take longer.
const CONNECTION_WAIT: Duration = Duration::from_millis(600);

/// A connection that reconnects by itself. When it is lost, or its server is no longer the master, a new one
/// is opened in the background. Calls wait for it for a limited time, and fail if it cannot be opened.
#[derive(Clone)]
pub struct RedisConnection(Arc<Inner>);

struct Inner {
    server: RedisServer,
    current: Mutex<Current>,
}

#[derive(Default)]
struct Current {
    /// How many connections there were before this one.
    number: u64,
    opening: Option<Opening>,
}

type Opening = Shared<BoxFuture<'static, RedisResult<MultiplexedConnection>>>;

/// A connection that opens on first use.
pub fn connect(server: RedisServer) -> RedisConnection {
    RedisConnection(Arc::new(Inner { server, current: Mutex::default() }))
}

/// The current connection and its number.
struct Ready {
    number: u64,
    connection: MultiplexedConnection,
}

impl Inner {
    async fn ready(&self) -> RedisResult<Ready> {
        let (number, opening) = self.current();
        match tokio::time::timeout(CONNECTION_WAIT, opening).await.map_err(|_| timed_out())? {
            Ok(connection) => Ok(Ready { number, connection }),
            Err(error) => {
                self.replace(number);
                Err(error)
            }
        }
    }

    /// Handles a failed call over the connection with this number.
    fn call_failed(&self, number: u64, error: &RedisError) {
        if error.is_unrecoverable_error() || self.server.may_be_elsewhere(error) {
            self.replace(number);
        }
    }

    fn current(&self) -> (u64, Opening) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let opening = current.opening.get_or_insert_with(|| start_opening(self.server.clone())).clone();
        (current.number, opening)
    }

    /// Replaces the connection, unless an earlier failed call has already done so.
    fn replace(&self, number: u64) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.number == number {
            *current = Current { number: number + 1, opening: Some(start_opening(self.server.clone())) };
        }
    }
}

/// Opens a connection in the background, even if no call waits for it.
fn start_opening(server: RedisServer) -> Opening {
    let opening = open(server).boxed().shared();
    tokio::spawn(opening.clone().map(drop));
    opening
}

async fn open(server: RedisServer) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(REDIS_CONNECT_TIMEOUT))
        .set_response_timeout(Some(REDIS_COMMAND_TIMEOUT));
    if let Ok(opened) = server.open(&config, None).await {
        return Ok(opened.connection);
    }
    tokio::time::sleep(SECOND_ATTEMPT_DELAY).await;
    Ok(server.open(&config, None).await?.connection)
}

impl ConnectionLike for RedisConnection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(async move {
            let Ready { number, mut connection } = self.0.ready().await?;
            // An error reply from the server arrives as a value.
            let reply = connection.send_packed_command(cmd).await.and_then(Value::extract_error);
            if let Err(error) = &reply {
                self.0.call_failed(number, error);
            }
            reply
        })
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        cmd: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(async move {
            let Ready { number, mut connection } = self.0.ready().await?;
            let replies = connection.send_packed_commands(cmd, offset, count).await;
            let error_reply = |value: &Value| match value {
                Value::ServerError(error) => Some(error.clone().into()),
                _ => None,
            };
            let error = match &replies {
                Ok(replies) => replies.iter().find_map(error_reply),
                Err(error) => Some(error.clone()),
            };
            if let Some(error) = error {
                self.0.call_failed(number, &error);
            }
            replies
        })
    }

    fn get_db(&self) -> i64 {
        self.0.server.db()
    }
}
