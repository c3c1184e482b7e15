//! The user record: the one versioned value that verification needs to know about a user.

use std::{fmt, sync::Arc};

use chrono::{DateTime, Utc};
use drawbridge_core::id::{SessionId, UserId};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{MapAccess, Visitor},
};

/// What verification knows about a user. A session that is not listed is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRecord {
    /// The user.
    pub id: UserId,
    /// The e-mail address as the user typed it, with the domain in lower case.
    pub email: String,
    /// True if the user has proved that the address is theirs.
    pub email_verified: bool,
    /// The user's roles, as defined by the applications behind the guard.
    pub roles: Vec<String>,
    /// True if the user may not sign in.
    pub disabled: bool,
    /// The record version: raised by every change. A record only replaces one with a lower version.
    pub version: i64,
    /// The active sessions.
    pub sessions: Sessions,
}

/// The sessions of a user with their absolute timeouts, sorted by ID: 28 bytes each. Most users have one or
/// two, for which a tree would take ten times as much.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sessions(Box<[(SessionId, DateTime<Utc>)]>);

impl Sessions {
    /// When the session ends; `None` if it is not active.
    pub fn get(&self, session: SessionId) -> Option<DateTime<Utc>> {
        let index = self.0.binary_search_by_key(&session, |(id, _)| *id).ok()?;
        self.0.get(index).map(|(_, end)| *end)
    }

    /// The IDs of the sessions, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = SessionId> {
        self.0.iter().map(|(id, _)| *id)
    }

    /// The number of sessions.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns true if there is no session.
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
        f.write_str("a map from session IDs to the times when they end")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Sessions, A::Error> {
        std::iter::from_fn(|| map.next_entry().transpose()).collect()
    }
}

/// A user at one record version: present or deleted. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserState {
    /// The user exists.
    Present(Arc<UserRecord>),
    /// The user was deleted, or never existed.
    Deleted {
        /// The version of the deletion.
        version: i64,
    },
}

impl UserState {
    /// The source knows no such user. Every record replaces this state.
    pub const UNKNOWN: Self = Self::Deleted { version: 0 };

    /// The record version.
    pub fn version(&self) -> i64 {
        match self {
            Self::Present(record) => record.version,
            Self::Deleted { version } => *version,
        }
    }

    /// The approximate size in a cache, in bytes.
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

impl From<Option<UserRecord>> for UserState {
    /// The state that the source reports: a record, or no such user.
    fn from(found: Option<UserRecord>) -> Self {
        found.map_or(Self::UNKNOWN, Self::from)
    }
}
