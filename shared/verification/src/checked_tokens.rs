use std::{
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};

use crate::token::{KeySet, Signed};
use drawbridge_core::{bounded_cache::BoundedCache, metrics::Metrics};

/// The tokens whose signature this process has checked already.
///
/// They are told apart by SHA-256 of their whole text: no two are known that share one, and it takes
/// a fifteenth of the memory that the text would take. Only what a key of ours signed gets in.
pub(super) struct CheckedTokens(BoundedCache<TokenDigest, Arc<Signed>, FirstBytes>);

type TokenDigest = [u8; 32];

/// The bytes of an entry: the claims, the digest and the share of the tables.
const ENTRY_BYTES: u64 = 224;

impl CheckedTokens {
    pub(super) fn new(bytes: u64, metrics: &Metrics) -> Self {
        Self(BoundedCache::new("tokens", bytes, |_, _| ENTRY_BYTES, metrics))
    }

    /// What a token says that was checked before, while its key is still in the set and its time is
    /// not over.
    pub(super) fn get(&self, token: &str, keys: &KeySet, now: DateTime<Utc>) -> Option<Arc<Signed>> {
        if self.0.is_off() {
            return None;
        }
        let digest = digest_of(token)?;
        let signed = self.0.get(&digest)?;
        let alive = keys.has(&signed.kid) && !signed.has_expired(now);
        if !alive {
            self.0.remove(&digest);
            return None;
        }
        Some(signed)
    }

    /// Remembers a token that has not expired.
    pub(super) fn keep(&self, token: &str, signed: Arc<Signed>) {
        if let Some(digest) = digest_of(token) {
            self.0.insert(digest, signed);
        }
    }
}

fn digest_of(token: &str) -> Option<TokenDigest> {
    digest(&SHA256, token.as_bytes()).as_ref().try_into().ok()
}

/// The place of an entry in the table: a digest is as good as random already.
type FirstBytes = BuildHasherDefault<FirstBytesHasher>;

#[derive(Default)]
struct FirstBytesHasher(u64);

impl Hasher for FirstBytesHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_ne_bytes(*first);
        }
    }

    // The length of the digest, which all have.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
