//! The device cookie: it names the accounts that have signed in on a device, and grants no access.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_core::random::Random;

use super::Email;

/// The number of accounts that a device remembers; the least recently used one is dropped.
const MAX_ACCOUNTS: usize = 5;

const NONCE_BYTES: usize = 16;
const TAG_BYTES: usize = 16;

/// The value of a device cookie: a random ID, and a tag for each account that has signed in on the device.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    nonce: [u8; NONCE_BYTES],
    tags: Vec<[u8; TAG_BYTES]>,
}

impl Device {
    /// A new device without any account.
    pub fn new(random: Random) -> Self {
        Self { nonce: random.bytes(), tags: Vec::new() }
    }

    /// Parses the value of a device cookie; `None` if it is malformed. The tags are checked by [`Device::knows`].
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let mut parts = text.split('.');
        let nonce = bytes(parts.next()?)?.try_into().ok()?;
        let tags: Option<Vec<_>> = parts.map(|part| bytes(part)?.try_into().ok()).collect();
        let tags = tags.filter(|tags: &Vec<_>| tags.len() <= MAX_ACCOUNTS)?;
        Some(Self { nonce, tags })
    }

    /// The ID of the device.
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.nonce)
    }

    /// Returns true if the holder of the account has signed in on this device before.
    pub fn knows(&self, key: &hmac::Key, email: &Email) -> bool {
        let tag = self.tag(key, email);
        self.tags.iter().any(|known| verify_slices_are_equal(known, &tag).is_ok())
    }

    /// Adds the account to those that have signed in on this device.
    #[must_use]
    pub fn with_account(mut self, key: &hmac::Key, email: &Email) -> Self {
        let tag = self.tag(key, email);
        self.tags.retain(|known| *known != tag);
        self.tags.insert(0, tag);
        self.tags.truncate(MAX_ACCOUNTS);
        self
    }

    fn tag(&self, key: &hmac::Key, email: &Email) -> [u8; TAG_BYTES] {
        let message = format!("{}\n{}", self.id(), email.key());
        let tag = hmac::sign(key, message.as_bytes());
        let mut short = [0; TAG_BYTES];
        short.iter_mut().zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        short
    }
}

impl std::fmt::Display for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.id())?;
        self.tags.iter().try_for_each(|tag| write!(f, ".{}", URL_SAFE_NO_PAD.encode(tag)))
    }
}

impl std::fmt::Debug for Device {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Device(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32])
    }

    fn email(text: &str) -> Email {
        Email::parse(text).unwrap()
    }

    #[test]
    fn a_device_knows_only_the_accounts_signed_in_on_it() {
        let ours = key(1);
        let theirs = key(2);
        let ada = email("ada@example.com");
        let grace = email("grace@example.com");

        let device = Device::new(Random).with_account(&ours, &ada);
        let parsed = Device::parse(&device.to_string()).unwrap();
        let other = Device { nonce: Random.bytes(), ..parsed.clone() };

        assert_eq!(parsed, device);
        assert!(parsed.knows(&ours, &email("ADA@example.com")), "the case of the address does not matter");
        assert!(!parsed.knows(&ours, &grace));
        assert!(!parsed.knows(&theirs, &ada));
        assert!(!other.knows(&ours, &ada), "a tag is bound to its device");
    }

    #[test]
    fn a_device_remembers_the_last_five_accounts() {
        let key = key(1);
        let ada = email("ada@example.com");
        let grace = email("grace@example.com");

        let both =
            Device::new(Random).with_account(&key, &ada).with_account(&key, &grace).with_account(&key, &ada);
        let many = (0..MAX_ACCOUNTS)
            .fold(both.clone(), |device, n| device.with_account(&key, &email(&format!("{n}@x.org"))));

        assert!(both.knows(&key, &ada) && both.knows(&key, &grace));
        assert_eq!(both.tags.len(), 2, "a second sign-in adds no tag");
        assert!(!many.knows(&key, &ada));
        assert_eq!(many.tags.len(), MAX_ACCOUNTS);
        assert!(many.to_string().len() < 200, "the cookie stays short");
    }

    #[test]
    fn malformed_device_cookies_are_ignored() {
        let long = format!("{}{}", "A".repeat(22), ".AAAAAAAAAAAAAAAAAAAAAA".repeat(MAX_ACCOUNTS + 1));
        for bad in ["", ".", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA.", "AAAAAAAAAAAAAAAAAAAAAA.x", &long] {
            assert!(Device::parse(bad).is_none(), "{bad}");
        }
        assert!(Device::parse("AAAAAAAAAAAAAAAAAAAAAA").is_some());
    }
}
