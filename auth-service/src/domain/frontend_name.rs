use std::{fmt, str::FromStr};

/// The name of a frontend.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrontendName(String);

impl FrontendName {
    /// The maximum length, in characters.
    pub const MAX_CHARACTERS: usize = 40;

    /// The name of web-frontend, which no registered frontend can have.
    pub const WEB_FRONTEND: &str = "web-frontend";

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FrontendName {
    type Err = String;

    /// # Errors
    /// A reason that continues a sentence after the name of the field.
    fn from_str(text: &str) -> Result<Self, String> {
        let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=Self::MAX_CHARACTERS).contains(&text.len()) || !text.bytes().all(is_allowed) {
            return Err(format!("must be 1 to {} characters of a-z, 0-9 and -", Self::MAX_CHARACTERS));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for FrontendName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The name of the header in which a frontend's hosting platform sends the client's address, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressHeader(String);

impl AddressHeader {
    const MAX_CHARACTERS: usize = 64;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Headers that carry something else.
const NEVER_ADDRESSES: [&str; 4] = ["authorization", "connection", "cookie", "host"];

impl FromStr for AddressHeader {
    type Err = String;

    /// # Errors
    /// A reason that continues a sentence after the name of the field.
    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.to_ascii_lowercase();
        let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(1..=Self::MAX_CHARACTERS).contains(&name.len()) || !name.bytes().all(is_allowed) {
            return Err("must be the name of a header, such as x-real-ip".into());
        }
        if NEVER_ADDRESSES.contains(&name.as_str()) || name.starts_with("x-drawbridge-") {
            return Err(format!("must be a header that only the hosting platform sets, and not {name}"));
        }
        Ok(Self(name))
    }
}

impl fmt::Display for AddressHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_plain() {
        for text in ["shop", "a", "shop-2", &"x".repeat(40)] {
            assert_eq!(text.parse::<FrontendName>().unwrap().as_str(), text);
        }
        for text in ["", "Shop", "shop.example", "a b", "shöp", &"x".repeat(41)] {
            assert!(text.parse::<FrontendName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_address_header_is_a_header_name() {
        assert_eq!("X-Real-IP".parse::<AddressHeader>().unwrap().as_str(), "x-real-ip");
        for text in ["", "x real ip", "x-real-ip:", "x-ä", "Cookie", "x-drawbridge-proxy"] {
            assert!(text.parse::<AddressHeader>().is_err(), "{text:?}");
        }
    }
}
