use std::{fmt, hint};

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use drawbridge_core::secret::{KeyPurpose, MasterSecret};
use secrecy::zeroize::Zeroizing;

use super::PasswordConfig;
use crate::domain::{Password, PasswordHash};

/// The longest password that bcrypt uses in full: 72 bytes with the terminating NUL.
const BCRYPT_MAX_BYTES: usize = 71;

/// The result of checking a password.
#[derive(Clone, PartialEq, Eq)]
pub enum PasswordVerdict {
    /// The password matches.
    Match {
        /// A hash to store instead, if the stored one is weaker than `BCRYPT_COST`.
        stronger: Option<String>,
    },
    /// The password does not match, or there is no hash to check it against.
    Mismatch,
}

impl fmt::Debug for PasswordVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Match { stronger: None } => "Match",
            Self::Match { stronger: Some(_) } => "Match with a stronger hash",
            Self::Mismatch => "Mismatch",
        })
    }
}

/// bcrypt as this deployment runs it.
#[derive(Clone)]
pub(super) struct Bcrypt {
    pre_hash: hmac::Key,
    cost: u32,
    max_cost: u32,
}

impl Bcrypt {
    pub(super) fn new(config: PasswordConfig, master: &MasterSecret) -> Self {
        Self {
            pre_hash: master.hmac_key(KeyPurpose::PasswordPreHash),
            cost: config.cost,
            max_cost: config.max_cost,
        }
    }

    /// The input for bcrypt. A password of up to 71 bytes is used as it is, so that hashes can be moved between
    /// systems. bcrypt would truncate a longer password, or one that contains a NUL byte, so these are first hashed
    /// with a key.
    fn input(&self, password: &Password) -> Zeroizing<Vec<u8>> {
        let bytes = password.expose_bytes();
        Zeroizing::new(if bytes.len() <= BCRYPT_MAX_BYTES && !bytes.contains(&0) {
            bytes.to_vec()
        } else {
            STANDARD.encode(hmac::sign(&self.pre_hash, bytes)).into_bytes()
        })
    }

    #[expect(clippy::expect_used, reason = "start-up checks the cost, and the input is short enough")]
    pub(super) fn hash(&self, password: &Password) -> String {
        bcrypt::non_truncating_hash(self.input(password), self.cost)
            .expect("the cost is in range and the input is short enough")
    }

    pub(super) fn verify(&self, password: &Password, stored: Option<&str>) -> PasswordVerdict {
        let runnable = stored.and_then(|hash| Some((hash, self.runnable_cost(hash)?)));
        let Some((hash, cost)) = runnable else {
            if stored.is_some() {
                tracing::warn!("a stored password hash is not bcrypt, or its cost is above BCRYPT_COST_MAX");
            }
            Self::spend(self.cost);
            return PasswordVerdict::Mismatch;
        };
        match bcrypt::non_truncating_verify(self.input(password), hash) {
            Ok(true) => {
                let stronger = (cost < self.cost).then(|| self.hash(password));
                return PasswordVerdict::Match { stronger };
            }
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "a stored password hash is unreadable");
                Self::spend(cost);
            }
        }
        // Each step of the cost doubles the work: 2^c + 2^c + … + 2^(cost-1) = 2^cost. A wrong password therefore
        // takes the same time for every cost of the stored hash.
        (cost..self.cost).for_each(Self::spend);
        PasswordVerdict::Mismatch
    }

    /// The cost of a stored hash, if this deployment verifies it.
    fn runnable_cost(&self, hash: &str) -> Option<u32> {
        PasswordHash::cost_of(hash, self.max_cost).ok()
    }

    /// Takes as long as a hash of `cost`.
    fn spend(cost: u32) {
        let _ = hint::black_box(bcrypt::non_truncating_hash_with_salt(b"no such user", cost, [0x5a; 16]));
    }
}
