use std::sync::Arc;

use aws_lc_rs::digest;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The key digest: a hash over the IDs of all published keys, which tells one set of keys from another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeysDigest(Arc<str>);

impl KeysDigest {
    /// The digest of the set with these key IDs, in any order.
    pub fn from_kids<'a>(kids: impl IntoIterator<Item = &'a str>) -> Self {
        let mut kids: Vec<_> = kids.into_iter().collect();
        kids.sort_unstable();
        let digest = digest::digest(&digest::SHA256, kids.join("\n").as_bytes());
        Self(URL_SAFE_NO_PAD.encode(digest).into())
    }

    /// A digest that [`KeysDigest::as_str`] wrote.
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// The digest as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
