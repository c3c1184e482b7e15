use std::sync::Arc;

use chrono::{DateTime, Utc};
use drawbridge_core::id::{SessionId, UserId};
use serde::{Deserialize, Serialize};

use super::purpose::TokenPurpose;

/// The claims that every token has, and the only ones that verifiers read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The audience.
    pub aud: String,
    /// The user.
    pub sub: UserId,
    /// The session.
    pub sid: SessionId,
    /// When the token was issued, in seconds since 1970.
    pub iat: i64,
    /// When the token expires, in seconds since 1970.
    pub exp: i64,
}

/// The claims of an access token (RFC 9068, 2.2). Verifiers ignore those that session tokens do not have.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct AccessClaims<'a> {
    /// The claims that every token has.
    #[serde(flatten)]
    pub common: &'a Claims,
    /// The name of the frontend that requested the token.
    pub client_id: &'a str,
    /// The ID of the token, which no other token has.
    pub jti: &'a str,
}

/// A token with a valid signature and issuer. It may have expired, and its session may have ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedToken {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// The key that signed the token.
    pub kid: Arc<str>,
    /// What the token may be used for.
    pub purpose: TokenPurpose,
    issued_at: i64,
    expires_at: i64,
}

impl SignedToken {
    pub(super) fn new(claims: &Claims, kid: Arc<str>, purpose: TokenPurpose) -> Self {
        Self {
            user: claims.sub,
            session: claims.sid,
            kid,
            purpose,
            issued_at: claims.iat,
            expires_at: claims.exp,
        }
    }

    /// When the token was issued.
    pub fn issued_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.issued_at, 0).unwrap_or_default()
    }

    /// When the token expires.
    pub fn expires_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.expires_at, 0).unwrap_or_default()
    }

    /// Returns true if the token has expired.
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at <= now.timestamp()
    }
}
