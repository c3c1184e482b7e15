//! The session token: a JWT (RFC 7519) that says who and which session, and nothing else.

use std::{collections::HashMap, sync::Arc};

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use chrono::{DateTime, Utc};
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode, decode_header,
    jwk::{Jwk, JwkSet},
};
use serde::{Deserialize, Serialize};

use drawbridge_core::{
    TOKEN_MAX_BYTES,
    id::{SessionId, UserId},
    origin::Origin,
    settings::{Reader, Setting},
};

/// The header's `typ` (RFC 9068).
pub const TOKEN_TYPE: &str = "at+jwt";

const TOKEN_ISSUER: Setting =
    Setting::new("TOKEN_ISSUER", "`iss` of session tokens.").default("`FRONTEND_ORIGIN`");
const TOKEN_AUDIENCE: Setting =
    Setting::new("TOKEN_AUDIENCE", "`aud` of session tokens.").default("`FRONTEND_ORIGIN`");

/// The parties of a token (RFC 7519, 4.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenParties {
    /// `iss`: who issues it.
    pub issuer: String,
    /// `aud`: who accepts it.
    pub audience: String,
}

impl TokenParties {
    /// Reads `TOKEN_ISSUER` and `TOKEN_AUDIENCE`.
    pub fn read(reader: &mut Reader, frontend: Option<&Origin>) -> Option<Self> {
        let frontend = frontend.map(ToString::to_string);
        let mut party = |setting: Setting| {
            reader.optional(setting, |text| Ok(text.to_owned())).or_else(|| frontend.clone())
        };
        let issuer = party(TOKEN_ISSUER);
        let audience = party(TOKEN_AUDIENCE);
        Some(Self { issuer: issuer?, audience: audience? })
    }
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who made it.
    pub iss: String,
    /// Who should accept it.
    pub aud: String,
    /// The user.
    pub sub: UserId,
    /// The session.
    pub sid: SessionId,
    /// When it was made, in seconds since 1970.
    pub iat: i64,
    /// When it ends, in seconds since 1970.
    pub exp: i64,
}

/// What a token says that one of our keys signed for us. Of its session it says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The user.
    pub user: UserId,
    /// The session.
    pub session: SessionId,
    /// The key that signed it.
    pub kid: Arc<str>,
    issued_at: i64,
    expires_at: i64,
}

impl Signed {
    /// When the token was made.
    pub fn issued_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.issued_at, 0).unwrap_or_default()
    }

    /// When the token ends.
    pub fn expires_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.expires_at, 0).unwrap_or_default()
    }

    /// Whether its time is over.
    pub fn has_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at <= now.timestamp()
    }
}

/// Why a token is not accepted by its text alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenFault {
    /// Not a token of ours.
    Invalid,
    /// It names a key that is not in the set. A newer set may have it.
    UnknownKey,
}

/// What tells one set of keys from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeysDigest(Arc<str>);

impl KeysDigest {
    /// The digest of the set with these `kid`s, in any order.
    pub fn of<'a>(kids: impl IntoIterator<Item = &'a str>) -> Self {
        let mut kids: Vec<_> = kids.into_iter().collect();
        kids.sort_unstable();
        let digest = digest::digest(&digest::SHA256, kids.join("\n").as_bytes());
        Self(URL_SAFE_NO_PAD.encode(digest).into())
    }

    /// The digest as [`KeysDigest::as_str`] wrote it.
    pub fn read(text: &str) -> Self {
        Self(text.into())
    }

    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

struct VerificationKey {
    key: DecodingKey,
    validation: Validation,
}

/// The public keys (JWKS, RFC 7517) that tokens are checked against.
///
/// A key brings its algorithm along; what a token's header says is compared with it, never used.
pub struct KeySet {
    jwks: JwkSet,
    keys: HashMap<Arc<str>, VerificationKey>,
}

impl KeySet {
    /// The set of the `EdDSA` and `ES256` keys in `jwks`. Any other key is left out with a warning.
    pub fn new(jwks: JwkSet, parties: &TokenParties) -> Self {
        let mut keys = HashMap::new();
        for jwk in &jwks.keys {
            match verification_key(jwk, parties) {
                Some((kid, key)) => {
                    keys.insert(kid, key);
                }
                None => tracing::warn!(kid = ?jwk.common.key_id, "a published key is not EdDSA or ES256"),
            }
        }
        Self { jwks, keys }
    }

    /// The set as it is published.
    pub fn jwks(&self) -> &JwkSet {
        &self.jwks
    }

    /// Whether the key is in the set.
    pub fn has(&self, kid: &str) -> bool {
        self.keys.contains_key(kid)
    }

    /// What tells this set from any other: the names of its keys, which are their thumbprints.
    pub fn digest(&self) -> KeysDigest {
        KeysDigest::of(self.jwks.keys.iter().filter_map(|jwk| jwk.common.key_id.as_deref()))
    }

    /// Whether no key is in the set.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What `token` says, if a key of the set signed it, for us. It may have expired.
    ///
    /// # Errors
    /// Which of these it was not.
    pub fn check(&self, token: &str) -> Result<Signed, TokenFault> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(TokenFault::Invalid);
        }
        let header = decode_header(token).map_err(|_| TokenFault::Invalid)?;
        if header.typ.as_deref() != Some(TOKEN_TYPE) || header.crit.is_some() {
            return Err(TokenFault::Invalid);
        }
        let kid = header.kid.ok_or(TokenFault::Invalid)?;
        let (kid, known) = self.keys.get_key_value(kid.as_str()).ok_or(TokenFault::UnknownKey)?;
        let claims =
            decode::<Claims>(token, &known.key, &known.validation).map_err(|_| TokenFault::Invalid)?.claims;
        let Claims { sub: user, sid: session, iat: issued_at, exp: expires_at, .. } = claims;
        Ok(Signed { user, session, kid: kid.clone(), issued_at, expires_at })
    }
}

fn verification_key(jwk: &Jwk, parties: &TokenParties) -> Option<(Arc<str>, VerificationKey)> {
    let algorithm = Algorithm::try_from(jwk.common.key_algorithm?).ok()?;
    if !matches!(algorithm, Algorithm::EdDSA | Algorithm::ES256) {
        return None;
    }
    let mut validation = Validation::new(algorithm);
    // Time is handed in, so `exp` is compared by the caller.
    validation.validate_exp = false;
    validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
    validation.set_issuer(&[&parties.issuer]);
    validation.set_audience(&[&parties.audience]);
    let key = DecodingKey::from_jwk(jwk).ok()?;
    Some((jwk.common.key_id.as_deref()?.into(), VerificationKey { key, validation }))
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
