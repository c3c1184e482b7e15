use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Instant,
};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use drawbridge_core::{
    clock::SharedClock,
    id::{SessionId, UserId},
};
use drawbridge_database::Database;
use drawbridge_verification::token::{Claims, TokenParties};
use jsonwebtoken::encode;
use secrecy::SecretString;

use super::{KEY_CACHE_TTL, KeyError, KeyVault, SigningKey, TokenConfig, time_delta};

/// A signed session token and when it expires.
#[derive(Clone)]
pub struct IssuedToken {
    /// The token.
    pub text: SecretString,
    /// Its expiry, in whole seconds like the claim `exp`.
    pub expires_at: DateTime<Utc>,
}

/// Signs session tokens with the current signing key.
pub struct TokenSigner {
    vault: Arc<KeyVault>,
    database: Database,
    clock: SharedClock,
    parties: TokenParties,
    lifetime: TimeDelta,
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
            cached_key: RwLock::new(None),
        }
    }

    /// Issues a token for a session. The token expires no later than the session.
    ///
    /// # Errors
    /// If there is no usable signing key, or the database is unavailable.
    pub async fn issue(
        &self,
        user: UserId,
        session: SessionId,
        session_expires_at: DateTime<Utc>,
    ) -> Result<IssuedToken, KeyError> {
        let key = self.key().await?;
        let now = self.clock.now();
        let expires_at = session_expires_at.min(now + self.lifetime);
        let claims = Claims {
            iss: self.parties.issuer.clone(),
            aud: self.parties.audience.clone(),
            sub: user,
            sid: session,
            iat: now.timestamp(),
            exp: expires_at.timestamp(),
        };
        let text = encode(&key.header, &claims, &key.key).map_err(KeyError::cryptography)?;
        Ok(IssuedToken { text: text.into(), expires_at: expires_at.trunc_subsecs(0) })
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
