//! The audience of a token (`aud`, RFC 7519, 4.1.3).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, de::Error};

/// The longest audience, in bytes, so that a token stays small.
const AUDIENCE_MAX_BYTES: usize = 200;

/// The service that a token is meant for: a name or a URL of visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(
    feature = "openapi",
    derive(utoipa::ToSchema),
    schema(value_type = String, pattern = r"^[!#-+\--:<-\[\]-~]{1,200}$")
)]
pub struct Audience(String);

impl Audience {
    /// The audience as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Audience {
    type Err = String;

    /// # Errors
    /// The reason, phrased to follow the name of the setting or field.
    fn from_str(text: &str) -> Result<Self, String> {
        let is_allowed = |byte: u8| byte.is_ascii_graphic() && !b",;\"\\".contains(&byte);
        if text.is_empty() || text.len() > AUDIENCE_MAX_BYTES || !text.bytes().all(is_allowed) {
            return Err(format!(
                "must be 1 to {AUDIENCE_MAX_BYTES} visible ASCII characters without commas, semicolons, quotation marks \
                 and backslashes, such as orders or https://api.example.com"
            ));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Audience {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_a_name_or_a_url() {
        for text in ["orders", "https://api.example.com", "http://[::1]:4000", "urn:example:api"] {
            assert_eq!(text.parse::<Audience>().unwrap().as_str(), text);
        }
        let long = "a".repeat(AUDIENCE_MAX_BYTES + 1);
        for (case, text) in
            [("empty", ""), ("space", "a b"), ("comma", "a,b"), ("not ASCII", "ä"), ("too long", &long)]
        {
            assert!(text.parse::<Audience>().is_err(), "{case}");
        }
    }
}
