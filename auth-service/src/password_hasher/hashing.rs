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
        /// A hash to store instead, if the stored one is weaker than `BCRYPT_COST`, or not of the normalized form.
        replacement: Option<String>,
    },
    /// The password does not match, or there is no hash to check it against.
    Mismatch,
}

impl fmt::Debug for PasswordVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Match { replacement: None } => "Match",
            Self::Match { replacement: Some(_) } => "Match with a better hash",
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
    fn input(&self, bytes: &[u8]) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(if bytes.len() <= BCRYPT_MAX_BYTES && !bytes.contains(&0) {
            bytes.to_vec()
        } else {
            STANDARD.encode(hmac::sign(&self.pre_hash, bytes)).into_bytes()
        })
    }

    /// Hashes the normalized form of a password.
    pub(super) fn hash(&self, password: &Password) -> String {
        self.hash_at(self.cost, password)
    }

    #[expect(clippy::expect_used, reason = "start-up checks the cost, and the input is short enough")]
    fn hash_at(&self, cost: u32, password: &Password) -> String {
        bcrypt::non_truncating_hash(self.input(password.expose_bytes()), cost)
            .expect("the cost is in range and the input is short enough")
    }

    /// Checks each form of a password. The time depends on what was entered, and not on the stored hash, unless the
    /// password matches.
    pub(super) fn verify(&self, password: &Password, stored: Option<&str>) -> PasswordVerdict {
        let runnable = stored.and_then(|hash| Some((hash, self.runnable_cost(hash)?)));
        let Some((hash, cost)) = runnable else {
            if stored.is_some() {
                tracing::warn!("a stored password hash is not bcrypt, or its cost is above BCRYPT_COST_MAX");
            }
            password.forms().for_each(|_| Self::spend(self.cost));
            return PasswordVerdict::Mismatch;
        };
        for form in password.forms() {
            if self.is_hash_of(form, hash, cost) {
                // With the hash of another form, only one way of entering the password would work.
                let is_current = cost >= self.cost && form == password.expose_bytes();
                let replacement = (!is_current).then(|| self.hash_at(cost.max(self.cost), password));
                return PasswordVerdict::Match { replacement };
            }
        }
        PasswordVerdict::Mismatch
    }

    /// Returns true if `hash`, which has this cost, is the hash of these bytes.
    fn is_hash_of(&self, bytes: &[u8], hash: &str, cost: u32) -> bool {
        match bcrypt::non_truncating_verify(self.input(bytes), hash) {
            Ok(true) => return true,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(%error, "a stored password hash is unreadable");
                Self::spend(cost);
            }
        }
        // Each step of the cost doubles the work: 2^c + 2^c + … + 2^(cost-1) = 2^cost. A wrong password therefore
        // takes the same time for every cost of the stored hash.
        (cost..self.cost).for_each(Self::spend);
        false
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
