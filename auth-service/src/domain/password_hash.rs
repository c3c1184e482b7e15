use std::{fmt, str::FromStr};

use bcrypt::HashParts;
use secrecy::{ExposeSecret, SecretString};

/// The prefixes of bcrypt as it is meant. `$2x$` marks hashes of an old fault, `$2$` those before 1999.
const PREFIXES: [&str; 3] = ["$2a$", "$2b$", "$2y$"];

/// The lowest cost that bcrypt knows.
const MIN_COST: u32 = 4;

/// A bcrypt hash that can be run here.
#[derive(Clone)]
pub struct PasswordHash(SecretString);

/// Why a text is no hash that can be run here. It never shows the text, which may be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HashFault {
    /// Something else: another algorithm, or a password in plain text.
    #[error("is no bcrypt hash, which begins with $2a$, $2b$ or $2y$")]
    NotBcrypt,
    /// It begins like a bcrypt hash, but a part of it is missing or not in bcrypt's alphabet.
    #[error("begins like a bcrypt hash, but is not one: cut off, or changed on its way")]
    Malformed,
    /// bcrypt knows no such cost.
    #[error("has the cost {0}; bcrypt knows costs from 4")]
    TooCheap(u32),
    /// It would not be run.
    #[error("has the cost {cost}, above BCRYPT_COST_MAX ({max}): nobody could sign in with it")]
    TooExpensive {
        /// The hash's.
        cost: u32,
        /// The highest that is run.
        max: u32,
    },
}

impl PasswordHash {
    /// A hash of a cost of at most `max_cost`.
    pub fn parse(text: &str, max_cost: u32) -> Result<Self, HashFault> {
        Self::cost_of(text, max_cost)?;
        Ok(Self(text.into()))
    }

    /// The cost of the hash that `text` is, if that is at most `max_cost`.
    pub(crate) fn cost_of(text: &str, max_cost: u32) -> Result<u32, HashFault> {
        if !PREFIXES.iter().any(|prefix| text.starts_with(prefix)) {
            return Err(HashFault::NotBcrypt);
        }
        let parts = HashParts::from_str(text).map_err(|_| HashFault::Malformed)?;
        match parts.get_cost() {
            cost if cost < MIN_COST => Err(HashFault::TooCheap(cost)),
            cost if cost > max_cost => Err(HashFault::TooExpensive { cost, max: max_cost }),
            cost => Ok(cost),
        }
    }

    /// The text, to be stored and for nothing else.
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
    fn the_three_prefixes_and_every_cost_that_is_run_are_taken() {
        for (prefix, cost) in [("$2a$", "04"), ("$2b$", "10"), ("$2y$", "14")] {
            let text = format!("{prefix}{cost}${REST}");
            assert_eq!(PasswordHash::parse(&text, 14).unwrap().expose(), text);
        }
    }

    #[test]
    fn what_nobody_could_sign_in_with_is_refused_without_being_shown() {
        let of = |prefix: &str, rest: &str| format!("{prefix}{rest}");
        for (text, fault) in [
            (String::new(), HashFault::NotBcrypt),
            ("hunter2".into(), HashFault::NotBcrypt),
            (of("$2x$10$", REST), HashFault::NotBcrypt),
            (of("$argon2id$v=19$", REST), HashFault::NotBcrypt),
            (of("$2b$03$", REST), HashFault::TooCheap(3)),
            (of("$2b$15$", REST), HashFault::TooExpensive { cost: 15, max: 14 }),
            (of("$2b$xx$", REST), HashFault::Malformed),
            (of("$2b$10$", REST.trim_start_matches('N')), HashFault::Malformed),
            (of("$2b$10$", &REST.replace('o', "*")), HashFault::Malformed),
            (of("$2b$10$", &REST.replace("N9", "é")), HashFault::Malformed),
            (of(" $2b$10$", REST), HashFault::NotBcrypt),
        ] {
            let refused = PasswordHash::parse(&text, 14).unwrap_err();
            assert_eq!(refused, fault, "{text}");
            assert!(!refused.to_string().contains("hunter2") && !refused.to_string().contains(REST));
        }
        assert_eq!(format!("{:?}", PasswordHash::parse(&of("$2b$10$", REST), 14)), "Ok(PasswordHash(..))");
    }
}
