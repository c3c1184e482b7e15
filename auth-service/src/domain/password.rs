use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A password that a person chose or types (ASVS 6.2): any bytes, no rules of composition.
#[derive(Clone)]
pub struct Password(SecretString);

/// What is wrong with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Shorter than a new password may be.
    #[error("The password must have at least {} characters.", Password::MIN_CHARACTERS)]
    TooShort,
    /// Longer than any password may be.
    #[error("The password must have at most {} bytes.", Password::MAX_BYTES)]
    TooLong,
}

impl Password {
    /// The least length of a new password, in characters (ASVS 6.2.1).
    pub const MIN_CHARACTERS: usize = 8;

    /// The greatest length of any password, in bytes.
    pub const MAX_BYTES: usize = 1024;

    /// A password that a person wants from now on.
    pub fn parse_new(text: String) -> Result<Self, PasswordFault> {
        if text.chars().count() < Self::MIN_CHARACTERS {
            return Err(PasswordFault::TooShort);
        }
        Self::parse_existing(text)
    }

    /// A password that a person types to sign in: what was allowed once still is.
    pub fn parse_existing(text: String) -> Result<Self, PasswordFault> {
        if text.len() > Self::MAX_BYTES {
            return Err(PasswordFault::TooLong);
        }
        Ok(Self(SecretString::from(text)))
    }

    /// The password's text, to be judged and for nothing else.
    pub(crate) fn expose_text(&self) -> &str {
        self.0.expose_secret()
    }

    /// The password's bytes, to be hashed and for nothing else.
    pub(crate) fn expose_bytes(&self) -> &[u8] {
        self.0.expose_secret().as_bytes()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_password_has_8_characters_to_1024_bytes() {
        let fault = |text: String| Password::parse_new(text).err();
        assert_eq!(fault("1234567".into()), Some(PasswordFault::TooShort));
        assert_eq!(fault("äöüßéèê".into()), Some(PasswordFault::TooShort), "characters count, not bytes");
        assert_eq!(fault("12345678".into()), None);
        assert_eq!(fault("x".repeat(1024)), None);
        assert_eq!(fault("x".repeat(1025)), Some(PasswordFault::TooLong));
        assert!(Password::parse_existing(String::new()).is_ok());
    }

    #[test]
    fn a_password_does_not_show_in_debug() {
        assert_eq!(format!("{:?}", Password::parse_existing("hunter2".into()).unwrap()), "Password(..)");
    }
}
