use aws_lc_rs::hmac;

/// An authenticator app that has scanned a secret (RFC 6238: SHA-1, six digits, 30 seconds).
#[derive(Debug)]
pub struct AuthenticatorApp(hmac::Key);

impl AuthenticatorApp {
    /// Takes the secret as a person types it: Base32, in groups.
    pub fn scan(secret: &str) -> Self {
        let digit = |c: char| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).expect("a digit of Base32");
        let bits = secret.chars().filter(|c| *c != ' ').map(digit).collect::<Vec<_>>();
        let bit = |at: usize| u8::try_from(bits[at / 5] >> (4 - at % 5) & 1).unwrap();
        let byte = |n: usize| (0..8).fold(0, |byte, at| byte * 2 + bit(n * 8 + at));
        let bytes: Vec<u8> = (0..bits.len() * 5 / 8).map(byte).collect();
        Self(hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes))
    }

    /// The code of now, or of so many steps later.
    pub fn code(&self, steps: i64) -> String {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let step = i64::try_from(now / 30).unwrap() + steps;
        let tag = hmac::sign(&self.0, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[19] & 0xf);
        let four = [tag[offset] & 0x7f, tag[offset + 1], tag[offset + 2], tag[offset + 3]];
        format!("{:06}", u32::from_be_bytes(four) % 1_000_000)
    }
}
