//! The state of the model: one user, one session of theirs, and one follower of the change feed.

/// Ticks since an event. Counting stops where a higher age makes no difference.
pub(crate) type Age = u8;

/// A version of the user's record.
pub(crate) type Version = u8;

/// The maximum number of messages on a connection.
pub(crate) const MAX_QUEUE: usize = 3;

/// The newest connection.
pub(crate) const NEWEST: usize = 0;

/// The connection before that.
pub(crate) const OLD: usize = 1;

/// The database, which holds the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Database {
    pub(crate) version: Version,
    /// How long ago each version was committed; the first one is older than anything else.
    pub(crate) ages: [Age; 4],
    /// The first version without the session, if the session was ended.
    pub(crate) revoked_by: Option<Version>,
}

impl Database {
    /// Returns true if the record of this version contains the session.
    pub(crate) fn accepts(self, version: Version) -> bool {
        self.revoked_by.is_none_or(|revoked_by| version < revoked_by)
    }

    /// How long ago the session was ended.
    pub(crate) fn revoked_for(self) -> Option<Age> {
        self.revoked_by.map(|version| self.age(version))
    }

    /// How long ago a version was committed.
    pub(crate) fn age(self, version: Version) -> Age {
        self.ages[usize::from(version)]
    }
}

/// What the follower knows about its clocks and the one of verify-service since it sent the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Reference {
    /// How long after that verify-service wrote the first `reset`. Watermarks look older by this time.
    pub(crate) ahead: Age,
    /// How much time the monotonic clock has missed.
    pub(crate) monotonic_behind: Age,
    /// How much time the wall clock has missed.
    pub(crate) wall_behind: Age,
}

/// A message on its way to the follower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Message {
    pub(crate) event: Event,
    /// How long ago it was sent; zero where that makes no difference.
    pub(crate) transit: Age,
}

/// An event of the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Event {
    Reset {
        /// True for the first event of a connection.
        is_first: bool,
    },
    User(Version),
    Watermark {
        /// How long ago its `delivered_until` is.
        age: Age,
    },
}

/// What verify-service has promised on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Promised {
    /// Nothing: the response has not begun.
    Nothing,
    /// A `reset` was sent, and no watermark since. Changes may be missing.
    Reset,
    /// Every version up to this one was announced, or committed before the first watermark.
    Covered(Version),
}

/// A connection to the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Connection {
    pub(crate) promised: Promised,
    /// Messages arrive in this order, or never.
    pub(crate) queue: [Option<Message>; MAX_QUEUE],
    pub(crate) reference: Reference,
}

impl Connection {
    /// The follower has sent the request.
    pub(crate) const REQUESTED: Self = Self {
        promised: Promised::Nothing,
        queue: [None; MAX_QUEUE],
        reference: Reference { ahead: 0, monotonic_behind: 0, wall_behind: 0 },
    };

    /// The number of messages on the way.
    pub(crate) fn queued(&self) -> usize {
        self.queue.iter().flatten().count()
    }
}

/// The newest watermark that has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Watermark {
    pub(crate) age: Age,
    /// Of the connection over which it arrived.
    pub(crate) reference: Reference,
}

/// A question to `POST /api/verify`. It begins two seconds before it is asked, because from that moment on
/// everything counts that decides whether its answer may be remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    /// The version two seconds before the question. The answer is at least as new.
    pub(crate) oldest: Version,
    /// The newest version that was announced since.
    pub(crate) announced: Version,
    /// True if the feed was connected then, and there has been no `reset` since.
    pub(crate) is_connected: bool,
    pub(crate) is_asked: bool,
}

/// Whether the follower runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Activity {
    Running,
    /// Suspended for this long.
    Suspended(Age),
    /// It has received nothing since it was suspended.
    JustResumed,
}

/// The follower.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Follower {
    pub(crate) activity: Activity,
    /// The version of the answer that it remembers.
    pub(crate) memory: Option<Version>,
    pub(crate) watermark: Option<Watermark>,
    /// True if the first watermark after the newest `reset` has arrived.
    pub(crate) is_connected: bool,
    pub(crate) question: Option<Question>,
    /// The last event after which it had to start from nothing.
    pub(crate) interruption: Interruption,
    /// True if it has forgotten the session at the moment of the revocation.
    pub(crate) was_prompt: bool,
}

/// Why a follower starts from nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Interruption {
    None,
    Reset,
    Reconnect,
}

/// The state of the whole system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct State {
    pub(crate) database: Database,
    /// The newest connection, and the one before.
    pub(crate) connections: [Option<Connection>; 2],
    pub(crate) follower: Follower,
}

impl State {
    /// The user is signed in, and the follower has just connected.
    pub(crate) fn initial(max_age: Age) -> Self {
        let connection = Connection { promised: Promised::Reset, ..Connection::REQUESTED };
        Self {
            database: Database { version: 1, ages: [max_age; 4], revoked_by: None },
            connections: [Some(connection), None],
            follower: Follower {
                activity: Activity::Running,
                memory: None,
                watermark: None,
                is_connected: false,
                question: None,
                interruption: Interruption::None,
                was_prompt: false,
            },
        }
    }
}
