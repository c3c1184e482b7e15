//! What Redis itself says: how often it was asked, which is the proof of where an answer came from.

use std::time::{Duration, Instant};

use redis::{Client, Commands, Connection};

use crate::failure::{Failure, Result};

/// The key of the watermark, which begins with the epoch.
const WATERMARK: &str = "{drawbridge}:watermark";

/// A connection to the deployment's Redis.
pub(crate) struct RedisCalls(Connection);

impl RedisCalls {
    pub(crate) fn open(url: &str) -> Result<Self> {
        Ok(Self(Client::open(url)?.get_connection()?))
    }

    /// How often a command was called since the server's start.
    pub(crate) fn count(&mut self, command: &str) -> Result<u64> {
        let text: String = redis::cmd("INFO").arg("commandstats").query(&mut self.0)?;
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
        let calls = line.and_then(|line| line.split_once(',')?.0.parse().ok());
        Ok(calls.unwrap_or(0))
    }

    /// The key of a user's record, without the user's id.
    pub(crate) fn record_prefix(&mut self) -> Result<String> {
        let watermark: String = self.0.get(WATERMARK)?;
        let epoch = watermark.split(' ').next().unwrap_or_default();
        Ok(format!("{{drawbridge}}:{epoch}:user:"))
    }

    /// Empties Redis, and waits until everybody has come to terms with it: auth-service begins a new
    /// epoch, the verifiers follow, and what they kept for the time between has run out.
    pub(crate) fn empty(&mut self) -> Result<()> {
        redis::cmd("FLUSHALL").exec(&mut self.0)?;
        let started = Instant::now();
        while !self.0.exists::<_, bool>(WATERMARK)? {
            if started.elapsed() > Duration::from_secs(10) {
                return Err(Failure::not_measured("auth-service begins no new epoch"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        std::thread::sleep(Duration::from_millis(500));
        Ok(())
    }
}
