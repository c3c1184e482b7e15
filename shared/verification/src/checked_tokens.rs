use std::{
    hash::{BuildHasherDefault, Hasher},
    sync::Arc,
};

use aws_lc_rs::digest::{SHA256, digest};
use chrono::{DateTime, Utc};
use drawbridge_core::{bounded_cache::BoundedCache, metrics::Metrics};

use crate::token::{KeySet, SignedToken, TokenPurpose};

/// The tokens whose signature this process has already checked.
///
/// The key is the SHA-256 of the whole token: collisions are not feasible, and it takes a fifteenth of the
/// memory that the text would take. Only tokens signed with one of our keys are stored.
pub(crate) struct CheckedTokens(BoundedCache<TokenDigest, Arc<SignedToken>, DigestHash>);

type TokenDigest = [u8; 32];

/// The size of an entry: the claims, the digest and the share of the tables. An audience of its own comes on top.
const ENTRY_BYTES: u64 = 248;

impl CheckedTokens {
    /// A cache of at most `bytes`.
    pub(crate) fn new(bytes: u64, metrics: &Metrics) -> Self {
        Self(BoundedCache::new("tokens", bytes, |_, signed| entry_bytes(signed), metrics))
    }

    /// The claims of a token that was checked before, if its key is still in the set and it has not expired.
    pub(crate) fn get(&self, token: &str, keys: &KeySet, now: DateTime<Utc>) -> Option<Arc<SignedToken>> {
        if self.0.is_off() {
            return None;
        }
        let digest = token_digest(token)?;
        let signed = self.0.get(&digest)?;
        let is_usable = keys.has(&signed.kid) && !signed.has_expired(now);
        if !is_usable {
            self.0.remove(&digest);
            return None;
        }
        Some(signed)
    }

    /// Stores the claims of a token that has not expired.
    pub(crate) fn insert(&self, token: &str, signed: Arc<SignedToken>) {
        if let Some(digest) = token_digest(token) {
            self.0.insert(digest, signed);
        }
    }
}

fn entry_bytes(signed: &Arc<SignedToken>) -> u64 {
    match &signed.purpose {
        TokenPurpose::Session => ENTRY_BYTES,
        TokenPurpose::SessionAt(audience) | TokenPurpose::Access(audience) => {
            ENTRY_BYTES + audience.len() as u64
        }
    }
}

fn token_digest(token: &str) -> Option<TokenDigest> {
    digest(&SHA256, token.as_bytes()).as_ref().try_into().ok()
}

/// Hashes a digest to its first bytes, which are uniformly distributed already.
type DigestHash = BuildHasherDefault<DigestHasher>;

#[derive(Default)]
struct DigestHasher(u64);

impl Hasher for DigestHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_ne_bytes(*first);
        }
    }

    // Ignores the length, which is the same for every digest.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
