use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Instant,
};

use super::watermark::Watermark;
use crate::user_cache::{AnnouncedKeys, Announcement, Trust, near::NearCache};

/// The latest watermark, shared with the task that reads it.
#[derive(Clone, Default)]
pub(super) struct LatestWatermark(Arc<RwLock<Option<Watermark>>>);

impl LatestWatermark {
    /// Reads from the watermark, if there is one.
    pub(super) fn read<T>(&self, read: impl FnOnce(&Watermark) -> T) -> Option<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).as_ref().map(read)
    }

    /// What the watermark says, while it is current.
    pub(super) fn trust(&self) -> Option<Trust> {
        self.read(|watermark| (Instant::now() < watermark.trusted_until).then(|| watermark.trust.clone()))
            .flatten()
    }

    /// Replaces the watermark with the one that was just read. If Redis had none, trust ends now.
    pub(super) fn update(&self, next: Option<Watermark>, near: &NearCache) {
        let Some(mut next) = next else { return self.end_trust() };
        let previous_keys = self.read(|previous| previous.trust.keys.clone());
        next.trust.keys = AnnouncedKeys::succeed(previous_keys.as_ref(), next.trust.keys.digest);
        let epoch = next.trust.epoch;
        let is_new_epoch = self.read(|previous| previous.trust.epoch != epoch).unwrap_or(true);
        // Nothing has been delivered to the new epoch yet, so the known records remain the best available.
        if is_new_epoch && next.trusted_until <= Instant::now() {
            return self.end_trust();
        }
        // A server whose watermark went back has lost data: it now replicates a server that was behind.
        let went_back =
            |previous: &Watermark| previous.run.id == next.run.id && next.position < previous.position;
        if self.read(went_back) == Some(true) {
            return self.end_trust();
        }
        if is_new_epoch {
            near.clear();
        }
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(next);
        // Clear again, so that no record fetched from the old epoch in the meantime is kept.
        if is_new_epoch {
            near.clear();
        }
    }

    /// The announcement of this watermark, while it is current.
    pub(super) fn announcement(&self) -> Option<Announcement> {
        let announce = |watermark: &Watermark| {
            let announcement = Announcement::Watermark {
                epoch: watermark.trust.epoch,
                delivered_until: watermark.delivered_until,
                keys: watermark.trust.keys.digest.clone(),
            };
            (Instant::now() < watermark.trusted_until).then_some(announcement)
        };
        self.read(announce).flatten()
    }

    /// Stops trusting the cache now.
    pub(super) fn end_trust(&self) {
        if let Some(watermark) = &mut *self.0.write().unwrap_or_else(PoisonError::into_inner) {
            watermark.trusted_until = watermark.trusted_until.min(Instant::now());
        }
    }
}
