//! What a verifier returns for a valid token.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::id::{SessionId, UserId};
use serde::{Deserialize, Serialize, Serializer};

use crate::{
    refusal::Refusal,
    token::SignedToken,
    user_record::{ListedSession, UserRecord, UserState},
};

/// The user and the session of a valid token: `data` in the response of `POST /api/verify`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Verified {
    /// The user.
    pub user: VerifiedUser,
    /// The session.
    pub session: VerifiedSession,
}

/// The user of a valid token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifiedUser {
    /// The user's ID.
    pub id: UserId,
    /// The e-mail address as the user typed it, with the domain in lower case.
    pub email: String,
    /// True if the user has proved that the address is theirs.
    pub email_verified: bool,
    /// The user's roles, as defined by the applications behind the guard.
    pub roles: Vec<String>,
}

/// The session of a valid token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct VerifiedSession {
    /// The session's ID.
    pub id: SessionId,
    /// When the user signed in.
    pub created_at: DateTime<Utc>,
    /// The absolute timeout: when the session ends, even if its tokens are renewed.
    pub expires_at: DateTime<Utc>,
    /// When this token was issued.
    pub token_issued_at: DateTime<Utc>,
    /// When this token expires.
    pub token_expires_at: DateTime<Utc>,
    /// True if the user has proved a second factor in this session: with a passkey, or with a code after the password.
    #[serde(default)] // an older verify-service does not say
    #[cfg_attr(feature = "openapi", schema(required = true))]
    pub second_factor: bool,
}

impl VerifiedSession {
    /// Returns true if the token is past half its lifetime and a new one would expire later.
    pub fn is_renewal_due(&self, now: DateTime<Utc>) -> bool {
        let lifetime = self.token_expires_at - self.token_issued_at;
        let can_be_extended = self.expires_at - self.token_expires_at > TimeDelta::seconds(1);
        can_be_extended && now - self.token_issued_at > lifetime / 2
    }
}

/// A valid token, with the record that this process holds. Nothing is copied before it is needed.
#[derive(Debug, Clone)]
pub struct Grant {
    record: Arc<UserRecord>,
    token: Arc<SignedToken>,
    session_expires_at: DateTime<Utc>,
    second_factor: bool,
}

impl Grant {
    /// Accepts a token if the user is enabled and the record lists the token's session.
    ///
    /// # Errors
    /// Why the token is refused.
    pub(crate) fn from_record(
        state: UserState,
        token: Arc<SignedToken>,
        now: DateTime<Utc>,
    ) -> Result<Self, Refusal> {
        let UserState::Present(record) = state else { return Err(Refusal::UserNotFound) };
        if record.disabled {
            return Err(Refusal::UserDisabled);
        }
        let ListedSession { expires_at: session_expires_at, second_factor, .. } =
            *record.sessions.get(token.session).ok_or(Refusal::SessionRevoked)?;
        if session_expires_at <= now {
            return Err(Refusal::ExpiredToken);
        }
        Ok(Self { record, token, session_expires_at, second_factor })
    }

    /// The user's record.
    pub fn record(&self) -> &UserRecord {
        &self.record
    }

    /// The user's record, shared with the caches of this process.
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
            second_factor: self.second_factor,
        }
    }

    /// An owned copy of the user and the session.
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
    /// Serializes the same fields as [`Verified`].
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

    fn start() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    /// A session that lasts this many days, with a token of seven days.
    fn session(days: i64) -> VerifiedSession {
        VerifiedSession {
            id: SessionId::generate(Random, start()),
            created_at: start(),
            expires_at: start() + TimeDelta::days(days),
            token_issued_at: start(),
            token_expires_at: start() + TimeDelta::days(7),
            second_factor: true,
        }
    }

    #[test]
    fn an_answer_of_an_older_service_has_no_second_factor() {
        let mut answer = serde_json::to_value(session(30)).unwrap();
        answer.as_object_mut().unwrap().remove("second_factor");

        let received: VerifiedSession = serde_json::from_value(answer).unwrap();

        assert_eq!(received, VerifiedSession { second_factor: false, id: received.id, ..session(30) });
    }

    #[test]
    fn renewal_is_due_past_half_the_token_lifetime() {
        assert!(!session(30).is_renewal_due(start() + TimeDelta::days(3)));
        assert!(session(30).is_renewal_due(start() + TimeDelta::days(4)));
    }

    #[test]
    fn renewal_is_never_due_if_the_session_ends_with_the_token() {
        assert!(!session(7).is_renewal_due(start() + TimeDelta::days(4)));
    }
}
