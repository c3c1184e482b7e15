//! The contract under the conditions of a run, and what the follower concludes from a state.

use super::{
    protocol::{ClockFault, Part, Times},
    state::{Activity, Age, Follower, MAX_QUEUE, Reference, State, Watermark},
};

/// The contract, and the conditions of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Contract {
    /// The part that is left out.
    pub(crate) without: Option<Part>,
    pub(crate) times: Times,
    /// How many messages of a connection may be on the way: up to [`MAX_QUEUE`].
    pub(crate) max_queue: usize,
    /// True if verify-service may take time to begin its response.
    pub(crate) has_slow_requests: bool,
    /// How long every message takes. `None` if that varies without a limit.
    pub(crate) delay: Option<Age>,
    /// How many changes there may be that do not end the session.
    pub(crate) max_other_changes: u8,
    pub(crate) clock_faults: &'static [ClockFault],
    /// How much time the wall clock, or both clocks together, may miss on a connection.
    pub(crate) max_behind: Age,
    /// The minimum duration of a suspension.
    pub(crate) min_suspension: Age,
}

impl Contract {
    /// The whole contract, with correct clocks.
    pub(crate) const WHOLE: Self = Self {
        without: None,
        times: Times::TIGHT,
        max_queue: MAX_QUEUE,
        has_slow_requests: false,
        delay: None,
        max_other_changes: 0,
        clock_faults: &[],
        max_behind: 0,
        min_suspension: 0,
    };

    /// Returns true if the contract has this part.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.without != Some(part)
    }

    /// Returns true if this may happen to the clocks.
    pub(crate) fn may_fail(&self, fault: ClockFault) -> bool {
        self.clock_faults.contains(&fault)
    }

    /// How much younger a watermark looks to the follower than it is.
    pub(crate) fn behind(&self, reference: Reference) -> Age {
        let Reference { monotonic_behind, wall_behind, .. } = reference;
        match self.without {
            Some(Part::MonotonicClock) => wall_behind,
            Some(Part::WallClock) => monotonic_behind,
            // The larger result is the one of the clock that has missed less time.
            _ => monotonic_behind.min(wall_behind),
        }
    }

    /// The maximum of [`Contract::behind`] in any run.
    pub(crate) fn max_possible_behind(&self) -> Age {
        let monotonic = self.may_fail(ClockFault::Suspension);
        let wall = self.may_fail(ClockFault::SetBack);
        let is_possible = match self.without {
            Some(Part::MonotonicClock) => wall,
            Some(Part::WallClock) => monotonic,
            Some(Part::ClocksBeforeRequest) => true,
            _ => monotonic && wall,
        };
        if is_possible || self.may_fail(ClockFault::MissedTime) { self.max_behind } else { 0 }
    }

    /// The age from which on no watermark ever looks current.
    pub(crate) fn outdated(&self) -> Age {
        self.times.watermark_max_age + 1 + self.max_possible_behind()
    }

    /// The age from which on no change's age makes a difference.
    pub(crate) fn max_change_age(&self) -> Age {
        let times = self.times;
        times.bound.max(times.answer_max_age + 1).max(times.watermark_max_age + 1)
    }

    /// The age of a watermark, as the follower computes it.
    pub(crate) fn computed_age(&self, watermark: Watermark) -> Age {
        let Watermark { age, reference } = watermark;
        (age + reference.ahead).saturating_sub(self.behind(reference))
    }

    /// Returns true if the follower trusts its memory.
    pub(crate) fn trusts_memory(&self, follower: &Follower) -> bool {
        let is_current = |watermark| self.computed_age(watermark) <= self.times.watermark_max_age;
        follower.watermark.is_some_and(is_current)
    }

    /// Returns true if the follower would accept the session from its memory now.
    pub(crate) fn accepts(&self, s: &State) -> bool {
        let is_running = !matches!(s.follower.activity, Activity::Suspended(_));
        is_running && s.follower.memory.is_some() && self.trusts_memory(&s.follower)
    }
}
