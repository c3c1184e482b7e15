//! The state of the model: one user, one session of theirs, and everything that handles it.

/// Ticks since an event. Counting stops where a higher age makes no difference.
pub(crate) type Age = u8;

/// A version of the user's record; zero if there is no record.
pub(crate) type Version = u8;

/// A numbered period in which the cache lost no data. Numbers are never reused.
pub(crate) type Epoch = u8;

/// The maximum number of epochs: the first, and one for each fault.
pub(crate) const MAX_EPOCHS: usize = 3;

/// The database, which holds the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Database {
    pub(crate) version: Version,
    /// The end of the session, if it was ended.
    pub(crate) revocation: Option<Revocation>,
    /// The outbox: a bit for each version that the cache may not have.
    pub(crate) outbox: u8,
}

/// The end of the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Revocation {
    /// The first version without the session.
    pub(crate) version: Version,
    /// How long ago it was committed.
    pub(crate) age: Age,
}

impl Database {
    /// Returns true if a record of `version` lists the session.
    pub(crate) fn accepts(self, version: Version) -> bool {
        version != 0 && self.revocation.is_none_or(|revocation| version < revocation.version)
    }

    /// How long ago the session was ended.
    pub(crate) fn revoked_for(self) -> Option<Age> {
        self.revocation.map(|revocation| revocation.age)
    }
}

/// A task in auth-service that delivers a change to the cache: the request that made it, or the relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Writer {
    Idle,
    /// Has read the epoch.
    KnowsEpoch(Epoch),
    /// Has read the record as well.
    HoldsRecord {
        epoch: Epoch,
        version: Version,
    },
    /// Has put the record into the epoch.
    HasPut {
        epoch: Epoch,
        version: Version,
    },
    /// Has confirmed that the epoch is still the current one.
    HasConfirmed(Version),
}

/// The relay has found the outbox empty and is about to raise the watermark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OutboxCheck {
    /// How long ago the relay looked. This becomes the age of the watermark.
    pub(crate) age: Age,
    /// True once the command has left auth-service.
    pub(crate) is_sent: bool,
}

/// The data of a Redis server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RedisData {
    pub(crate) watermark: Option<Watermark>,
    /// True if this server run wrote the watermark.
    pub(crate) is_own: bool,
    /// The record in each epoch.
    pub(crate) records: [Version; MAX_EPOCHS],
}

impl RedisData {
    pub(crate) const NONE: Self = Self { watermark: None, is_own: false, records: [0; MAX_EPOCHS] };
}

/// A watermark, in Redis or as the verifier has read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Watermark {
    pub(crate) epoch: Epoch,
    pub(crate) age: Age,
}

/// The connection over which Redis pushes invalidations to the verifier and the verifier reads the watermark.
/// Messages arrive in the order of these fields, or never.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Channel {
    /// True if it is connected to the current server.
    pub(crate) is_connected: bool,
    pub(crate) invalidation: bool,
    pub(crate) watermark: Option<Watermark>,
    pub(crate) later_invalidation: bool,
}

/// A verification in progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Verification {
    Idle,
    /// Asks Redis.
    Fetching {
        /// The epoch that was trusted at the start.
        epoch: Epoch,
        /// True if no invalidation has arrived since.
        has_valid_ticket: bool,
        /// True if it started after the bound.
        is_late: bool,
    },
    /// Has the record from Redis.
    Fetched {
        version: Version,
        has_valid_ticket: bool,
        is_late: bool,
    },
    /// Has the record from the database, or will receive it.
    Answered {
        version: Version,
        /// How old the answer is for the verifier.
        age: Age,
        /// The epoch to fill with the record.
        fill: Option<Epoch>,
        is_late: bool,
    },
}

impl Verification {
    /// The ticket, if the verification may still keep its record in the near cache.
    pub(crate) fn ticket(&mut self) -> Option<&mut bool> {
        match self {
            Self::Fetching { has_valid_ticket, .. } | Self::Fetched { has_valid_ticket, .. } => {
                Some(has_valid_ticket)
            }
            Self::Idle | Self::Answered { .. } => None,
        }
    }
}

/// The state of the whole system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) database: Database,
    pub(crate) writers: [Writer; 2],
    pub(crate) outbox_check: Option<OutboxCheck>,
    pub(crate) redis: RedisData,
    /// Older data that may replace the data in Redis.
    pub(crate) copy: Option<RedisData>,
    pub(crate) epochs_started: Epoch,
    pub(crate) faults: u8,
    pub(crate) channel: Channel,
    /// The watermark that the verifier has read last.
    pub(crate) watermark: Option<Watermark>,
    /// The record in the verifier's near cache.
    pub(crate) near: Option<Version>,
    pub(crate) verifications: [Verification; 2],
}

impl State {
    /// The user is signed in, the first epoch has started, and everything is connected.
    pub(crate) fn initial() -> Self {
        Self {
            database: Database { version: 1, revocation: None, outbox: 0 },
            writers: [Writer::Idle; 2],
            outbox_check: None,
            redis: RedisData {
                watermark: Some(Watermark { epoch: 0, age: 0 }),
                is_own: true,
                ..RedisData::NONE
            },
            copy: None,
            epochs_started: 1,
            faults: 0,
            channel: Channel { is_connected: true, ..Channel::default() },
            watermark: None,
            near: None,
            verifications: [Verification::Idle; 2],
        }
    }

    /// The verifier clears its near cache, and will not keep what is being fetched.
    pub(crate) fn clear_near(&mut self) {
        self.near = None;
        for ticket in self.verifications.iter_mut().filter_map(Verification::ticket) {
            *ticket = false;
        }
    }

    /// Redis pushes an invalidation to the verifier.
    pub(crate) fn push_invalidation(&mut self) {
        let channel = &mut self.channel;
        if channel.is_connected && channel.watermark.is_some() {
            channel.later_invalidation = true;
        } else if channel.is_connected {
            channel.invalidation = true;
        }
    }
}
