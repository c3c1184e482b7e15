//! The watermark as a verifier reads it, and the server run that wrote it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use redis::{Client, aio::MultiplexedConnection};

use super::keys::WATERMARK_KEY;
use crate::{
    token::KeysDigest,
    user_cache::{AnnouncedKeys, Epoch, Trust, WATERMARK_MAX_AGE},
};

/// One run of one Redis server, from start to exit.
pub(super) struct ServerRun {
    /// The `run_id`, which no other run has.
    pub(super) id: String,
    /// Connects to this server, whether or not it is still the master.
    pub(super) client: Client,
}

/// Reads the `run_id` of the server at the other end of a connection.
pub(super) async fn read_run_id(connection: &mut MultiplexedConnection) -> redis::RedisResult<String> {
    let info: String = redis::cmd("INFO").arg("server").query_async(connection).await?;
    let run_id = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap_or_default();
    Ok(run_id.trim().to_owned())
}

/// A watermark that was read from Redis.
#[derive(Clone)]
pub(super) struct Watermark {
    pub(super) trust: Trust,
    /// Everything committed before this time has been delivered.
    pub(super) delivered_until: Instant,
    /// The cache is trusted until this time.
    pub(super) trusted_until: Instant,
    /// The connection over which it was read.
    pub(super) connection: MultiplexedConnection,
    /// The server that it was read from. Records are read from no other server, because this watermark says
    /// nothing about what others have.
    pub(super) run: Arc<ServerRun>,
    pub(super) position: WatermarkPosition,
}

/// The position of a watermark in the order in which one server run writes them. A delivery is written before
/// the watermark that covers it, so a server that has a watermark has all deliveries covered by lower ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WatermarkPosition {
    epoch: u64,
    /// The time before which everything was delivered, by the server's clock.
    delivered_until: Duration,
}

/// What the text of a watermark says.
pub(super) struct ParsedWatermark {
    pub(super) position: WatermarkPosition,
    pub(super) keys: KeysDigest,
}

impl ParsedWatermark {
    /// Parses a watermark that `run` has written. Returns `None` for one that another run has written and
    /// this one has a copy of: its age cannot be computed with this server's clock.
    pub(super) fn parse(text: &str, run: &ServerRun) -> Option<ParsedWatermark> {
        let mut parts = text.split(' ');
        let epoch = parts.next()?.parse().ok()?;
        let delivered_until = Duration::from_micros(parts.next()?.parse().ok()?);
        let writer = parts.next()?;
        let keys = parts.next()?;
        (writer == run.id).then(|| Self {
            position: WatermarkPosition { epoch, delivered_until },
            keys: KeysDigest::from_text(keys),
        })
    }
}

/// Reads the watermark, if there is one. Its age is computed with Redis's own clock, and the whole round trip
/// counts against it.
pub(super) async fn read_watermark(
    connection: &mut MultiplexedConnection,
    run: &Arc<ServerRun>,
) -> redis::RedisResult<Option<Watermark>> {
    let asked_at = Instant::now();
    let ((seconds, microseconds), text): ((u64, u64), Option<String>) =
        redis::pipe().cmd("TIME").cmd("GET").arg(WATERMARK_KEY).query_async(connection).await?;
    let server_time = Duration::from_secs(seconds) + Duration::from_micros(microseconds);
    let Some(parsed) = text.as_deref().and_then(|text| ParsedWatermark::parse(text, run)) else {
        return Ok(None);
    };
    // A watermark from the future was written before the server's clock was set back. The relay replaces it.
    let age = server_time.checked_sub(parsed.position.delivered_until);
    let delivered_until = age.and_then(|age| asked_at.checked_sub(age));
    Ok(delivered_until.map(|delivered_until| Watermark {
        trust: Trust { epoch: Epoch(parsed.position.epoch), keys: AnnouncedKeys::succeed(None, parsed.keys) },
        delivered_until,
        trusted_until: delivered_until + WATERMARK_MAX_AGE,
        connection: connection.clone(),
        run: run.clone(),
        position: parsed.position,
    }))
}
