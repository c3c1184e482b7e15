use std::{fmt, str::FromStr};

use bcrypt::HashParts;
use secrecy::{ExposeSecret, SecretString};

/// The accepted prefixes. `$2x$` marks hashes from a faulty implementation, and `$2$` hashes from before 1999.
const PREFIXES: [&str; 3] = ["$2a$", "$2b$", "$2y$"];

/// The lowest cost that bcrypt supports.
const MIN_COST: u32 = 4;

/// A bcrypt hash that this deployment can verify.
#[derive(Clone)]
pub struct PasswordHash(SecretString);

/// Why a string is not an acceptable hash. The message never contains the string, which may be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// It is a hash of another algorithm, or a password in plain text.
    #[error("is not a bcrypt hash, which starts with $2a$, $2b$ or $2y$")]
    NotBcrypt,
    /// It starts like a bcrypt hash, but is truncated or contains characters outside bcrypt's alphabet.
    #[error("starts like a bcrypt hash, but is truncated or damaged")]
    Malformed,
    /// The cost is lower than bcrypt supports.
    #[error("has the cost {0}; the lowest cost of bcrypt is 4")]
    TooCheap(u32),
    /// The cost is higher than the deployment allows.
    #[error("has the cost {cost}, above BCRYPT_COST_MAX ({max}), so sign-ins would fail")]
    TooExpensive {
        /// The cost of the hash.
        cost: u32,
        /// The highest cost that the deployment allows.
        max: u32,
    },
}

impl PasswordHash {
    /// Parses a hash with a cost of at most `max_cost`.
    pub fn parse(text: &str, max_cost: u32) -> Result<Self, HashError> {
        Self::cost_of(text, max_cost)?;
        Ok(Self(text.into()))
    }

    /// The cost of the hash in `text`, if it is at most `max_cost`.
    pub(crate) fn cost_of(text: &str, max_cost: u32) -> Result<u32, HashError> {
        if !PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
            return Err(HashError::NotBcrypt);
        }
        let parts = HashParts::from_str(text).map_err(|_| HashError::Malformed)?;
        match parts.get_cost() {
            cost if cost < MIN_COST => Err(HashError::TooCheap(cost)),
            cost if cost > max_cost => Err(HashError::TooExpensive { cost, max: max_cost }),
            cost => Ok(cost),
        }
    }

    /// The hash as text. Use it only to store it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";

    #[test]
    fn hashes_with_a_known_prefix_and_cost_are_accepted() {
        for (prefix, cost) in [("$2a$", "04"), ("$2b$", "10"), ("$2y$", "14")] {
            let text = format!("{prefix}{cost}${REST}");
            assert_eq!(PasswordHash::parse(&text, 14).unwrap().expose(), text);
        }
    }

    #[test]
    fn other_texts_are_rejected_and_not_repeated() {
        let hash = |prefix: &str, rest: &str| format!("{prefix}{rest}");
        for (text, error) in [
            (String::new(), HashError::NotBcrypt),
            ("hunter2".into(), HashError::NotBcrypt),
            (hash("$2x$10$", REST), HashError::NotBcrypt),
            (hash("$argon2id$v=19$", REST), HashError::NotBcrypt),
            (hash("$2b$03$", REST), HashError::TooCheap(3)),
            (hash("$2b$15$", REST), HashError::TooExpensive { cost: 15, max: 14 }),
            (hash("$2b$xx$", REST), HashError::Malformed),
            (hash("$2b$10$", REST.trim_start_matches('N')), HashError::Malformed),
            (hash("$2b$10$", &REST.replace('o', "*")), HashError::Malformed),
            (hash("$2b$10$", &REST.replace("N9", "é")), HashError::Malformed),
            (hash(" $2b$10$", REST), HashError::NotBcrypt),
        ] {
            let refused = PasswordHash::parse(&text, 14).unwrap_err();
            assert_eq!(refused, error, "{text}");
            assert!(!refused.to_string().contains("hunter2") && !refused.to_string().contains(REST));
        }
        assert_eq!(format!("{:?}", PasswordHash::parse(&hash("$2b$10$", REST), 14)), "Ok(PasswordHash(..))");
    }
}
