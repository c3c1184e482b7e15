//! The parts of the protocol, its times, and its faults.

use crate::state::Age;

/// A part of the protocol. Without any one of them, a user who has signed out is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// A record only replaces one with a lower version.
    /// Without it, the last write wins.
    VersionCheck,
    /// The cache is trusted only while the watermark is current.
    /// Without it, the cache is trusted as long as the connection lasts.
    Watermark,
    /// The watermark's time is read from Redis's clock before the relay looks into the outbox, however late
    /// it arrives. Without it, the relay sends how long ago it looked, and Redis counts back from the
    /// arrival.
    TimeBeforeLook,
    /// A new epoch starts when Redis may have lost data, and every record's key contains it.
    /// Without it, there is a single epoch.
    Epochs,
    /// A writer reads the epoch before it reads the record.
    /// Without it, a record that was read long ago is delivered to an epoch that has just started.
    EpochBeforeRecord,
    /// An outbox row is deleted only if the epoch is still the one that was written to.
    /// Without it, the row is deleted once Redis has the record.
    EpochAgain,
    /// A record that was fetched while its user changed is not kept in the near cache.
    /// Without it, the record is kept.
    Tickets,
    /// A record from Redis is trusted only with a current watermark of the same epoch, from the same server.
    /// Without it, the watermark read over the channel suffices, whichever server it came from.
    WatermarkBesideRecord,
    /// An answer of the database is as old as its lookup, for everyone who waits for it.
    /// Without it, a verification that joins a lookup counts from then and takes any answer for a new one.
    LookUpAge,
    /// An answer of the database only fills an epoch that was read before the lookup started.
    /// Without it, a verification that joins a lookup fills an epoch that may have started since.
    EpochBeforeLookUp,
}

/// Times in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// How old a watermark may be for the cache to be trusted (1.5 s).
    pub(crate) watermark_max_age: Age,
    /// How old an answer of the database may be to be used again (2 s).
    pub(crate) stale_max: Age,
    /// How long after its end a session may be accepted (4 s: both of the above, and the relay's interval).
    pub(crate) bound: Age,
}

impl Times {
    /// A tick is half a second. All times are exact.
    pub(crate) const FINE: Self = Self { watermark_max_age: 3, stale_max: 4, bound: 8 };

    /// A tick is 0.8 s. The watermark's age and `STALE_MAX` are rounded up, so that the model trusts longer
    /// than the real system.
    pub(crate) const COARSE: Self = Self { watermark_max_age: 2, stale_max: 3, bound: 5 };

    /// A tick is two seconds. The model trusts at least as long as the real system. These times are too
    /// coarse if Redis continues with older data, because a record is then trusted because of one watermark
    /// and kept because of the next.
    pub(crate) const COARSEST: Self = Self { watermark_max_age: 1, stale_max: 1, bound: 2 };
}

/// What may happen to the data in Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// All data is deleted; the connections remain.
    Flush,
    /// The server restarts without data.
    Restart,
    /// A server with older data takes over: a replica that lags, or the same server with its last file.
    FailOver,
}

impl Fault {
    /// Every fault.
    pub(crate) const ALL: &[Self] = &[Self::Flush, Self::Restart, Self::FailOver];
}
