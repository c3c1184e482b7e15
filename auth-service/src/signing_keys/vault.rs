use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair},
};
use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::{
    random::Random,
    secret::{KeyPurpose, MasterSecret, Sealer},
};
use drawbridge_database::Connection;
use jsonwebtoken::{
    Algorithm,
    jwk::{Jwk, PublicKeyUse, ThumbprintHash},
};

use super::{KEY_CACHE_TTL, KEY_LEAD_TIME, KeyError, SigningKey, TokenConfig, encoding_key, time_delta};
use crate::storage::{self, KeySummary, NewKey};

/// Creates, seals and opens signing keys.
#[derive(Debug)]
pub struct KeyVault(Sealer);

/// The properties of a signing key to create.
struct KeySpec {
    algorithm: Algorithm,
    /// The longest lifetime of the tokens that it will sign.
    token_lifetime: TimeDelta,
    active_from: DateTime<Utc>,
}

impl KeyVault {
    /// A vault that seals keys under the master secret.
    pub fn new(master: &MasterSecret) -> Self {
        Self(Sealer::new(master, KeyPurpose::SigningKeys))
    }

    /// Creates the first key if there is none, and checks that the signing key can be opened. If several replicas do
    /// this at the same time, only one key is created.
    ///
    /// # Errors
    /// If the keys were sealed under another master secret, or the database is unavailable.
    pub fn ensure_key(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
        config: &TokenConfig,
    ) -> Result<(), KeyError> {
        let token_lifetime = time_delta(config.longest_lifetime());
        let spec = KeySpec {
            algorithm: config.algorithm.unwrap_or(Algorithm::EdDSA),
            token_lifetime,
            // Active since 1970, so that a replica whose clock is behind can use the key as well.
            active_from: DateTime::UNIX_EPOCH,
        };
        connection.exclusively(|connection| {
            self.ensure_active_key(connection, now, &spec)?;
            storage::raise_token_lifetime(connection, token_lifetime)?;
            self.open_active_key(connection, now).map(|_| ())
        })
    }

    /// Ensures that a key is active: activates a published key early, or creates one according to `spec`.
    fn ensure_active_key(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
        spec: &KeySpec,
    ) -> Result<(), KeyError> {
        let is_active = storage::find_signing_key(connection, now)?.is_some();
        if is_active || storage::activate_waiting_keys(connection, now)? {
            return Ok(());
        }
        let key = self.generate(now, spec)?;
        Ok(storage::insert_key(connection, &key)?)
    }

    /// Creates a key that becomes active after [`KEY_LEAD_TIME`], and returns its ID. It has the algorithm of the
    /// active key unless `algorithm` is given. The previous keys stay published until their last tokens have expired.
    ///
    /// # Errors
    /// If the keys were sealed under another master secret, or the database is unavailable.
    pub fn rotate(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
        algorithm: Option<Algorithm>,
    ) -> Result<String, KeyError> {
        connection.exclusively(|connection| self.rotate_locked(connection, now, algorithm))
    }

    fn rotate_locked(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
        algorithm: Option<Algorithm>,
    ) -> Result<String, KeyError> {
        let algorithm = match algorithm {
            Some(algorithm) => algorithm,
            None => self.active_algorithm(connection, now)?,
        };
        let active_from = now + KEY_LEAD_TIME;
        // A replica may sign with its cached key for a moment longer.
        let token_lifetime = storage::supersede_keys(connection, active_from + KEY_CACHE_TTL)?;
        let key = self.generate(now, &KeySpec { algorithm, token_lifetime, active_from })?;
        storage::insert_key(connection, &key)?;
        Ok(key.kid)
    }

    /// Checks that the deployment's keys, if there are any, were sealed under this vault's master secret.
    ///
    /// # Errors
    /// If they were not, or the database is unavailable.
    pub fn check_secret(&self, connection: &mut Connection, now: DateTime<Utc>) -> Result<(), KeyError> {
        self.find_active_key(connection, now).map(|_| ())
    }

    /// Rotates the keys if the newest one is older than `max_age`. Any number of replicas may call it at the same time.
    pub(super) fn rotate_if_older(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
        max_age: TimeDelta,
        algorithm: Option<Algorithm>,
    ) -> Result<Option<String>, KeyError> {
        let created_before = (now - max_age).naive_utc();
        let is_due = |keys: &[KeySummary]| {
            keys.iter().all(|key| key.expires_at.is_some() || key.created_at < created_before)
        };
        // Check without the lock first: the answer is nearly always no.
        if !is_due(&storage::find_key_summaries(connection)?) {
            return Ok(None);
        }
        connection.exclusively(|connection| {
            let is_still_due = is_due(&storage::find_key_summaries(connection)?);
            is_still_due.then(|| self.rotate_locked(connection, now, algorithm)).transpose()
        })
    }

    /// Revokes a key immediately, which signs out every user whose token it signed. If this leaves no key active, a
    /// published one is activated early or a new one is created. Returns `false` if no such key is published.
    ///
    /// # Errors
    /// If the keys were sealed under another master secret, or the database is unavailable.
    pub fn revoke(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
        kid: &str,
    ) -> Result<bool, KeyError> {
        connection.exclusively(|connection| {
            let algorithm = self.active_algorithm(connection, now)?;
            if !storage::revoke_key(connection, kid, now)? {
                return Ok(false);
            }
            let token_lifetime = storage::find_longest_token_lifetime(connection)?;
            let spec = KeySpec { algorithm, token_lifetime, active_from: now };
            self.ensure_active_key(connection, now, &spec)?;
            Ok(true)
        })
    }

    fn generate(&self, now: DateTime<Utc>, spec: &KeySpec) -> Result<NewKey, KeyError> {
        let random = SystemRandom::new();
        // PKCS#8 version 1: `Jwk::from_encoding_key` reads no other version.
        let private = match spec.algorithm {
            Algorithm::ES256 => EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random),
            _ => Ed25519KeyPair::generate_pkcs8v1(&random),
        };
        let private = private.map_err(KeyError::cryptography)?;
        let key = encoding_key(spec.algorithm, private.as_ref());
        let mut jwk = Jwk::from_encoding_key(&key, spec.algorithm).map_err(KeyError::cryptography)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(KeyError::cryptography)?;
        jwk.common.key_id = Some(kid.clone());
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(NewKey {
            sealed: self.0.seal(Random, &kid, private.as_ref()),
            public_jwk: serde_json::to_string(&jwk).map_err(KeyError::cryptography)?,
            kid,
            created_at: now,
            active_from: spec.active_from,
            token_lifetime: spec.token_lifetime,
        })
    }

    pub(super) fn open_active_key(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
    ) -> Result<SigningKey, KeyError> {
        let key = self.find_active_key(connection, now)?;
        key.ok_or_else(|| KeyError::Cryptography("no signing key is active".into()))
    }

    fn active_algorithm(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
    ) -> Result<Algorithm, KeyError> {
        Ok(self.find_active_key(connection, now)?.map_or(Algorithm::EdDSA, |key| key.algorithm()))
    }

    fn find_active_key(
        &self,
        connection: &mut Connection,
        now: DateTime<Utc>,
    ) -> Result<Option<SigningKey>, KeyError> {
        let Some(sealed) = storage::find_signing_key(connection, now)? else { return Ok(None) };
        let private = self.0.open(&sealed.kid, &sealed.sealed).map_err(|_| KeyError::OtherMasterSecret)?;
        let algorithm = serde_json::from_str::<Jwk>(&sealed.public_jwk)
            .ok()
            .and_then(|jwk| Algorithm::try_from(jwk.common.key_algorithm?).ok())
            .ok_or_else(|| KeyError::Cryptography(format!("the public key {} is unreadable", sealed.kid)))?;
        Ok(Some(SigningKey::new(sealed.kid, algorithm, &private)))
    }
}
