//! The parts of the change feed's contract (`docs/changes.md`), its times, and what happens to clocks.

use super::state::Age;

/// A part of the contract. Without any one of them, some follower accepts a revoked session too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The age of a watermark counts from its `delivered_until`.
    /// Without it, the age counts from the arrival.
    DeliveredUntil,
    /// The follower notes its clocks before it sends the request for the feed.
    /// Without it, it notes them when the first `reset` arrives.
    ClocksBeforeRequest,
    /// The monotonic clock counts towards the age of a watermark.
    /// Without it, only the wall clock does.
    MonotonicClock,
    /// The wall clock counts towards the age of a watermark.
    /// Without it, only the monotonic clock does.
    WallClock,
    /// The two seconds before a question are measured with the monotonic clock.
    /// Without it, they are over as soon as either clock says so.
    MonotonicTwoSeconds,
    /// A `reset` makes the follower forget what it remembers.
    /// Without it, the follower keeps that.
    ForgetOnReset,
    /// Messages of an earlier connection are ignored.
    /// Without it, they count like those of the newest one.
    IgnoreOldConnection,
    /// The feed counts as connected once a watermark has arrived after the newest `reset`.
    /// Without it, the `reset` suffices.
    FirstWatermark,
    /// An answer is remembered only if the feed was connected two seconds before the question.
    /// Without it, the feed must be connected when the question is asked.
    ConnectedBefore,
    /// `user` events that arrived in the two seconds before the question are compared with the answer.
    /// Without it, only those that arrived after the question are.
    TwoSecondsOfEvents,
    /// An answer older than an announced version is not remembered.
    /// Without it, it is.
    VersionComparison,
    /// A `user` event makes the follower forget an older answer.
    /// Without it, only questions in progress are affected.
    ForgetOnUser,
}

/// Times in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// How old a watermark may be for the follower to trust its memory (1.5 s).
    pub(crate) watermark_max_age: Age,
    /// How long before the question a change may be that its answer does not include (2 s).
    pub(crate) answer_max_age: Age,
    /// How long after its end a session may be accepted.
    pub(crate) bound: Age,
}

impl Times {
    /// A tick is half a second, and the bound is the age of a watermark: 1.5 s.
    pub(crate) const TIGHT: Self = Self { watermark_max_age: 3, answer_max_age: 4, bound: 4 };

    /// The revocation bound that the deployment promises: 4 s.
    pub(crate) const PROMISED: Self = Self { bound: 8, ..Self::TIGHT };

    /// A tick is two seconds, and the bound is 4 s. The age of a watermark is rounded up, so that the model
    /// trusts longer than a follower does.
    pub(crate) const COARSE: Self = Self { watermark_max_age: 1, answer_max_age: 1, bound: 2 };

    /// The same with a bound of 8 s. A real follower exceeds 4 s in such a run, in spite of the rounding.
    pub(crate) const FAR_EXCEEDED: Self = Self { bound: 4, ..Self::COARSE };
}

/// What may happen to the follower's clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClockFault {
    /// The follower is suspended: it does nothing, and its monotonic clock stops.
    Suspension,
    /// Its wall clock is set back.
    SetBack,
    /// Its wall clock is set forward.
    SetForward,
    /// Both of its clocks miss time: they run slower than the one of verify-service, or a virtual machine was
    /// paused without noticing.
    MissedTime,
}
