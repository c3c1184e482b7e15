//! The watermark as a verifier sees it, and the server that it is from.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use redis::{Client, aio::MultiplexedConnection};

use super::super::{Epoch, ToldKeys, Trust, WATERMARK_MAX_AGE, near::Near};
use crate::token::KeysDigest;

/// The key of the watermark.
pub(super) const WATERMARK: &str = "{drawbridge}:watermark";

/// One run of one server.
pub(super) struct Run {
    pub(super) id: String,
    /// Leads to this server, whichever is the master.
    pub(super) client: Client,
}

/// The run of the server that a connection leads to, which no other run shares.
pub(super) async fn run_id(connection: &mut MultiplexedConnection) -> redis::RedisResult<String> {
    let info: String = redis::cmd("INFO").arg("server").query_async(connection).await?;
    let run_id = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap_or_default();
    Ok(run_id.trim().to_owned())
}

/// The newest watermark.
#[derive(Clone)]
pub(super) struct Watermark {
    pub(super) trust: Trust,
    /// Everything from before then has been delivered.
    pub(super) delivered: Instant,
    /// Until then it is believed.
    pub(super) until: Instant,
    /// What brought it.
    pub(super) connection: MultiplexedConnection,
    /// The server that it is from. Records are read from no other: of what that one holds this watermark
    /// says nothing.
    pub(super) run: Arc<Run>,
    /// Its place among those that the same run has.
    pub(super) place: Place,
}

/// An epoch and a time by the server's clock. Whatever is told comes before the watermark that says so: who
/// holds one holds all that was told before any that was lower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place(u64, Duration);

impl Place {
    /// Where a watermark stands that this run has written, and which keys it tells of; `None` if another
    /// one has, which this one is a copy of: by its clock, its age cannot be told.
    pub(super) fn read(text: &str, run: &Run) -> Option<(Self, KeysDigest)> {
        let mut parts = text.split(' ');
        let epoch = parts.next()?.parse().ok()?;
        let delivered = Duration::from_micros(parts.next()?.parse().ok()?);
        let (writer, keys) = (parts.next()?, parts.next()?);
        (writer == run.id).then(|| (Self(epoch, delivered), KeysDigest::read(keys)))
    }
}

/// The watermark, if there is one. Its age is what Redis's own clock says, and the whole of the
/// question's way counts against it.
pub(super) async fn read_watermark(
    connection: &mut MultiplexedConnection,
    run: &Arc<Run>,
) -> redis::RedisResult<Option<Watermark>> {
    let asked = Instant::now();
    let ((seconds, microseconds), watermark): ((u64, u64), Option<String>) =
        redis::pipe().cmd("TIME").cmd("GET").arg(WATERMARK).query_async(connection).await?;
    let now = Duration::from_secs(seconds) + Duration::from_micros(microseconds);
    let Some((place, keys)) = watermark.as_deref().and_then(|text| Place::read(text, run)) else {
        return Ok(None);
    };
    let Place(epoch, delivered) = place;
    // One from the future was written by a server with another clock: the next one will do.
    let delivered = now.checked_sub(delivered).and_then(|age| asked.checked_sub(age));
    Ok(delivered.map(|delivered| Watermark {
        trust: Trust { epoch: Epoch(epoch), keys: ToldKeys::after(None, keys) },
        connection: connection.clone(),
        run: run.clone(),
        place,
        delivered,
        until: delivered + WATERMARK_MAX_AGE,
    }))
}

/// The newest watermark that came, shared with the task that reads it.
#[derive(Clone, Default)]
pub(super) struct Watched(Arc<RwLock<Option<Watermark>>>);

impl Watched {
    pub(super) fn look<T>(&self, look: impl FnOnce(&Watermark) -> T) -> Option<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(look)
    }

    pub(super) fn trust(&self) -> Option<Trust> {
        self.look(|watermark| (Instant::now() < watermark.until).then(|| watermark.trust.clone())).flatten()
    }

    /// What is read replaces what was known; if it is nothing, the last trust ends now.
    pub(super) fn set(&self, read: Option<Watermark>, near: &Near) {
        let Some(mut read) = read else { return self.withdraw() };
        let keys = read.trust.keys.digest.clone();
        read.trust.keys = ToldKeys::after(self.look(|before| before.trust.keys.clone()).as_ref(), keys);
        let epoch = read.trust.epoch;
        let is_new_epoch = self.look(|before| before.trust.epoch != epoch).unwrap_or(true);
        // An epoch that nothing was delivered to yet takes nothing away from what is known.
        if is_new_epoch && read.until <= Instant::now() {
            return self.withdraw();
        }
        // What the server had it has no longer: it follows another one that was behind.
        let went_back = |before: &Watermark| before.run.id == read.run.id && read.place < before.place;
        if self.look(went_back) == Some(true) {
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

    pub(super) fn withdraw(&self) {
        if let Some(watermark) = &mut *self.0.write().unwrap_or_else(PoisonError::into_inner) {
            watermark.until = watermark.until.min(Instant::now());
        }
    }
}
