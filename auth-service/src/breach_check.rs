//! Checks whether a password has been leaked, with k-anonymity: only the first five digits of its SHA-1 leave the
//! service, and the response lists the rest of every known hash that begins with them (ASVS 5.0, V6.2.12).

use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use drawbridge_core::{
    settings::{Reader, Setting},
    tls,
};
use reqwest::{Client, redirect::Policy};
use url::Url;

use crate::domain::Password;

const BREACH_CHECK_URL: Setting = Setting::new(
    "BREACH_CHECK_URL",
    "The service that checks whether new passwords have been leaked. It receives only the first five \
     hexadecimal digits of each password's SHA-1 hash (k-anonymity). If this is unset, nothing is checked.",
)
.values("URL such as `https://api.pwnedpasswords.com/range/`");

/// How long a lookup may take. A person is waiting for it.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(2);

/// How many digits of the hash are sent.
const HASH_PREFIX_DIGITS: usize = 5;

/// The longest response that is read. A range, which lists the hashes with one prefix, has about 1,000 lines of 40
/// bytes.
const MAX_RANGE_BYTES: usize = 1024 * 1024;

/// `BREACH_CHECK_URL`: the URL to which the first five digits of a hash are appended.
#[derive(Debug, Clone)]
pub struct BreachCheckUrl(String);

impl BreachCheckUrl {
    /// Reads `BREACH_CHECK_URL`.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        reader.optional(BREACH_CHECK_URL, Self::parse)
    }

    /// Parses a URL such as `https://passwords.example.com/range/`.
    ///
    /// # Errors
    /// The text is not such a URL. The message says what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        match url {
            Some(url) if url.path().ends_with('/') && url.query().is_none() => Ok(Self(url.to_string())),
            _ => {
                Err(format!("must be a URL that ends with a slash, such as https://…/range/, not \"{text}\""))
            }
        }
    }
}

/// Checks whether passwords have been leaked.
pub(crate) struct BreachCheck {
    client: Client,
    url: String,
}

impl BreachCheck {
    pub(crate) fn new(url: &BreachCheckUrl) -> Result<Self, String> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls::client_config(tls::trusted_roots()))
            .timeout(LOOKUP_TIMEOUT)
            .redirect(Policy::none())
            .build();
        Ok(Self { client: client.map_err(|error| error.to_string())?, url: url.0.clone() })
    }

    /// Returns true if the password is among the leaked ones. If the lookup fails, the password counts as not leaked.
    pub(crate) async fn is_leaked(&self, password: &Password) -> bool {
        let hash = sha1_hex(password);
        let Some((prefix, suffix)) = hash.split_at_checked(HASH_PREFIX_DIGITS) else { return false };
        match self.fetch_range(prefix).await {
            Ok(range) => lists_suffix(&range, suffix),
            Err(error) => {
                tracing::warn!(error, "breach check failed; password accepted without it");
                false
            }
        }
    }

    /// Fetches the suffixes of the known hashes that begin with `prefix`.
    async fn fetch_range(&self, prefix: &str) -> Result<String, String> {
        let request = self.client.get(format!("{}{prefix}", self.url)).header("Add-Padding", "true");
        let error_text = |error: reqwest::Error| error.without_url().to_string();
        let response = request.send().await.map_err(error_text)?;
        let mut response = response.error_for_status().map_err(error_text)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(error_text)? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_RANGE_BYTES {
                return Err("the response is too long".into());
            }
        }
        String::from_utf8(body).map_err(|error| error.to_string())
    }
}

fn sha1_hex(password: &Password) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.expose_bytes());
    let nibbles = hash.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    let digits = nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16));
    digits.map(|digit| digit.to_ascii_uppercase()).collect()
}

/// Returns true if a range contains this suffix. A count of 0 marks padding.
fn lists_suffix(range: &str, suffix: &str) -> bool {
    let mut lines = range.lines().filter_map(|line| line.trim().split_once(':'));
    lines.any(|(known, count)| known.eq_ignore_ascii_case(suffix) && count.trim() != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_suffixes_with_a_count_are_leaked() {
        const RANGE: &str =
            "0018A45C4D1DEF81644B54AB7F969B88D65:10\r\n00D4F6E8FA6EECAD2A3AA415EEC418D38EC:0\r\nbad line";

        for (case, suffix, expected) in [
            ("with a count", "0018A45C4D1DEF81644B54AB7F969B88D65", true),
            ("padding", "00D4F6E8FA6EECAD2A3AA415EEC418D38EC", false),
            ("not listed", "011053FD0102E94D6AE2F8B83D76FAF94F6", false),
        ] {
            assert_eq!(lists_suffix(RANGE, suffix), expected, "{case}");
        }
    }

    #[test]
    fn urls_must_end_with_a_slash() {
        assert!(BreachCheckUrl::parse("https://x.org/range/").is_ok());
        for url in ["", "x", "ftp://x/", "https://x.org/range", "https://x.org/?a="] {
            assert!(BreachCheckUrl::parse(url).is_err(), "{url}");
        }
    }
}
