//! What there is at one moment: one user, one session of theirs, and everybody who handles it.

/// Ticks since something happened. Counting stops where older makes no difference.
pub(crate) type Age = u8;

/// A version of the user's record; zero where there is no record.
pub(crate) type Version = u8;

/// A stretch of time in which the cache lost nothing. Its number never comes again.
pub(crate) type Epoch = u8;

/// How many epochs there can be: the first, and one for each fault.
pub(crate) const EPOCHS: usize = 3;

/// The database: the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Database {
    pub(crate) version: Version,
    /// The version from which on the session has ended, and how long ago that was committed.
    pub(crate) revoked: Option<(Version, Age)>,
    /// The outbox: a bit for each version that the cache may not know yet.
    pub(crate) waiting: u8,
}

impl Database {
    /// Whether a record of `version` lets the session pass.
    pub(crate) fn lets_pass(self, version: Version) -> bool {
        version != 0 && self.revoked.is_none_or(|(revoked, _)| version < revoked)
    }

    /// How long ago the session was ended.
    pub(crate) fn revoked_for(self) -> Option<Age> {
        self.revoked.map(|(_, age)| age)
    }
}

/// Somebody in auth-service who tells the cache of a change: the request that made it, or the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Teller {
    Idle,
    /// Knows the epoch.
    Asked(Epoch),
    /// Knows the record, too.
    Holds(Epoch, Version),
    /// Has put the record into the epoch.
    Put(Epoch, Version),
    /// Is sure that this was the epoch.
    Told(Version),
}

/// The relay has found nothing in the outbox, and is about to raise the watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Look {
    /// How long ago it looked, as the watermark will say.
    pub(crate) age: Age,
    /// Whether the message has left auth-service.
    pub(crate) sent: bool,
}

/// What a Redis server holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Data {
    pub(crate) watermark: Option<Watermark>,
    /// Whether this run of the server wrote it.
    pub(crate) own: bool,
    /// The record in each epoch.
    pub(crate) records: [Version; EPOCHS],
}

impl Data {
    pub(crate) const NONE: Self = Self { watermark: None, own: false, records: [0; EPOCHS] };
}

/// A watermark, in Redis or as the verifier read it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Watermark {
    pub(crate) epoch: Epoch,
    pub(crate) age: Age,
}

/// The connection on which Redis tells the verifier of changes and answers what the watermark is. What
/// is on its way in it arrives in this order, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Channel {
    /// Whether it leads to the server that serves.
    pub(crate) stands: bool,
    pub(crate) change: bool,
    pub(crate) watermark: Option<Watermark>,
    pub(crate) later_change: bool,
}

/// A verification under way in the verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Check {
    Idle,
    /// Asks Redis.
    Fetching {
        /// The epoch that was believed when it began.
        epoch: Epoch,
        /// Whether no change has come since.
        ticket: bool,
        /// Whether it began after the bound.
        late: bool,
    },
    /// Has the record from Redis.
    Fetched {
        version: Version,
        ticket: bool,
        late: bool,
    },
    /// Has the record from the database, or the answer is on its way.
    Answered {
        version: Version,
        /// How old the verifier takes the answer to be.
        age: Age,
        /// The epoch that the record is for.
        fill: Option<Epoch>,
        late: bool,
    },
}

impl Check {
    /// Whether it may still keep in the process what it fetches.
    pub(crate) fn ticket(&mut self) -> Option<&mut bool> {
        match self {
            Self::Fetching { ticket, .. } | Self::Fetched { ticket, .. } => Some(ticket),
            Self::Idle | Self::Answered { .. } => None,
        }
    }
}

/// Everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) database: Database,
    pub(crate) tellers: [Teller; 2],
    pub(crate) look: Option<Look>,
    pub(crate) redis: Data,
    /// Older data that may take the place of Redis's.
    pub(crate) copy: Option<Data>,
    pub(crate) epochs_begun: Epoch,
    pub(crate) faults: u8,
    pub(crate) channel: Channel,
    /// The watermark that the verifier knows.
    pub(crate) trust: Option<Watermark>,
    /// The record that the verifier keeps in its process.
    pub(crate) near: Option<Version>,
    pub(crate) checks: [Check; 2],
}

impl State {
    /// Somebody has signed in a while ago. The first epoch has begun, and all are connected.
    pub(crate) fn initial() -> Self {
        Self {
            database: Database { version: 1, revoked: None, waiting: 0 },
            tellers: [Teller::Idle; 2],
            look: None,
            redis: Data { watermark: Some(Watermark { epoch: 0, age: 0 }), own: true, ..Data::NONE },
            copy: None,
            epochs_begun: 1,
            faults: 0,
            channel: Channel { stands: true, ..Channel::default() },
            trust: None,
            near: None,
            checks: [Check::Idle; 2],
        }
    }

    /// The verifier drops what it keeps, and will not keep what is being fetched.
    pub(crate) fn forget_near(&mut self) {
        self.near = None;
        for ticket in self.checks.iter_mut().filter_map(Check::ticket) {
            *ticket = false;
        }
    }

    /// Redis tells the verifier of a change.
    pub(crate) fn push(&mut self) {
        let channel = &mut self.channel;
        if channel.stands && channel.watermark.is_some() {
            channel.later_change = true;
        } else if channel.stands {
            channel.change = true;
        }
    }
}
