//! Recovery codes: each replaces a lost second factor once.

use aws_lc_rs::hmac;
use drawbridge_core::random::Random;
use secrecy::{ExposeSecret, SecretString, zeroize::Zeroizing};

/// The number of codes in a set.
pub const RECOVERY_CODE_COUNT: usize = 10;

/// Digits that are hard to confuse (Crockford's Base32, lower case).
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The number of digits in a code. Twelve digits of five bits make 60 bits; ASVS 5.0, V6.5.4 requires 20.
const CODE_LENGTH: usize = 12;

/// A code in normal form: lower case, without separators.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(Zeroizing<String>);

impl RecoveryCode {
    /// Generates a code.
    pub fn generate(random: Random) -> Self {
        let bytes: [u8; CODE_LENGTH] = random.bytes();
        let digit = |byte: &u8| DIGITS.get(usize::from(byte % 32)).map_or('0', |digit| char::from(*digit));
        Self(Zeroizing::new(bytes.iter().map(digit).collect()))
    }

    /// Parses a code as typed: in any case, with dashes and spaces, and with `o`, `i` and `l` for the digits 0 and 1.
    pub fn parse(text: &SecretString) -> Option<Self> {
        let plain = |c: char| match c.to_ascii_lowercase() {
            'o' => '0',
            'i' | 'l' => '1',
            c => c,
        };
        let digits = text.expose_secret().chars().filter(|c| !c.is_whitespace() && *c != '-');
        let text = Zeroizing::new(digits.map(plain).collect::<String>());
        let is_code = text.len() == CODE_LENGTH && text.bytes().all(|byte| DIGITS.contains(&byte));
        is_code.then_some(Self(text))
    }

    /// The stored hash of the code.
    pub fn hash(&self, key: &hmac::Key) -> Vec<u8> {
        hmac::sign(key, self.0.as_bytes()).as_ref().to_vec()
    }

    /// The code as shown to the user: in groups of four digits.
    pub fn text(&self) -> SecretString {
        let mut text = String::with_capacity(CODE_LENGTH + CODE_LENGTH / 4);
        for (at, digit) in self.0.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                text.push('-');
            }
            text.push(digit);
        }
        text.into()
    }
}

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_accepted_in_any_spelling() {
        let code = RecoveryCode::generate(Random);
        let shown = code.text();
        let text = shown.expose_secret();
        let spaced = text.to_uppercase().replace('-', "  ").replace('0', "O").replace('1', "l");

        assert_eq!(text.len(), 14);
        for typed in [text, &spaced, &text.replace('-', "")] {
            assert_eq!(RecoveryCode::parse(&typed.into()), Some(code.clone()), "{typed}");
        }
        for bad in ["", "123456", "0123-4567-89a", "0123-4567-89abc", "0123-4567-89au"] {
            assert_eq!(RecoveryCode::parse(&bad.into()), None, "{bad}");
        }
    }
}
