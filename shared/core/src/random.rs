//! Randomness, handed in: the operating system's generator and nothing else.

use chrono::{DateTime, Utc};
use uuid::{Builder, Uuid};

/// The operating system's cryptographically secure generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct Random;

impl Random {
    /// `N` fresh random bytes.
    ///
    /// # Panics
    /// When the operating system gives no randomness: nothing that is safe can be done without.
    #[expect(clippy::expect_used, reason = "a service without randomness must not go on")]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks for randomness")]
    pub fn bytes<const N: usize>(self) -> [u8; N] {
        let mut bytes = [0; N];
        aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives randomness");
        bytes
    }

    /// A version 7 UUID (RFC 9562): the millisecond of `now`, then 74 random bits.
    pub fn uuid_v7(self, now: DateTime<Utc>) -> Uuid {
        let milliseconds = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(milliseconds, &self.bytes()).into_uuid()
    }
}
