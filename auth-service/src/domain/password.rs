use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// A password chosen or entered by a person (ASVS 5.0, V6.2). All characters are allowed.
///
/// Keyboards and systems encode the same characters differently: `é` can be one character or two, and East Asian
/// keyboards write full-width letters. A password therefore has a normalized form, which is the same for all of them
/// (NIST SP 800-63B, 3.1.1.2; RFC 8265 recommends the weaker NFC).
#[derive(Clone)]
pub struct Password {
    normalized: SecretString,
    /// The password as entered, if that is not its normalized form. Hashes from earlier versions and other systems are
    /// of this form.
    as_entered: Option<SecretString>,
}

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

    /// The maximum length of any password, in bytes of its normalized form.
    pub const MAX_BYTES: usize = 1024;

    /// The maximum length of any password as entered, in bytes. Decomposed letters can take three times the space of
    /// their normalized form.
    const MAX_BYTES_AS_ENTERED: usize = 4 * Self::MAX_BYTES;

    /// Checks the length of a new password.
    pub fn parse_new(text: SecretString) -> Result<Self, PasswordError> {
        let password = Self::normalize(text)?;
        if !password.has_minimum_length() {
            return Err(PasswordError::TooShort);
        }
        if password.normalized.expose_secret().len() > Self::MAX_BYTES {
            return Err(PasswordError::TooLong);
        }
        Ok(password)
    }

    /// Accepts a password entered to sign in. It may be shorter than a new password.
    pub fn parse_existing(text: SecretString) -> Result<Self, PasswordError> {
        let password = Self::normalize(text)?;
        // Normalization can lengthen a password, and earlier versions measured what was entered.
        let has_accepted_form = password.forms().any(|form| form.len() <= Self::MAX_BYTES);
        if has_accepted_form { Ok(password) } else { Err(PasswordError::TooLong) }
    }

    fn normalize(text: SecretString) -> Result<Self, PasswordError> {
        let entered = text.expose_secret();
        if entered.len() > Self::MAX_BYTES_AS_ENTERED {
            return Err(PasswordError::TooLong);
        }
        if is_normalized(entered) {
            return Ok(Self { normalized: text, as_entered: None });
        }
        let normalized = normalized_form(entered);
        let as_entered = (normalized != entered).then_some(text);
        Ok(Self { normalized: normalized.into(), as_entered })
    }

    /// Returns true if the password is long enough to be a new password.
    pub(crate) fn has_minimum_length(&self) -> bool {
        self.expose_text().chars().count() >= Self::MIN_CHARACTERS
    }

    /// The normalized form as text. Use it only to rate the password.
    pub(crate) fn expose_text(&self) -> &str {
        self.normalized.expose_secret()
    }

    /// The bytes of the normalized form. Use them only to hash the password.
    pub(crate) fn expose_bytes(&self) -> &[u8] {
        self.expose_text().as_bytes()
    }

    /// The bytes that a stored hash may be of: those of the normalized form, then those that were entered, if they
    /// differ. Use them only to check the password.
    pub(crate) fn forms(&self) -> impl Iterator<Item = &[u8]> {
        let as_entered = self.as_entered.as_ref().map(|text| text.expose_secret().as_bytes());
        [Some(self.expose_bytes()), as_entered].into_iter().flatten()
    }
}

/// Returns true if the text is certainly in its normalized form.
fn is_normalized(text: &str) -> bool {
    text.is_ascii() || !text.chars().any(is_other_space) && is_nfkc_quick(text.chars()) == IsNormalized::Yes
}

/// NFKC, with the additional mapping of spaces of RFC 8265, 4.2.2.
fn normalized_form(text: &str) -> String {
    text.chars().map(|c| if is_other_space(c) { ' ' } else { c }).nfkc().collect()
}

/// Returns true for a space (general category Zs) other than the ASCII space.
fn is_other_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert_eq, proptest};

    use super::*;

    fn normalized(text: &str) -> String {
        Password::parse_existing(text.into()).unwrap().expose_text().to_owned()
    }

    #[test]
    fn a_new_password_has_8_characters_to_1024_bytes() {
        let error = |text: &str| Password::parse_new(text.into()).err();

        assert_eq!(error("1234567"), Some(PasswordError::TooShort));
        assert_eq!(error("äöüßéèê"), Some(PasswordError::TooShort), "counted in characters, not bytes");
        assert_eq!(error("a\u{308}o\u{308}u\u{308}ßéèê"), Some(PasswordError::TooShort), "decomposed");
        assert_eq!(error("12345678"), None);
        assert_eq!(error(&"x".repeat(1024)), None);
        assert_eq!(error(&"x".repeat(1025)), Some(PasswordError::TooLong));
        assert_eq!(
            error(&"\u{fdfa}".repeat(100)),
            Some(PasswordError::TooLong),
            "normalized: 1,800 characters"
        );
        assert!(Password::parse_existing("".into()).is_ok());
    }

    #[test]
    fn an_existing_password_may_be_long_in_one_form() {
        for (case, text, is_accepted) in [
            ("decomposed", "e\u{301}".repeat(512), true),
            ("full-width", "\u{ff21}".repeat(1024), true),
            ("longer when normalized", "\u{fdfa}".repeat(341), true),
            ("too long in both forms", "\u{ff21}".repeat(1025), false),
            ("much too long", "e\u{301}".repeat(2000), false),
        ] {
            assert_eq!(Password::parse_existing(text.into()).is_ok(), is_accepted, "{case}");
        }
    }

    #[test]
    fn all_spellings_have_one_normalized_form() {
        let expected = "Zoe\u{308} 42 é".replace("e\u{308}", "\u{eb}");
        for (case, text) in [
            ("composed", "Zo\u{eb} 42 \u{e9}"),
            ("decomposed", "Zoe\u{308} 42 e\u{301}"),
            ("full-width", "\u{ff3a}\u{ff4f}\u{eb}\u{3000}\u{ff14}\u{ff12} \u{e9}"),
            ("other spaces", "Zo\u{eb}\u{a0}42\u{1680}\u{e9}"),
        ] {
            assert_eq!(normalized(text), expected, "{case}");
        }
        assert_ne!(normalized("ZOË 42 É"), expected, "case counts");
        assert_ne!(normalized("Zoe 42 e"), expected, "so do accents");
    }

    #[test]
    fn an_unusual_form_is_checked_as_well() {
        let forms = |text: &str| {
            let password = Password::parse_existing(text.into()).unwrap();
            password.forms().map(<[u8]>::to_vec).collect::<Vec<_>>()
        };

        assert_eq!(forms("correct horse"), [b"correct horse"]);
        assert_eq!(forms("\u{e9}"), ["\u{e9}".as_bytes()]);
        assert_eq!(forms("e\u{301}"), ["\u{e9}".as_bytes(), "e\u{301}".as_bytes()]);
    }

    #[test]
    fn debug_output_hides_the_password() {
        assert_eq!(format!("{:?}", Password::parse_existing("hunter2".into()).unwrap()), "Password(..)");
    }

    proptest! {
        #[test]
        fn normalization_depends_on_the_characters_alone(text in "\\PC{0,40}") {
            let expected = normalized(&text);

            prop_assert_eq!(normalized(&expected), expected.as_str(), "normalized twice");
            prop_assert_eq!(normalized(&text.nfc().collect::<String>()), expected.as_str(), "NFC");
            prop_assert_eq!(normalized(&text.nfd().collect::<String>()), expected.as_str(), "NFD");
            prop_assert_eq!(normalized(&text.nfkd().collect::<String>()), expected.as_str(), "NFKD");
        }
    }
}
