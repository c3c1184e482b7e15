//! What a verifier answers for a token that is good.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize, Serializer};

use crate::{token::Signed, user_record::UserRecord};
use drawbridge_core::id::{SessionId, UserId};

/// A token that is good, and what stands behind it: the `data` of `POST /api/verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// The user.
    pub user: VerifiedUser,
    /// The session.
    pub session: VerifiedSession,
}

/// The user of a verified token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifiedUser {
    /// The user's id.
    pub id: UserId,
    /// The address as the person wrote it, domain in lower case.
    pub email: String,
    /// Whether the person has shown that the address is theirs.
    pub email_verified: bool,
    /// What the user may do, in the words of the applications behind the guard.
    pub roles: Vec<String>,
}

/// The session of a verified token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VerifiedSession {
    /// The session's id.
    pub id: SessionId,
    /// When the person signed in.
    pub created_at: DateTime<Utc>,
    /// When the session ends whatever happens.
    pub expires_at: DateTime<Utc>,
    /// When this token was made.
    pub token_issued_at: DateTime<Utc>,
    /// When this token ends, unless it is renewed before.
    pub token_expires_at: DateTime<Utc>,
}

impl VerifiedSession {
    /// Whether the token is past half its life, unless the session itself ends with it: time to
    /// renew it.
    pub fn is_renewal_due(&self, now: DateTime<Utc>) -> bool {
        let life = self.token_expires_at - self.token_issued_at;
        let can_be_longer = self.expires_at - self.token_expires_at > TimeDelta::seconds(1);
        can_be_longer && now - self.token_issued_at > life / 2
    }
}

/// A token that is good, as this process knows it: nothing is copied until somebody asks for it.
#[derive(Debug, Clone)]
pub struct Grant {
    pub(super) record: Arc<UserRecord>,
    pub(super) token: Arc<Signed>,
    pub(super) session_expires_at: DateTime<Utc>,
}

impl Grant {
    /// The user's record.
    pub fn record(&self) -> &UserRecord {
        &self.record
    }

    /// The same record, shared: the very one that this process knows.
    pub fn shared_record(&self) -> &Arc<UserRecord> {
        &self.record
    }

    /// The session.
    pub fn session(&self) -> VerifiedSession {
        VerifiedSession {
            id: self.token.session,
            created_at: self.token.session.created_at(),
            expires_at: self.session_expires_at,
            token_issued_at: self.token.issued_at(),
            token_expires_at: self.token.expires_at(),
        }
    }

    /// The same, to keep.
    pub fn verified(&self) -> Verified {
        let UserRecord { id, email, email_verified, roles, .. } = &*self.record;
        let user = VerifiedUser {
            id: *id,
            email: email.clone(),
            email_verified: *email_verified,
            roles: roles.clone(),
        };
        Verified { user, session: self.session() }
    }
}

impl Serialize for Grant {
    /// As [`Verified`].
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Borrowed<'a> {
            user: User<'a>,
            session: VerifiedSession,
        }
        #[derive(Serialize)]
        struct User<'a> {
            id: UserId,
            email: &'a str,
            email_verified: bool,
            roles: &'a [String],
        }
        let UserRecord { id, email, email_verified, roles, .. } = &*self.record;
        let user = User { id: *id, email, email_verified: *email_verified, roles };
        Borrowed { user, session: self.session() }.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use drawbridge_core::random::Random;

    #[test]
    fn a_token_is_renewed_past_half_its_life_while_its_session_lasts_longer() {
        let start = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let session = |session_days: i64| VerifiedSession {
            id: SessionId::generate(Random, start),
            created_at: start,
            expires_at: start + TimeDelta::days(session_days),
            token_issued_at: start,
            token_expires_at: start + TimeDelta::days(7),
        };
        assert!(!session(30).is_renewal_due(start + TimeDelta::days(3)));
        assert!(session(30).is_renewal_due(start + TimeDelta::days(4)));
        assert!(!session(7).is_renewal_due(start + TimeDelta::days(4)), "the session ends with the token");
    }
}
