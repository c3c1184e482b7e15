//! Signing keys: created under a lock, sealed in the database, and cached in memory for a second.

mod config;
mod rotation;
mod signer;
mod vault;

use std::time::Duration;

use chrono::TimeDelta;
use drawbridge_database::DatabaseUnavailable;
use drawbridge_verification::token::{ACCESS_TOKEN_TYPE, SESSION_TOKEN_TYPE};
use jsonwebtoken::{Algorithm, EncodingKey, Header};

pub use config::TokenConfig;
pub use rotation::rotate_by_age;
pub use signer::{IssuedToken, TokenSigner, TokenSubject};
pub use vault::KeyVault;

/// How long a new key is published before it signs: longer than any verifier keeps a key set.
pub const KEY_LEAD_TIME: TimeDelta = TimeDelta::minutes(10);

/// How long the signing key is kept in memory before the database is queried again. A revoked key keeps signing for at
/// most this long.
const KEY_CACHE_TTL: Duration = Duration::from_secs(1);

/// Why a signing key cannot be created or used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The database is unavailable.
    #[error(transparent)]
    Unavailable(#[from] DatabaseUnavailable),
    /// The keys were sealed under another master secret.
    #[error("the signing keys in the database were sealed under another MASTER_SECRET; start with that one")]
    OtherMasterSecret,
    /// The cryptography library failed.
    #[error("a signing key cannot be used: {0}")]
    Cryptography(String),
}

impl KeyError {
    fn cryptography(error: impl std::fmt::Display) -> Self {
        Self::Cryptography(error.to_string())
    }
}

impl From<diesel::result::Error> for KeyError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

/// An opened private key, with the headers of the tokens that it signs.
struct SigningKey {
    session_header: Header,
    access_header: Header,
    key: EncodingKey,
}

impl SigningKey {
    fn new(kid: String, algorithm: Algorithm, private: &[u8]) -> Self {
        let mut session_header = Header::new(algorithm);
        session_header.typ = Some(SESSION_TOKEN_TYPE.to_owned());
        session_header.kid = Some(kid);
        let access_header = Header { typ: Some(ACCESS_TOKEN_TYPE.to_owned()), ..session_header.clone() };
        Self { session_header, access_header, key: encoding_key(algorithm, private) }
    }

    fn algorithm(&self) -> Algorithm {
        self.session_header.alg
    }
}

/// Converts a configured duration. One that does not fit becomes the longest `TimeDelta`.
fn time_delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

fn encoding_key(algorithm: Algorithm, private: &[u8]) -> EncodingKey {
    match algorithm {
        Algorithm::ES256 => EncodingKey::from_ec_der(private),
        _ => EncodingKey::from_ed_der(private),
    }
}
