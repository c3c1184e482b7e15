use std::time::{Duration, UNIX_EPOCH};

use aws_lc_rs::hmac;

/// How long a code is valid, in seconds.
const STEP_SECONDS: u64 = 30;

/// How long a code may take to reach the server, in seconds.
const TRANSIT_SECONDS: u64 = 5;

/// An authenticator app that has scanned a secret (RFC 6238: SHA-1, six digits, 30 seconds).
#[derive(Debug)]
pub struct AuthenticatorApp {
    key: hmac::Key,
    /// The step of the last code.
    last: u64,
}

impl AuthenticatorApp {
    /// Reads the secret as users type it: Base32, in groups.
    pub fn scan(secret: &str) -> Self {
        let digit = |c: char| "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).expect("a Base32 digit");
        let bits = secret.chars().filter(|c| *c != ' ').map(digit).collect::<Vec<_>>();
        let bit = |at: usize| u8::try_from(bits[at / 5] >> (4 - at % 5) & 1).unwrap();
        let byte = |n: usize| (0..8).fold(0, |byte, at| byte * 2 + bit(n * 8 + at));
        let bytes: Vec<u8> = (0..bits.len() * 5 / 8).map(byte).collect();
        Self { key: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &bytes), last: 0 }
    }

    /// The code of the step that is `steps` after the current one.
    pub fn code(&self, steps: i64) -> String {
        self.code_of((seconds() / STEP_SECONDS).checked_add_signed(steps).unwrap())
    }

    /// A code that has not been used. A server that tolerates a clock error of one step accepts three codes in a row; the
    /// fourth one must wait until it becomes valid.
    pub async fn next_code(&mut self) -> String {
        loop {
            let now = seconds();
            let (earliest, latest) = ((now + TRANSIT_SECONDS) / STEP_SECONDS - 1, now / STEP_SECONDS + 1);
            let step = earliest.max(self.last + 1);
            if step <= latest {
                self.last = step;
                return self.code_of(step);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    fn code_of(&self, step: u64) -> String {
        let tag = hmac::sign(&self.key, &step.to_be_bytes());
        let tag = tag.as_ref();
        let offset = usize::from(tag[19] & 0xf);
        let four = [tag[offset] & 0x7f, tag[offset + 1], tag[offset + 2], tag[offset + 3]];
        format!("{:06}", u32::from_be_bytes(four) % 1_000_000)
    }
}

fn seconds() -> u64 {
    UNIX_EPOCH.elapsed().unwrap().as_secs()
}
