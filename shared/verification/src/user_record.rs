//! The user record: the one versioned value that verification needs to know about a user.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

use drawbridge_core::id::{SessionId, UserId};

/// A user as verification sees them. What is not in it is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRecord {
    /// The user.
    pub id: UserId,
    /// The address as the person wrote it, domain in lower case.
    pub email: String,
    /// Whether the person has shown that the address is theirs.
    pub email_verified: bool,
    /// What the user may do, in the words of the applications behind the guard.
    pub roles: Vec<String>,
    /// Whether the user may not sign in.
    pub disabled: bool,
    /// Counts the changes; a record replaces another only with a higher one.
    pub version: i64,
    /// The sessions that are alive, each with its absolute end.
    pub sessions: Sessions,
}

/// A user's sessions, each with its absolute end, in the order of their ids: 28 bytes each, where a
/// tree would take ten times as much for the one or two that most people have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sessions(Box<[(SessionId, DateTime<Utc>)]>);

impl Sessions {
    /// The absolute end of a session, if it is alive.
    pub fn get(&self, session: SessionId) -> Option<DateTime<Utc>> {
        let at = self.0.binary_search_by_key(&session, |(id, _)| *id).ok()?;
        self.0.get(at).map(|(_, end)| *end)
    }

    /// The sessions' ids, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = SessionId> {
        self.0.iter().map(|(id, _)| *id)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<(SessionId, DateTime<Utc>)> for Sessions {
    fn from_iter<I: IntoIterator<Item = (SessionId, DateTime<Utc>)>>(sessions: I) -> Self {
        let mut sessions: Vec<_> = sessions.into_iter().collect();
        sessions.sort_unstable();
        sessions.dedup_by_key(|(id, _)| *id);
        Self(sessions.into())
    }
}

impl Serialize for Sessions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(id, end)| (id, end)))
    }
}

impl<'de> Deserialize<'de> for Sessions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SessionsVisitor)
    }
}

struct SessionsVisitor;

impl<'de> Visitor<'de> for SessionsVisitor {
    type Value = Sessions;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("session ids with their ends")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sessions, A::Error> {
        std::iter::from_fn(|| map.next_entry().transpose()).collect()
    }
}

/// What is known of a user at a version: a record, or that the user was deleted. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserState {
    /// The user as of the record's version.
    Present(Arc<UserRecord>),
    /// The user is gone since this version.
    Deleted {
        /// The version of the deletion.
        version: i64,
    },
}

impl UserState {
    /// The source knows no such user. Every record replaces this state.
    pub const UNKNOWN: Self = Self::Deleted { version: 0 };

    /// The version that this state is of.
    pub fn version(&self) -> i64 {
        match self {
            Self::Present(record) => record.version,
            Self::Deleted { version } => *version,
        }
    }

    /// Roughly the bytes that it takes in a table in memory.
    pub(crate) fn weight(&self) -> u64 {
        let variable = match self {
            Self::Present(record) => {
                let roles: usize = record.roles.iter().map(|role| role.len() + 40).sum();
                record.email.len() + roles + record.sessions.len() * 28 + 200
            }
            Self::Deleted { .. } => 0,
        };
        variable as u64 + 120
    }
}

impl From<UserRecord> for UserState {
    fn from(record: UserRecord) -> Self {
        Self::Present(Arc::new(record))
    }
}
