use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A password chosen or entered by a person (ASVS 5.0, V6.2). All characters are allowed.
#[derive(Clone)]
pub struct Password(SecretString);

/// Why a password is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// A new password is too short.
    #[error("The password must have at least {} characters.", Password::MIN_CHARACTERS)]
    TooShort,
    /// The password is too long.
    #[error("The password must be at most {} bytes long.", Password::MAX_BYTES)]
    TooLong,
}

impl Password {
    /// The minimum length of a new password, in characters (ASVS 5.0, V6.2.1).
    pub const MIN_CHARACTERS: usize = 8;

    /// The maximum length of any password, in bytes.
    pub const MAX_BYTES: usize = 1024;

    /// Checks the length of a new password.
    pub fn parse_new(text: SecretString) -> Result<Self, PasswordError> {
        if text.expose_secret().chars().count() < Self::MIN_CHARACTERS {
            return Err(PasswordError::TooShort);
        }
        Self::parse_existing(text)
    }

    /// Accepts a password entered to sign in. It may be shorter than a new password.
    pub fn parse_existing(text: SecretString) -> Result<Self, PasswordError> {
        if text.expose_secret().len() > Self::MAX_BYTES {
            return Err(PasswordError::TooLong);
        }
        Ok(Self(text))
    }

    /// Returns true if the password is long enough to be a new password.
    pub(crate) fn has_minimum_length(&self) -> bool {
        self.expose_text().chars().count() >= Self::MIN_CHARACTERS
    }

    /// The password as text. Use it only to rate the password.
    pub(crate) fn expose_text(&self) -> &str {
        self.0.expose_secret()
    }

    /// The bytes of the password. Use them only to hash the password.
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
        let error = |text: &str| Password::parse_new(text.into()).err();

        assert_eq!(error("1234567"), Some(PasswordError::TooShort));
        assert_eq!(error("äöüßéèê"), Some(PasswordError::TooShort), "counted in characters, not bytes");
        assert_eq!(error("12345678"), None);
        assert_eq!(error(&"x".repeat(1024)), None);
        assert_eq!(error(&"x".repeat(1025)), Some(PasswordError::TooLong));
        assert!(Password::parse_existing("".into()).is_ok());
    }

    #[test]
    fn debug_output_hides_the_password() {
        assert_eq!(format!("{:?}", Password::parse_existing("hunter2".into()).unwrap()), "Password(..)");
    }
}
