use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Instant,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::{
    audience::Audience,
    clock::SharedClock,
    id::{SessionId, UserId},
    random::Random,
};
use drawbridge_database::Database;
use drawbridge_verification::token::{AccessClaims, Claims, TokenParties};
use jsonwebtoken::{EncodingKey, Header, encode};
use secrecy::SecretString;
use serde::Serialize;

use super::{KEY_CACHE_TTL, KeyError, KeyVault, SigningKey, TokenConfig, time_delta};

/// The length of `jti`, of which no two are equal because it is random.
const JTI_BYTES: usize = 16;

/// The user and the session that a token is for.
#[derive(Debug, Clone, Copy)]
pub struct TokenSubject {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// When the session ends. No token outlives it.
    pub session_expires_at: DateTime<Utc>,
}

/// A signed token and when it expires.
#[derive(Clone)]
pub struct IssuedToken {
    /// The token.
    pub text: SecretString,
    /// Its expiry, in whole seconds like the claim `exp`.
    pub expires_at: DateTime<Utc>,
}

/// Signs tokens with the current signing key.
pub struct TokenSigner {
    vault: Arc<KeyVault>,
    database: Database,
    clock: SharedClock,
    parties: TokenParties,
    lifetime: TimeDelta,
    access_lifetime: TimeDelta,
    cached_key: RwLock<Option<CachedKey>>,
}

#[derive(Clone)]
struct CachedKey {
    loaded_at: Instant,
    key: Arc<SigningKey>,
}

impl TokenSigner {
    /// A signer that uses the keys in `database`.
    pub fn new(vault: Arc<KeyVault>, database: Database, clock: SharedClock, config: &TokenConfig) -> Self {
        Self {
            vault,
            database,
            clock,
            parties: config.parties.clone(),
            lifetime: time_delta(config.lifetime),
            access_lifetime: time_delta(config.access_lifetime),
            cached_key: RwLock::new(None),
        }
    }

    /// Issues a session token with the deployment's audience, or that of a frontend.
    ///
    /// # Errors
    /// If there is no usable signing key, or the database is unavailable.
    pub async fn issue_session(
        &self,
        subject: TokenSubject,
        audience: Option<&str>,
    ) -> Result<IssuedToken, KeyError> {
        let key = self.key().await?;
        let audience = audience.unwrap_or(&self.parties.audience);
        let claims = self.claims(subject, audience, self.lifetime);
        sign(&key.session_header, &key.key, &claims, claims.exp)
    }

    /// Issues an access token (RFC 9068) for the service with this audience. `client_id` is the name of the frontend that
    /// requested it.
    ///
    /// # Errors
    /// If there is no usable signing key, or the database is unavailable.
    pub async fn issue_access(
        &self,
        subject: TokenSubject,
        audience: &Audience,
        client_id: &str,
    ) -> Result<IssuedToken, KeyError> {
        let key = self.key().await?;
        let claims = self.claims(subject, audience.as_str(), self.access_lifetime);
        let jti = URL_SAFE_NO_PAD.encode(Random.bytes::<JTI_BYTES>());
        let access_claims = AccessClaims { common: &claims, client_id, jti: &jti };
        sign(&key.access_header, &key.key, &access_claims, claims.exp)
    }

    fn claims(&self, subject: TokenSubject, audience: &str, lifetime: TimeDelta) -> Claims {
        let now = self.clock.now();
        Claims {
            iss: self.parties.issuer.clone(),
            aud: audience.to_owned(),
            sub: subject.user,
            sid: subject.session,
            iat: now.timestamp(),
            exp: subject.session_expires_at.min(now + lifetime).timestamp(),
        }
    }

    async fn key(&self) -> Result<Arc<SigningKey>, KeyError> {
        let cached = self.cached_key.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(CachedKey { loaded_at, key }) = cached
            && loaded_at.elapsed() < KEY_CACHE_TTL
        {
            return Ok(key);
        }
        let vault = self.vault.clone();
        let now = self.clock.now();
        let key = Arc::new(self.database.run(move |c| vault.open_active_key(c, now)).await?);
        let loaded = CachedKey { loaded_at: Instant::now(), key: key.clone() };
        *self.cached_key.write().unwrap_or_else(PoisonError::into_inner) = Some(loaded);
        Ok(key)
    }
}

/// Signs claims, of which `exp` is one.
fn sign(
    header: &Header,
    key: &EncodingKey,
    claims: &impl Serialize,
    exp: i64,
) -> Result<IssuedToken, KeyError> {
    let text = encode(header, claims, key).map_err(KeyError::cryptography)?;
    Ok(IssuedToken { text: text.into(), expires_at: DateTime::from_timestamp(exp, 0).unwrap_or_default() })
}
