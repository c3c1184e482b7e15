//! A device on which somebody has signed in: a cookie that says so, and is good for nothing else.

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_core::random::Random;

use super::Email;

/// How many accounts a device remembers; the one that was used longest ago makes room.
const ACCOUNTS: usize = 5;

const NONCE_BYTES: usize = 16;
const TAG_BYTES: usize = 16;

/// What a device's cookie holds: a number of its own, and a tag for each account that has signed in there.
#[derive(Clone, PartialEq, Eq)]
pub struct Device {
    nonce: [u8; NONCE_BYTES],
    tags: Vec<[u8; TAG_BYTES]>,
}

impl Device {
    /// A device that nobody has signed in on.
    pub fn new(random: Random) -> Self {
        Self { nonce: random.bytes(), tags: Vec::new() }
    }

    /// Reads a cookie; `None` for anything that is not one of ours. Whether a tag is good is asked by
    /// [`Device::knows`].
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let mut parts = text.split('.');
        let nonce = bytes(parts.next()?)?.try_into().ok()?;
        let tags: Option<Vec<_>> = parts.map(|part| bytes(part)?.try_into().ok()).collect();
        let tags = tags.filter(|tags: &Vec<_>| tags.len() <= ACCOUNTS)?;
        Some(Self { nonce, tags })
    }

    /// What tells this device from others.
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.nonce)
    }

    /// Whether the holder of the account has signed in here before.
    pub fn knows(&self, key: &hmac::Key, email: &Email) -> bool {
        let tag = self.tag(key, email);
        self.tags.iter().any(|known| verify_slices_are_equal(known, &tag).is_ok())
    }

    /// Remembers that the holder of the account has signed in here.
    #[must_use]
    pub fn remembering(mut self, key: &hmac::Key, email: &Email) -> Self {
        let tag = self.tag(key, email);
        self.tags.retain(|known| *known != tag);
        self.tags.insert(0, tag);
        self.tags.truncate(ACCOUNTS);
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

    #[test]
    fn a_device_knows_who_has_signed_in_there_and_nobody_else() {
        let key = |byte| hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32]);
        let (ours, theirs) = (key(1), key(2));
        let email = |text: &str| Email::parse(text).unwrap();
        let (ada, grace) = (email("ada@example.com"), email("grace@example.com"));
        let device = Device::new(Random).remembering(&ours, &ada);
        let read = Device::parse(&device.to_string()).unwrap();
        assert_eq!(read, device);
        assert!(read.knows(&ours, &email("ADA@example.com")), "however it is written");
        assert!(!read.knows(&ours, &grace) && !read.knows(&theirs, &ada));
        let other = Device { nonce: Random.bytes(), ..read.clone() };
        assert!(!other.knows(&ours, &ada), "a tag is of one device");

        let both = read.remembering(&ours, &grace).remembering(&ours, &ada);
        assert!(both.knows(&ours, &ada) && both.knows(&ours, &grace) && both.tags.len() == 2);
        let many =
            (0..ACCOUNTS).fold(both, |device, n| device.remembering(&ours, &email(&format!("{n}@x.org"))));
        assert!(!many.knows(&ours, &ada) && many.tags.len() == ACCOUNTS);
        assert!(many.to_string().len() < 200, "a short cookie");
    }

    #[test]
    fn what_is_no_cookie_of_ours_is_nothing() {
        let long = format!("{}{}", "A".repeat(22), ".AAAAAAAAAAAAAAAAAAAAAA".repeat(ACCOUNTS + 1));
        for bad in ["", ".", "AAAA", "AAAAAAAAAAAAAAAAAAAAAA.", "AAAAAAAAAAAAAAAAAAAAAA.x", &long] {
            assert!(Device::parse(bad).is_none(), "{bad}");
        }
        assert!(Device::parse("AAAAAAAAAAAAAAAAAAAAAA").is_some());
    }
}
