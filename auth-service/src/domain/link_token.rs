//! The token in a mailed link: 256 random bits. The database stores only its hash (ASVS 5.0, V6.4.1, V11.5.1).

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_core::random::Random;
use secrecy::{ExposeSecret, SecretString};

const TOKEN_BYTES: usize = 32;

/// The token of a link.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken([u8; TOKEN_BYTES]);

impl LinkToken {
    /// Generates a token.
    pub fn generate(random: Random) -> Self {
        Self(random.bytes())
    }

    /// Parses a token; `None` if it is malformed.
    pub fn parse(text: &SecretString) -> Option<Self> {
        Some(Self(URL_SAFE_NO_PAD.decode(text.expose_secret().trim()).ok()?.try_into().ok()?))
    }

    /// The stored hash. The token is random, so the hash needs no salt and need not be slow.
    pub fn hash(&self) -> Vec<u8> {
        digest(&SHA256, &self.0).as_ref().to_vec()
    }

    /// The token as it appears in the link.
    pub fn text(&self) -> SecretString {
        URL_SAFE_NO_PAD.encode(self.0).into()
    }
}

impl std::fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkToken(..)")
    }
}
