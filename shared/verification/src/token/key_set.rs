use std::{collections::HashMap, sync::Arc};

use drawbridge_core::TOKEN_MAX_BYTES;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{Jwk, JwkSet},
};

use super::{
    claims::{Claims, SignedToken},
    keys_digest::KeysDigest,
    parties::TokenParties,
    purpose::TokenPurpose,
};

/// Why a token is refused because of its text alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFault {
    /// The token is not one of ours.
    Invalid,
    /// The token names a key that is not in the set. A newer set may contain it.
    UnknownKey,
}

struct VerificationKey {
    key: DecodingKey,
    validation: Validation,
}

/// The public keys (JWKS, RFC 7517) that signatures are checked with.
///
/// Each key determines its algorithm. The algorithm in a token's header must match it and is never used to
/// choose one.
pub struct KeySet {
    jwks: JwkSet,
    /// The deployment's audience.
    audience: String,
    keys: HashMap<Arc<str>, VerificationKey>,
}

impl KeySet {
    /// The `EdDSA` and `ES256` keys in `jwks`. Other keys are skipped with a warning.
    pub fn new(jwks: JwkSet, parties: &TokenParties) -> Self {
        let mut keys = HashMap::new();
        for jwk in &jwks.keys {
            match verification_key(jwk, parties) {
                Some((kid, key)) => {
                    keys.insert(kid, key);
                }
                None => {
                    tracing::warn!(kid = ?jwk.common.key_id, "published key ignored: not EdDSA or ES256");
                }
            }
        }
        Self { jwks, audience: parties.audience.clone(), keys }
    }

    /// The set as published.
    pub fn jwks(&self) -> &JwkSet {
        &self.jwks
    }

    /// Returns true if the set contains the key.
    pub fn has(&self, kid: &str) -> bool {
        self.keys.contains_key(kid)
    }

    /// The digest of the set. The IDs are the keys' thumbprints, so equal digests mean equal keys.
    pub fn digest(&self) -> KeysDigest {
        KeysDigest::from_kids(self.jwks.keys.iter().filter_map(|jwk| jwk.common.key_id.as_deref()))
    }

    /// Returns true if the set has no key.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Checks the type, signature and issuer of a token, but not its expiry. The caller compares its purpose with what
    /// the endpoint accepts.
    ///
    /// # Errors
    /// [`TokenFault::UnknownKey`] if the key is not in the set, otherwise [`TokenFault::Invalid`].
    pub fn check(&self, token: &str) -> Result<SignedToken, TokenFault> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(TokenFault::Invalid);
        }
        let header = decode_header(token).map_err(|_| TokenFault::Invalid)?;
        if header.crit.is_some() {
            return Err(TokenFault::Invalid);
        }
        let kid = header.kid.ok_or(TokenFault::Invalid)?;
        let (kid, known) = self.keys.get_key_value(kid.as_str()).ok_or(TokenFault::UnknownKey)?;
        let decoded =
            decode::<Claims>(token, &known.key, &known.validation).map_err(|_| TokenFault::Invalid)?;
        let typ = header.typ.unwrap_or_default();
        let purpose = TokenPurpose::from_token(&typ, &decoded.claims.aud, &self.audience);
        Ok(SignedToken::new(&decoded.claims, kid.clone(), purpose.ok_or(TokenFault::Invalid)?))
    }
}

fn verification_key(jwk: &Jwk, parties: &TokenParties) -> Option<(Arc<str>, VerificationKey)> {
    let algorithm = Algorithm::try_from(jwk.common.key_algorithm?).ok()?;
    if !matches!(algorithm, Algorithm::EdDSA | Algorithm::ES256) {
        return None;
    }
    let mut validation = Validation::new(algorithm);
    // The caller checks `exp`, because time is passed in.
    validation.validate_exp = false;
    // The purpose is made from `aud` and `typ`.
    validation.validate_aud = false;
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    validation.set_issuer(&parties.accepted_issuers());
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some((jwk.common.key_id.as_deref()?.into(), VerificationKey { key, validation }))
}

#[cfg(test)]
#[path = "key_set_tests.rs"]
mod tests;
