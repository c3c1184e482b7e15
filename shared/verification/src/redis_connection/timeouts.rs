//! Time limits of Redis calls. They are shorter than the settings `CONNECT_TIMEOUT` and `ANSWER_TIMEOUT`,
//! because the database is faster than a slow Redis.

use std::{io, time::Duration};

use redis::RedisError;

/// How long to wait until Redis accepts a connection, and until a Sentinel or a cluster node has named the
/// master.
pub(crate) const REDIS_CONNECT_TIMEOUT: Duration = Duration::from_millis(250);

/// How long to wait for the response to a command over a connection that reconnects by itself.
pub(super) const REDIS_COMMAND_TIMEOUT: Duration = Duration::from_millis(250);

/// How long a verifier waits when it reads a record or the watermark.
pub(crate) const REDIS_READ_TIMEOUT: Duration = Duration::from_millis(300);

/// A call took too long.
pub(super) fn timed_out() -> RedisError {
    io::Error::from(io::ErrorKind::TimedOut).into()
}
