//! The keys that sign tokens: made under a lock, sealed at rest, held in memory for half a minute.

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use drawbridge_core::{
    clock::SharedClock,
    id::{SessionId, UserId},
    random::Random,
    secret::{MasterSecret, Purpose, Sealer},
};
use drawbridge_database::{Connection, Database, DatabaseUnavailable};
use drawbridge_verification::token::{Claims, TOKEN_TYPE, TokenParties};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header, encode,
    jwk::{Jwk, PublicKeyUse, ThumbprintHash},
};

use crate::{
    config::TokenConfig,
    storage::{self, KeySummary, NewKey},
};

/// How long a new key is published before it signs: longer than any verifier keeps the old set.
pub const PUBLISHED_AHEAD: TimeDelta = TimeDelta::minutes(10);

/// How long the key in memory is used before the database is asked for a newer one: a key that was
/// revoked signs no longer than this.
const HELD_FOR: Duration = Duration::from_secs(1);

/// How often it is looked whether a key has grown old.
const AGE_CHECK: Duration = Duration::from_mins(1);

/// Why a key cannot be made or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The database is out of reach.
    #[error(transparent)]
    Unavailable(#[from] DatabaseUnavailable),
    /// The keys were sealed under another secret.
    #[error("the signing keys in the database were sealed under another MASTER_SECRET; start with that one")]
    OtherMasterSecret,
    /// The cryptography library refused.
    #[error("a signing key cannot be used: {0}")]
    Cryptography(String),
}

impl From<diesel::result::Error> for KeyError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

/// A token, and when it ends.
#[derive(Clone)]
pub struct IssuedToken {
    /// The token's text.
    pub text: String,
    /// Its end.
    pub expires_at: DateTime<Utc>,
}

/// Makes and seals keys.
#[derive(Debug)]
pub struct KeyVault(Sealer);

struct SigningKey {
    header: Header,
    key: EncodingKey,
}

impl KeyVault {
    /// A vault under the master secret.
    pub fn new(master: &MasterSecret) -> Self {
        Self(Sealer::new(master, Purpose::SigningKeys))
    }

    /// Makes the first key if there is none, and checks that the one that signs can be opened. Ten
    /// replicas that call it at once make one key.
    pub fn ensure_key(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
        config: &TokenConfig,
    ) -> Result<(), KeyError> {
        let lifetime = TimeDelta::from_std(config.lifetime).unwrap_or(TimeDelta::MAX);
        connection.exclusively(|connection| {
            let algorithm = config.algorithm.unwrap_or(Algorithm::EdDSA);
            // In force from ever: a replica whose clock is behind must find it, too.
            self.ensure_signing(connection, now, DateTime::UNIX_EPOCH, (algorithm, lifetime))?;
            storage::lengthen_token_lifetime(connection, lifetime)?;
            self.open_current(connection, now).map(|_| ())
        })
    }

    /// Sees to it that a key signs now: the one that waits for its time does from now on, or else a new one
    /// that is made, of this kind and for tokens of this lifetime.
    fn ensure_signing(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
        active_from: DateTime<Utc>,
        (algorithm, lifetime): (Algorithm, TimeDelta),
    ) -> Result<(), KeyError> {
        let signs = storage::find_signing_key(connection, now)?.is_some();
        if signs || storage::bring_waiting_keys_forward(connection, now)? {
            return Ok(());
        }
        let key = self.generate(algorithm, lifetime, now, active_from)?;
        Ok(storage::insert_key(connection, &key)?)
    }

    /// Makes a key that takes over once every verifier knows it; its id. It is of the kind of the one
    /// before unless another is wanted. The older ones stay published until the last token that they
    /// may have signed has ended.
    pub fn rotate(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
        wanted: Option<Algorithm>,
    ) -> Result<String, KeyError> {
        connection.exclusively(|connection| self.rotate_locked(connection, now, wanted))
    }

    fn rotate_locked(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
        wanted: Option<Algorithm>,
    ) -> Result<String, KeyError> {
        let active_from = now + PUBLISHED_AHEAD;
        let algorithm = match wanted {
            Some(wanted) => wanted,
            None => self.algorithm_in_use(connection, now)?,
        };
        // A replica may go on with the old key until it asks the database again.
        let lifetime = storage::supersede_keys(connection, active_from + HELD_FOR)?;
        let key = self.generate(algorithm, lifetime, now, active_from)?;
        storage::insert_key(connection, &key)?;
        Ok(key.kid)
    }

    /// Whether the deployment's keys were sealed under this vault's secret, as far as there are keys.
    pub fn check_secret(&self, connection: &mut Connection, now: DateTime<Utc>) -> Result<(), KeyError> {
        self.open_signing(connection, now).map(|_| ())
    }

    /// [`KeyVault::rotate`], if the newest key was made before `made_before`. Any number of replicas
    /// may ask at once.
    fn rotate_if_old(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
        made_before: DateTime<Utc>,
        wanted: Option<Algorithm>,
    ) -> Result<Option<String>, KeyError> {
        let newest = |connection: &mut Connection| storage::find_key_summaries(connection);
        let is_old = |keys: &[KeySummary]| {
            keys.iter().all(|key| key.expires_at.is_some() || key.created_at < made_before.naive_utc())
        };
        // Without the lock first, since it is nearly always no.
        if !is_old(&newest(connection)?) {
            return Ok(None);
        }
        connection.exclusively(|connection| {
            let old = is_old(&newest(connection)?);
            old.then(|| self.rotate_locked(connection, now, wanted)).transpose()
        })
    }

    /// Withdraws a key at once: whoever has a token that it signed is signed out. If no other signs yet, the
    /// one that waits for its time does at once, or a new one that is made. `false` if there is no such key.
    pub fn revoke(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
        kid: &str,
    ) -> Result<bool, KeyError> {
        connection.exclusively(|connection| {
            let algorithm = self.algorithm_in_use(connection, now)?;
            if !storage::revoke_key(connection, kid, now)? {
                return Ok(false);
            }
            let lifetime = storage::longest_token_lifetime(connection)?;
            self.ensure_signing(connection, now, now, (algorithm, lifetime))?;
            Ok(true)
        })
    }

    fn generate(
        &self,
        algorithm: Algorithm,
        token_lifetime: TimeDelta,
        now: DateTime<Utc>,
        active_from: DateTime<Utc>,
    ) -> Result<NewKey, KeyError> {
        let refused = |error: &dyn std::fmt::Display| KeyError::Cryptography(error.to_string());
        let random = SystemRandom::new();
        // PKCS#8 version 1: the JWK below is made from the private key and reads no other.
        let private = match algorithm {
            Algorithm::ES256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random),
            _ => Ed25519KeyPair::generate_pkcs8v1(&random),
        };
        let private = private.map_err(|error| refused(&error))?;
        let key = encoding_key(algorithm, private.as_ref());
        let mut jwk = Jwk::from_encoding_key(&key, algorithm).map_err(|error| refused(&error))?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|error| refused(&error))?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(NewKey {
            sealed: self.0.seal(Random, &kid, private.as_ref()),
            public_jwk: serde_json::to_string(&jwk).map_err(|error| refused(&error))?,
            kid,
            created_at: now,
            active_from,
            token_lifetime,
        })
    }

    fn open_current(&self, connection: &mut Connection, now: DateTime<Utc>) -> Result<SigningKey, KeyError> {
        let key = self.open_signing(connection, now)?;
        key.ok_or_else(|| KeyError::Cryptography("no key may sign now".into()))
    }

    fn algorithm_in_use(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
    ) -> Result<Algorithm, KeyError> {
        Ok(self.open_signing(connection, now)?.map_or(Algorithm::EdDSA, |key| key.header.alg))
    }

    /// The key that signs now, if one does.
    fn open_signing(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
    ) -> Result<Option<SigningKey>, KeyError> {
        let Some(sealed) = storage::find_signing_key(connection, now)? else { return Ok(None) };
        let private = self.0.open(&sealed.kid, &sealed.sealed).map_err(|_| KeyError::OtherMasterSecret)?;
        let algorithm = serde_json::from_str::<Jwk>(&sealed.public_jwk)
            .ok()
            .and_then(|jwk| Algorithm::try_from(jwk.common.key_algorithm?).ok())
            .ok_or_else(|| KeyError::Cryptography(format!("key {} cannot be read", sealed.kid)))?;
        let mut header = Header::new(algorithm);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(sealed.kid);
        Ok(Some(SigningKey { header, key: encoding_key(algorithm, &private) }))
    }
}

/// Looks for good whether the newest key has grown older than `KEY_ROTATION`, and rotates then.
pub async fn rotate_by_age(
    vault: Arc<KeyVault>,
    database: Database,
    clock: SharedClock,
    config: TokenConfig,
) {
    let age = TimeDelta::from_std(config.key_rotation).unwrap_or(TimeDelta::MAX);
    let mut ticks = tokio::time::interval(AGE_CHECK);
    loop {
        ticks.tick().await;
        let (vault, now, wanted) = (vault.clone(), clock.now(), config.algorithm);
        match database.run(move |c| vault.rotate_if_old(c, now, now - age, wanted)).await {
            Ok(None) => {}
            Ok(Some(kid)) => tracing::info!(kid, "a new signing key is published"),
            Err(error) => tracing::warn!(%error, "it is not known whether the signing key is old"),
        }
    }
}

fn encoding_key(algorithm: Algorithm, private: &[u8]) -> EncodingKey {
    match algorithm {
        Algorithm::ES256 => EncodingKey::from_ec_der(private),
        _ => EncodingKey::from_ed_der(private),
    }
}

/// Signs tokens with the key of the hour.
pub struct TokenSigner {
    vault: Arc<KeyVault>,
    database: Database,
    clock: SharedClock,
    parties: TokenParties,
    lifetime: TimeDelta,
    held: RwLock<Option<(Instant, Arc<SigningKey>)>>,
}

impl TokenSigner {
    /// A signer over the keys in `database`.
    pub fn new(vault: Arc<KeyVault>, database: Database, clock: SharedClock, config: &TokenConfig) -> Self {
        Self {
            vault,
            database,
            clock,
            parties: config.parties.clone(),
            lifetime: TimeDelta::from_std(config.lifetime).unwrap_or(TimeDelta::MAX),
            held: RwLock::new(None),
        }
    }

    /// A token for a session, which ends with the session at the latest.
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
        let text = encode(&key.header, &claims, &key.key)
            .map_err(|error| KeyError::Cryptography(error.to_string()))?;
        // To the second, as the token says it.
        Ok(IssuedToken { text, expires_at: expires_at.trunc_subsecs(0) })
    }

    async fn key(&self) -> Result<Arc<SigningKey>, KeyError> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((since, key)) = held
            && since.elapsed() < HELD_FOR
        {
            return Ok(key);
        }
        let (vault, now) = (self.vault.clone(), self.clock.now());
        let key = Arc::new(self.database.run(move |c| vault.open_current(c, now)).await?);
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), key.clone()));
        Ok(key)
    }
}
