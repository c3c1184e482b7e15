//! The protocol under the conditions of a run, and what its parts conclude from a state.

use crate::{
    protocol::{Fault, Part, Times},
    state::{State, Watermark},
};

/// The protocol, and the conditions of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drawbridge {
    /// The part that is left out.
    pub(crate) without: Option<Part>,
    pub(crate) times: Times,
    /// The possible faults of Redis's data.
    pub(crate) faults: &'static [Fault],
    pub(crate) max_faults: u8,
    /// How many changes there may be that do not end the session.
    pub(crate) max_other_changes: u8,
    /// How many verifications are in progress at a time: one or two.
    pub(crate) concurrent_verifications: usize,
}

impl Drawbridge {
    /// Returns true if the protocol has this part.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.without != Some(part)
    }

    /// Returns true if a verifier with this watermark trusts the records of its epoch.
    pub(crate) fn trusts(&self, watermark: Watermark) -> bool {
        watermark.age <= self.times.watermark_max_age || !self.has(Part::Watermark)
    }

    /// The watermark on which the verifier's trust in the cache is based; `None` if it does not trust the
    /// cache.
    pub(crate) fn trusted_watermark(&self, s: &State) -> Option<Watermark> {
        s.watermark.filter(|watermark| self.trusts(*watermark))
    }

    /// Returns true if a verification that starts now must not accept the session.
    pub(crate) fn is_late(&self, s: &State) -> bool {
        s.database.revoked_for().is_some_and(|age| age >= self.times.bound)
    }

    /// Returns true if this fault may still happen.
    pub(crate) fn may_fail(&self, s: &State, fault: Fault) -> bool {
        s.faults < self.max_faults && self.faults.contains(&fault)
    }

    /// Returns true if the next watermark starts an epoch: there is none, or another server run wrote it.
    pub(crate) fn may_have_lost_data(s: &State) -> bool {
        s.redis.watermark.is_none() || !s.redis.is_own
    }
}
