//! Randomness: the operating system's generator, passed in.

use chrono::{DateTime, Utc};
use uuid::{Builder, Uuid};

/// The operating system's cryptographically secure generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct Random;

impl Random {
    /// Generates `N` random bytes.
    ///
    /// # Panics
    /// The operating system cannot provide randomness. Nothing is secure without it.
    #[expect(clippy::expect_used, reason = "a service without randomness must stop")]
    #[expect(clippy::disallowed_methods, reason = "the only place that reads randomness")]
    pub fn bytes<const N: usize>(self) -> [u8; N] {
        let mut bytes = [0; N];
        aws_lc_rs::rand::fill(&mut bytes).expect("the operating system provides randomness");
        bytes
    }

    /// Generates a version 7 UUID (RFC 9562): the milliseconds of `now` and 74 random bits.
    pub fn uuid_v7(self, now: DateTime<Utc>) -> Uuid {
        let milliseconds = u64::try_from(now.timestamp_millis()).unwrap_or(0);
        Builder::from_unix_timestamp_millis(milliseconds, &self.bytes()).into_uuid()
    }
}
