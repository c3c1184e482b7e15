//! Keys of frontends: how a program in front of auth-service proves which frontend it is.
//!
//! A key is one line of text, `<prefix>_<id>_<secret><checksum>`. The prefix says what the key is for. With the
//! checksum, a secret scanner recognizes a key, and a damaged copy is detected without a lookup.

use std::fmt;

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use secrecy::{ExposeSecret, SecretString};

use crate::{
    random::Random,
    secret::{DerivedKey, KeyPurpose},
};

/// The digits of IDs, secrets and checksums.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The length of a key's ID, in base62 digits.
const ID_DIGITS: usize = 12;

/// The length of a key's secret, in base62 digits: 256 bits.
const SECRET_DIGITS: usize = 43;

/// The length of a key's checksum, in base62 digits: 32 bits.
const CHECKSUM_DIGITS: usize = 6;

/// Who uses a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrontendKeyKind {
    /// A registered frontend.
    Frontend,
    /// The previews of a registered frontend.
    Preview,
    /// web-frontend of the same deployment.
    WebFrontend,
}

impl FrontendKeyKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Frontend, Self::Preview, Self::WebFrontend];

    /// The prefix of keys of this kind.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Frontend => "dbk",
            Self::Preview => "dbp",
            Self::WebFrontend => "dbw",
        }
    }

    /// What a key of this kind is called in a sentence.
    const fn description(self) -> &'static str {
        match self {
            Self::Frontend => "the key of a registered frontend",
            Self::Preview => "a preview key",
            Self::WebFrontend => "a key of web-frontend",
        }
    }
}

/// Identifies a key. It is public: every proof names it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// Parses an ID: 12 base62 digits.
    pub fn parse(text: &str) -> Option<Self> {
        let is_valid = text.len() == ID_DIGITS && is_base62(text);
        is_valid.then(|| Self(text.to_owned()))
    }

    /// The ID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A key with its secret.
#[derive(Clone)]
pub struct FrontendKey {
    kind: FrontendKeyKind,
    id: KeyId,
    text: SecretString,
}

impl fmt::Debug for FrontendKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FrontendKey({}_{}_..)", self.kind.prefix(), self.id)
    }
}

impl FrontendKey {
    /// Generates a key.
    pub fn generate(random: Random, kind: FrontendKeyKind) -> Self {
        let id = random_base62(random, ID_DIGITS);
        let secret = random_base62(random, SECRET_DIGITS);
        let signed = format!("{}_{id}_{secret}", kind.prefix());
        let text = format!("{signed}{}", checksum(&signed));
        Self { kind, id: KeyId(id), text: text.into() }
    }

    /// Parses a key of any kind.
    ///
    /// # Errors
    /// The reason and the remedy, phrased to follow the name of a setting. The text does not contain the key.
    pub fn parse(text: SecretString) -> Result<Self, String> {
        let (kind, id) = split(text.expose_secret())?;
        Ok(Self { kind, id, text })
    }

    /// Parses a key of one kind.
    ///
    /// # Errors
    /// The errors of [`FrontendKey::parse`], and a key of another kind.
    pub fn parse_kind(text: SecretString, kind: FrontendKeyKind) -> Result<Self, String> {
        let key = Self::parse(text)?;
        if key.kind != kind {
            return Err(format!(
                "is {} ({}_…), but must be {} ({}_…)",
                key.kind.description(),
                key.kind.prefix(),
                kind.description(),
                kind.prefix()
            ));
        }
        Ok(key)
    }

    /// What the key is for.
    pub fn kind(&self) -> FrontendKeyKind {
        self.kind
    }

    /// The key's public ID.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The whole key as text: to show it once, and to seal it at rest.
    pub fn expose(&self) -> SecretString {
        self.text.clone()
    }

    /// The SHA-256 digest of the whole key.
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, self.text.expose_secret().as_bytes()).as_ref());
        hash
    }

    /// The HMAC-SHA-256 key (RFC 2104) of proofs. It consists of the bytes of the whole key, including prefix and
    /// checksum, so that clients need no key derivation.
    pub fn hmac_key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.text.expose_secret().as_bytes())
    }

    /// Derives a key for another purpose.
    pub fn derive(&self, purpose: KeyPurpose) -> DerivedKey {
        DerivedKey::new(self.text.expose_secret().as_bytes(), purpose)
    }
}

/// Checks the format of a key, and returns its kind and ID.
fn split(text: &str) -> Result<(FrontendKeyKind, KeyId), String> {
    let not_a_key = || {
        "is not a key of a frontend, which looks like dbk_<id>_<secret>; copy the whole line that the command printed"
            .to_owned()
    };
    let damaged = || "is damaged: copy the whole line that the command printed".to_owned();
    let (prefix, rest) = text.split_once('_').ok_or_else(not_a_key)?;
    let kind = FrontendKeyKind::ALL.into_iter().find(|kind| kind.prefix() == prefix).ok_or_else(not_a_key)?;
    let (id, secret) = rest.split_once('_').ok_or_else(damaged)?;
    let id = KeyId::parse(id).ok_or_else(damaged)?;
    if secret.len() != SECRET_DIGITS + CHECKSUM_DIGITS || !is_base62(secret) {
        return Err(damaged());
    }
    let (signed, found) = text.split_at_checked(text.len() - CHECKSUM_DIGITS).ok_or_else(damaged)?;
    if checksum(signed) != found {
        return Err(
            "is damaged: its checksum does not match; copy the whole line that the command printed".into()
        );
    }
    Ok((kind, id))
}

fn is_base62(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Uniformly distributed base62 digits.
fn random_base62(random: Random, digits: usize) -> String {
    let mut text = String::with_capacity(digits);
    while text.len() < digits {
        // Bytes from 248 on would make some digits more likely than others.
        let bytes = random.bytes::<64>().into_iter().filter(|byte| *byte < 248);
        text.extend(bytes.take(digits - text.len()).map(|byte| digit(u32::from(byte))));
    }
    text
}

/// The last base62 digit of `number`.
#[expect(clippy::indexing_slicing, reason = "a remainder of 62 is below 62")]
fn digit(number: u32) -> char {
    char::from(BASE62[(number % 62) as usize])
}

/// The checksum of a key: CRC-32 of everything before it, most significant digit first.
fn checksum(signed: &str) -> String {
    let mut rest = crc32(signed.as_bytes());
    let mut digits = ['0'; CHECKSUM_DIGITS];
    for place in digits.iter_mut().rev() {
        *place = digit(rest);
        rest /= 62;
    }
    digits.iter().collect()
}

/// CRC-32 as in Ethernet, zip and PNG (ISO 3309).
fn crc32(bytes: &[u8]) -> u32 {
    let remainder = bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    });
    !remainder
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<FrontendKey, String> {
        FrontendKey::parse(SecretString::from(text))
    }

    #[test]
    fn a_generated_key_parses_to_itself() {
        for kind in FrontendKeyKind::ALL {
            let key = FrontendKey::generate(Random, kind);
            let text = key.expose();

            let parsed = FrontendKey::parse_kind(text.clone(), kind).unwrap();

            assert_eq!(parsed.id(), key.id(), "{kind:?}");
            assert_eq!(parsed.hash(), key.hash(), "{kind:?}");
            assert_eq!(text.expose_secret().len(), 66, "{kind:?}");
            assert!(text.expose_secret().starts_with(kind.prefix()), "{kind:?}");
        }
    }

    #[test]
    fn two_keys_share_neither_id_nor_secret() {
        let one = FrontendKey::generate(Random, FrontendKeyKind::Frontend);
        let two = FrontendKey::generate(Random, FrontendKeyKind::Frontend);

        assert_ne!(one.id(), two.id());
        assert_ne!(one.hash(), two.hash());
    }

    #[test]
    fn the_checksum_is_a_crc_32() {
        // The check value of the CRC catalogue, and its base62 form.
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(checksum("123456789"), "3jZRME");
    }

    #[test]
    fn a_damaged_key_is_refused_with_a_remedy() {
        let key = FrontendKey::generate(Random, FrontendKeyKind::Frontend).expose();
        let text = key.expose_secret();
        let (rest, last) = text.split_at(text.len() - 1);
        let other_last = if last == "a" { "b" } else { "a" };
        for (case, damaged) in [
            ("empty", String::new()),
            ("another prefix", text.replacen("dbk_", "dbx_", 1)),
            ("another kind", text.replacen("dbk_", "dbp_", 1)),
            ("truncated", rest.to_owned()),
            ("last digit changed", format!("{rest}{other_last}")),
            ("trailing space", format!("{text} ")),
            ("other letters", text.replacen("dbk_", "dbk_ä", 1)),
            ("no secret", "dbk_0123456789AB".to_owned()),
        ] {
            let error = parse(&damaged).unwrap_err();

            assert!(error.contains("copy the whole line"), "{case}: {error}");
            assert!(damaged.is_empty() || !error.contains(&damaged), "{case}: {error}");
        }
    }

    #[test]
    fn a_key_of_another_kind_is_refused() {
        let preview = FrontendKey::generate(Random, FrontendKeyKind::Preview).expose();

        let error = FrontendKey::parse_kind(preview, FrontendKeyKind::WebFrontend).unwrap_err();

        assert_eq!(error, "is a preview key (dbp_…), but must be a key of web-frontend (dbw_…)");
    }

    #[test]
    fn debug_output_hides_the_secret() {
        let key = FrontendKey::generate(Random, FrontendKeyKind::WebFrontend);

        assert_eq!(format!("{key:?}"), format!("FrontendKey(dbw_{}_..)", key.id()));
    }
}
