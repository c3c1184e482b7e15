//! The user record: the one versioned value that verification needs to know about a user.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::id::{SessionId, UserId};

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
    pub sessions: BTreeMap<SessionId, DateTime<Utc>>,
}

/// What is known of a user at a version: a record, or that the user was deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserState {
    /// The user as of the record's version.
    Present(UserRecord),
    /// The user is gone since this version.
    Deleted {
        /// The version of the deletion.
        version: i64,
    },
}

impl UserState {
    /// The version that this state is of.
    pub fn version(&self) -> i64 {
        match self {
            Self::Present(record) => record.version,
            Self::Deleted { version } => *version,
        }
    }
}
