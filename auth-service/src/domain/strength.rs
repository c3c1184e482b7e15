//! How long a password withstands guessing (ASVS 5.0, V6.2.4, V6.2.11).

use zxcvbn::{Score, zxcvbn};

use super::{Email, Password};

/// A password that somebody would find within so many guesses is refused. So are the 30,000 most common ones in
/// the list of zxcvbn, with capitals and digits in the usual places, keyboard rows, dates, repetitions, and what is made of
/// the address or of the site's name alone.
const MIN_GUESSES: u64 = 100_000;

/// Longer ones are judged by their beginning: what follows makes them stronger only, and judging all of it would take
/// whoever likes a quarter of a second of our time.
const JUDGED_CHARACTERS: usize = 32;

/// What is thought of a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strength {
    /// From 0, guessed at once, to 4.
    pub score: u8,
    /// Whether it may be taken.
    pub is_acceptable: bool,
}

impl Strength {
    /// Judges a password; whoever guesses knows the address and the site's name.
    pub fn of(password: &Password, email: Option<&Email>, site_name: &str) -> Self {
        Self::of_text(password.expose_text(), email, site_name)
    }

    fn of_text(password: &str, email: Option<&Email>, site_name: &str) -> Self {
        let address = email.map(Email::key).unwrap_or_default();
        let site = site_name.to_lowercase();
        let words = address.split(|c: char| !c.is_alphanumeric()).chain(site.split_whitespace());
        let wholes = address.split('@').chain([address.as_str(), site.as_str(), "drawbridge"]);
        let known: Vec<&str> = words.chain(wholes).filter(|word| word.chars().count() >= 3).collect();
        let has_more = has_more_than(&password.to_lowercase(), &known);
        let judged: String = password.chars().take(JUDGED_CHARACTERS).collect();
        let entropy = zxcvbn(&judged, &known);
        let score = match entropy.score() {
            Score::Zero => 0,
            Score::One => 1,
            Score::Two => 2,
            Score::Three => 3,
            _ => 4,
        };
        Self { score, is_acceptable: has_more && entropy.guesses() >= MIN_GUESSES }
    }
}

/// Whether a password says more than words that whoever guesses knows: at least three letters, unless it has none of
/// those words.
fn has_more_than(password: &str, known: &[&str]) -> bool {
    let mut words = known.to_vec();
    words.sort_unstable_by_key(|word| std::cmp::Reverse(word.len()));
    let rest = words.iter().fold(password.to_owned(), |rest, word| rest.replace(word, ""));
    rest == password || rest.chars().filter(|c| c.is_alphabetic()).count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_passwords_and_words_of_the_context_are_refused() {
        let email = Email::parse("ada.lovelace@example.com").unwrap();
        let of = |password: &str| Strength::of_text(password, Some(&email), "Analytical Engine");
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
            assert!(!of(bad).is_acceptable, "{bad}");
        }
        for good in ["correct horse battery", "kT4vq8Zp", "schaukelpferd im regen", "пароль-из-леса"]
        {
            assert!(of(good).is_acceptable, "{good}");
        }
        assert_eq!(of("correct horse battery staple").score, 4);
        assert_eq!(of("password").score, 0);
        assert!(of(&"x7".repeat(512)).score <= 4, "a long one is judged in time");
    }
}
