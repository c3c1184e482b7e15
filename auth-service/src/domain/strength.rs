//! How hard a password is to guess (ASVS 5.0, V6.2.4, V6.2.11).

use zxcvbn::{Score, zxcvbn};

use super::{Email, Password};

/// Passwords that take fewer guesses are rejected. These include the 30,000 most common passwords on zxcvbn's list, the
/// same passwords with capitals and digits in the usual places, keyboard rows, dates and repetitions.
const MIN_GUESSES: u64 = 100_000;

/// The number of leading characters that the estimate covers. More characters only make a password stronger, and
/// estimating a very long password would take a quarter of a second.
const ESTIMATED_CHARACTERS: usize = 32;

/// The strength of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strength {
    /// From 0 (guessed immediately) to 4 (very hard to guess).
    pub score: u8,
    /// Whether the password may be used.
    pub is_acceptable: bool,
}

impl Strength {
    /// Estimates the strength of a password, assuming that the attacker knows the address and the site's name.
    pub fn estimate(password: &Password, email: Option<&Email>, site_name: &str) -> Self {
        Self::estimate_text(password.expose_text(), email, site_name)
    }

    fn estimate_text(password: &str, email: Option<&Email>, site_name: &str) -> Self {
        let address = email.map(Email::key).unwrap_or_default();
        let site = site_name.to_lowercase();
        let words = address.split(|c: char| !c.is_alphanumeric()).chain(site.split_whitespace());
        let wholes = address.split('@').chain([address.as_str(), site.as_str(), "drawbridge"]);
        let known: Vec<&str> = words.chain(wholes).filter(|word| word.chars().count() >= 3).collect();
        let adds_letters = adds_letters_to(&password.to_lowercase(), &known);
        let beginning: String = password.chars().take(ESTIMATED_CHARACTERS).collect();
        let entropy = zxcvbn(&beginning, &known);
        let score = match entropy.score() {
            Score::Zero => 0,
            Score::One => 1,
            Score::Two => 2,
            Score::Three => 3,
            _ => 4,
        };
        Self { score, is_acceptable: adds_letters && entropy.guesses() >= MIN_GUESSES }
    }
}

/// Returns true if a password contains none of the known words, or adds at least three letters to them.
fn adds_letters_to(password: &str, known: &[&str]) -> bool {
    let mut words = known.to_vec();
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    let rest = words.iter().fold(password.to_owned(), |rest, word| rest.replace(word, ""));
    rest == password || rest.chars().filter(|c| c.is_alphabetic()).count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_passwords_and_words_from_context_are_rejected() {
        let email = Email::parse("ada.lovelace@example.com").unwrap();
        let estimate = |password: &str| Strength::estimate_text(password, Some(&email), "Analytical Engine");
        for bad in [
            "password",
            "Password1",
            "12345678",
            "qwertyuiop",
            "iloveyou",
            "aaaaaaaa",
            "abcdefgh",
            "P@ssw0rd",
            "letmein1",
            "19790412",
            "ada.lovelace",
            "lovelace1",
            "ada.lovelace@example.com",
            "drawbridge",
            "Drawbridge1",
            "analytical",
            "example.com",
            "princess1",
            "example-lovelace",
            "lovelace_ada_1815",
            "my-drawbridge!",
            "Ada.Example.2026",
        ] {
            assert!(!estimate(bad).is_acceptable, "{bad}");
        }
        for good in ["correct horse battery", "kT4vq8Zp", "schaukelpferd im regen", "пароль-из-леса"]
        {
            assert!(estimate(good).is_acceptable, "{good}");
        }
        assert_eq!(estimate("correct horse battery staple").score, 4);
        assert_eq!(estimate("password").score, 0);
        assert!(estimate(&"x7".repeat(512)).score <= 4, "a long password is estimated quickly");
    }
}
