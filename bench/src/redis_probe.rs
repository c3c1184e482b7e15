//! Queries to Redis itself, which prove where responses came from.

use std::{
    thread,
    time::{Duration, Instant},
};

use redis::{Client, Commands, Connection};

use crate::error::{MeasurementError, Result};

/// Key of the watermark. Its value starts with the epoch.
const WATERMARK_KEY: &str = "{drawbridge}:watermark";

/// How long auth-service may take to start a new epoch in an empty Redis.
const EPOCH_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause between checks for a new epoch.
const EPOCH_POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Time in which the verifiers switch to the new epoch and stop using what they cached before it.
const EPOCH_SETTLE_TIME: Duration = Duration::from_millis(500);

/// A connection to the Redis of a deployment.
pub(crate) struct RedisProbe(Connection);

impl RedisProbe {
    pub(crate) fn connect(url: &str) -> Result<Self> {
        Ok(Self(Client::open(url)?.get_connection()?))
    }

    /// Returns how often a command was called since the server started.
    pub(crate) fn calls(&mut self, command: &str) -> Result<u64> {
        let stats: String = redis::cmd("INFO").arg("commandstats").query(&mut self.0)?;
        let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
        let calls = line.and_then(|line| line.split_once(',')?.0.parse().ok());
        Ok(calls.unwrap_or(0))
    }

    /// Returns the start of every record's key: everything before the user's ID.
    pub(crate) fn record_key_prefix(&mut self) -> Result<String> {
        let watermark: String = self.0.get(WATERMARK_KEY)?;
        let epoch = watermark.split(' ').next().unwrap_or_default();
        Ok(format!("{{drawbridge}}:{epoch}:user:"))
    }

    /// Deletes all keys, and waits until auth-service has started a new epoch and the verifiers follow it.
    pub(crate) fn flush(&mut self) -> Result<()> {
        redis::cmd("FLUSHALL").exec(&mut self.0)?;
        let started = Instant::now();
        while !self.0.exists::<_, bool>(WATERMARK_KEY)? {
            if started.elapsed() > EPOCH_TIMEOUT {
                return Err(MeasurementError::not_measured("auth-service did not start a new epoch"));
            }
            thread::sleep(EPOCH_POLL_INTERVAL);
        }
        thread::sleep(EPOCH_SETTLE_TIME);
        Ok(())
    }
}
