//! The user record: the one versioned value that verification needs to know about a user.

mod wire_form;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use drawbridge_core::id::{SessionId, UserId};
use serde::Deserialize;

/// What verification knows about a user. A session that is not listed is refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "wire_form::ReceivedRecord")]
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

/// An active session, as the record lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListedSession {
    /// The session.
    pub id: SessionId,
    /// The absolute timeout.
    pub expires_at: DateTime<Utc>,
    /// True if the user has proved a second factor in this session.
    pub second_factor: bool,
}

/// The sessions of a user, sorted by ID: 32 bytes each. Most users have one or two, for which a tree would take ten
/// times as much.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sessions(Box<[ListedSession]>);

impl Sessions {
    /// The session with this ID; `None` if it is not active.
    pub fn get(&self, session: SessionId) -> Option<&ListedSession> {
        self.0.get(self.position(session)?)
    }

    /// The IDs of the sessions, oldest first.
    pub fn ids(&self) -> impl Iterator<Item = SessionId> {
        self.0.iter().map(|session| session.id)
    }

    /// The number of sessions.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns true if there is no session.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The memory that the sessions take, in bytes.
    pub fn size_in_memory(&self) -> usize {
        size_of_val(&*self.0)
    }

    fn position(&self, session: SessionId) -> Option<usize> {
        self.0.binary_search_by_key(&session, |session| session.id).ok()
    }
}

impl FromIterator<ListedSession> for Sessions {
    fn from_iter<I: IntoIterator<Item = ListedSession>>(sessions: I) -> Self {
        let mut sessions: Vec<_> = sessions.into_iter().collect();
        sessions.sort_unstable_by_key(|session| session.id);
        sessions.dedup_by_key(|session| session.id);
        Self(sessions.into())
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
                record.email.len() + roles + record.sessions.size_in_memory() + 200
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
