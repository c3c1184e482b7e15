//! The parts of the protocol, its times, and what may go wrong.

use crate::state::Age;

/// A part of the protocol. Without any one of them, somebody who was signed out gets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// A record replaces another only if its version is higher.
    /// Without it: whoever writes last wins.
    VersionCheck,
    /// The cache is believed only while the watermark is young.
    /// Without it: for as long as the connection to it stands.
    Watermark,
    /// The watermark's time is what Redis's clock said before the relay looked, however late it arrives.
    /// Without it: the relay sends how long ago it looked, and Redis counts back from the arrival.
    TimeBeforeLook,
    /// A new epoch begins when Redis may have lost data, and every record's key carries it.
    /// Without it: there is one epoch for good.
    Epochs,
    /// Whoever tells of a change asks for the epoch before the record is read.
    /// Without it: a record that was read long ago is told in an epoch that has just begun.
    EpochBeforeRecord,
    /// An outbox row goes only if the epoch is still the one that was written to.
    /// Without it: it goes as soon as Redis has taken the record.
    EpochAgain,
    /// A record that was fetched while its user changed is not kept in the process.
    /// Without it: it is.
    Tickets,
    /// A record from Redis is believed only together with a young watermark of the same epoch, read in
    /// the same breath.
    /// Without it: the watermark that came over the channel is enough, whichever server gave it.
    WatermarkBesideRecord,
    /// An answer of the database is as old as its look-up, whoever waits for it.
    /// Without it: who joins a look-up counts from then, and takes any answer for a fresh one.
    LookUpAge,
    /// An answer of the database fills only an epoch that was asked for before its look-up began.
    /// Without it: who joins a look-up fills an epoch that may have begun since.
    EpochBeforeLookUp,
}

/// Times in ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Times {
    /// How old a watermark may be for the cache to be believed (1.5 s).
    pub(crate) watermark_max_age: Age,
    /// How old an answer of the database may be that is used again (2 s).
    pub(crate) stale_max: Age,
    /// After how long nobody accepts a session that was ended (4 s: both, and the relay's interval).
    pub(crate) bound: Age,
}

impl Times {
    /// A tick is half a second, and all times are exact.
    pub(crate) const FINE: Self = Self { watermark_max_age: 3, stale_max: 4, bound: 8 };

    /// A tick is 0.8 s. The watermark's age and `STALE_MAX` are rounded up, so that more is believed than
    /// in truth.
    pub(crate) const COARSE: Self = Self { watermark_max_age: 2, stale_max: 3, bound: 5 };

    /// A tick is two seconds. All that was believed in truth is believed, and more. Too coarse where Redis
    /// goes on with older data: there a record is believed by one watermark and kept by the next.
    pub(crate) const COARSEST: Self = Self { watermark_max_age: 1, stale_max: 1, bound: 2 };
}

/// What may happen to Redis's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// All of it is gone; the connections stand.
    Flush,
    /// The server starts anew without any.
    Restart,
    /// A server with older data takes over: a replica that lags, or the same one from its last file.
    FailOver,
}

impl Fault {
    /// Every kind.
    pub(crate) const ALL: &[Self] = &[Self::Flush, Self::Restart, Self::FailOver];
}
