//! Signing keys: created under a lock, sealed in the database, and cached in memory for a second.

mod config;
mod rotation;
mod signer;
mod vault;

use std::time::Duration;

use chrono::TimeDelta;
use drawbridge_database::DatabaseUnavailable;
use jsonwebtoken::{Algorithm, EncodingKey, Header};

pub use config::TokenConfig;
pub use rotation::rotate_by_age;
pub use signer::{IssuedToken, TokenSigner};
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

/// An opened private key, with the header of the tokens that it signs.
struct SigningKey {
    header: Header,
    key: EncodingKey,
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
