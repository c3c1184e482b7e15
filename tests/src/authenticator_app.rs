use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;

/// How long a code is shown.
const STEP: Duration = Duration::from_secs(30);

/// How long the way from here to the server may take.
const MARGIN: Duration = Duration::from_secs(5);

/// An authenticator app on somebody's phone, written from RFC 6238 and from nothing of the product.
#[derive(Debug)]
pub struct AuthenticatorApp {
    secret: Vec<u8>,
    /// The step of the code that was read last.
    last: u64,
}

impl AuthenticatorApp {
    /// An app that was told this key, in Base32 with or without spaces.
    pub fn new(key: &str) -> Self {
        const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let (mut secret, mut bits, mut held) = (Vec::new(), 0_u32, 0_u32);
        for digit in key.chars().filter(|c| !c.is_whitespace() && *c != '=') {
            let value =
                DIGITS.find(digit.to_ascii_uppercase()).unwrap_or_else(|| panic!("not Base32: {key}"));
            bits = bits << 5 | u32::try_from(value).unwrap();
            held += 5;
            if held >= 8 {
                held -= 8;
                secret.push(u8::try_from(bits >> held & 0xff).unwrap());
                bits &= (1 << held) - 1;
            }
        }
        Self { secret, last: 0 }
    }

    /// A code that it has not shown before. A server that forgives a clock one step either way takes three in a
    /// row; the fourth has to wait for its time.
    pub async fn next_code(&mut self) -> String {
        loop {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let earliest = (now + MARGIN).as_secs() / STEP.as_secs() - 1;
            let latest = now.as_secs() / STEP.as_secs() + 1;
            let step = earliest.max(self.last + 1);
            if step <= latest {
                self.last = step;
                return self.code(step);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// The code of a step since 1970 (RFC 4226, 5.3).
    pub fn code(&self, step: u64) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.secret);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        let start = usize::from(bytes[bytes.len() - 1] & 0xf);
        let word = bytes[start..start + 4].try_into().unwrap();
        format!("{:06}", (u32::from_be_bytes(word) & 0x7fff_ffff) % 1_000_000)
    }
}
