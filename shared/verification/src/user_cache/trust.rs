use std::time::{Duration, Instant};

use crate::token::KeysDigest;

/// How old a watermark may be for the cache to be trusted.
pub const WATERMARK_MAX_AGE: Duration = Duration::from_millis(1500);

/// A numbered period in which the cache lost no data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch(pub u64);

/// What a current watermark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The epoch to read from and to fill.
    pub epoch: Epoch,
    /// The published keys.
    pub keys: AnnouncedKeys,
}

/// The set of published keys that the watermark names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnouncedKeys {
    /// The digest of the set.
    pub digest: KeysDigest,
    /// When this process first read this digest.
    pub since: Instant,
}

impl AnnouncedKeys {
    /// The keys that a new watermark names. If the previous one named the same set, its time is kept.
    pub(super) fn succeed(previous: Option<&Self>, digest: KeysDigest) -> Self {
        let unchanged = previous.filter(|previous| previous.digest == digest).cloned();
        unchanged.unwrap_or_else(|| Self { digest, since: Instant::now() })
    }
}
