//! What a link in a mail carries: 256 random bits, of which the database keeps a hash (ASVS 5.0, V6.4.1, V11.5.1).

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_core::random::Random;

const BYTES: usize = 32;

/// A link's token.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken([u8; BYTES]);

impl LinkToken {
    /// A new one.
    pub fn generate(random: Random) -> Self {
        Self(random.bytes())
    }

    /// Reads a token; `None` for what is none.
    pub fn parse(text: &str) -> Option<Self> {
        Some(Self(URL_SAFE_NO_PAD.decode(text.trim()).ok()?.try_into().ok()?))
    }

    /// What is kept of it. It is random, so it needs no salt and no slow hash.
    pub fn hash(&self) -> Vec<u8> {
        digest(&SHA256, &self.0).as_ref().to_vec()
    }

    /// The text in the link.
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl std::fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkToken(..)")
    }
}
