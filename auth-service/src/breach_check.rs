//! Whether a password is known from a leak, asked by k-anonymity: five digits of its SHA-1 go out, and the rest of all
//! hashes that begin so comes back (ASVS 5.0, V6.2.12).

use std::time::Duration;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use drawbridge_core::tls;
use reqwest::{Client, redirect::Policy};
use url::Url;

use crate::domain::Password;

/// How long the answer may take: a person waits for it.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many digits go out.
const PREFIX: usize = 5;

/// The most that is read of an answer; a range has some 1,000 lines of 40 bytes.
const MOST_BYTES: usize = 1024 * 1024;

/// `BREACH_CHECK_URL`: what five hexadecimal digits are put behind.
#[derive(Debug, Clone)]
pub struct BreachCheckUrl(String);

impl BreachCheckUrl {
    /// Reads a URL such as `https://passwords.example.com/range/`.
    ///
    /// # Errors
    /// A sentence that says what it must be.
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

/// Asks about passwords.
pub(crate) struct BreachCheck {
    client: Client,
    url: String,
}

impl BreachCheck {
    pub(crate) fn new(url: &BreachCheckUrl) -> Result<Self, String> {
        let client = Client::builder()
            .tls_backend_preconfigured(tls::client_config(tls::public_roots()))
            .timeout(PATIENCE)
            .redirect(Policy::none())
            .build();
        Ok(Self { client: client.map_err(|error| error.to_string())?, url: url.0.clone() })
    }

    /// Whether the password is known. Where nobody answers, it counts as unknown, and the log says so.
    pub(crate) async fn knows(&self, password: &Password) -> bool {
        let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.expose_bytes());
        let digits = hash.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        let digits = digits.filter_map(|digit| char::from_digit(digit.into(), 16));
        let hash: String = digits.map(|digit| digit.to_ascii_uppercase()).collect();
        let Some((prefix, rest)) = hash.split_at_checked(PREFIX) else { return false };
        match self.range(prefix).await {
            Ok(range) => is_listed(&range, rest),
            Err(error) => {
                tracing::warn!(error, "a password was taken without asking whether it was leaked");
                false
            }
        }
    }

    async fn range(&self, prefix: &str) -> Result<String, String> {
        let request = self.client.get(format!("{}{prefix}", self.url)).header("Add-Padding", "true");
        let text = |error: reqwest::Error| error.without_url().to_string();
        let mut answer = request.send().await.map_err(text)?.error_for_status().map_err(text)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(text)? {
            body.extend_from_slice(&chunk);
            if body.len() > MOST_BYTES {
                return Err("the answer is too long".into());
            }
        }
        String::from_utf8(body).map_err(|error| error.to_string())
    }
}

/// Whether a range has a hash with this rest. A count of 0 is padding.
fn is_listed(range: &str, rest: &str) -> bool {
    let mut lines = range.lines().filter_map(|line| line.trim().split_once(':'));
    lines.any(|(known, count)| known.eq_ignore_ascii_case(rest) && count.trim() != "0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_lists_what_was_leaked_and_padding() {
        let range =
            "0018A45C4D1DEF81644B54AB7F969B88D65:10\r\n00D4F6E8FA6EECAD2A3AA415EEC418D38EC:0\r\nbad line";
        assert!(is_listed(range, "0018A45C4D1DEF81644B54AB7F969B88D65"));
        assert!(!is_listed(range, "00D4F6E8FA6EECAD2A3AA415EEC418D38EC"), "padding");
        assert!(!is_listed(range, "011053FD0102E94D6AE2F8B83D76FAF94F6"));
        for bad in ["", "x", "ftp://x/", "https://x.org/range", "https://x.org/?a="] {
            assert!(BreachCheckUrl::parse(bad).is_err(), "{bad}");
        }
    }
}
