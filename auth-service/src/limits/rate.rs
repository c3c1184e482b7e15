//! Rates, enforced with the generic cell rate algorithm (GCRA), which stores one timestamp per key and no history.

use std::time::Duration;

/// A burst of attempts, and the interval at which one more becomes possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    burst: u32,
    interval: Duration,
}

impl Rate {
    /// A rate of `burst` attempts and one more every `interval`.
    pub const fn new(burst: u32, interval: Duration) -> Self {
        Self { burst, interval }
    }

    /// Parses a rate such as `10/5m`: a burst of ten, and one more every five minutes.
    ///
    /// # Errors
    /// The text is not a rate. The message explains the format.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rate = text.split_once('/').and_then(|(burst, interval)| {
            let burst = burst.trim().parse().ok().filter(|burst| (1..=1_000_000).contains(burst))?;
            let interval = humantime::parse_duration(interval.trim()).ok()?;
            let bounds = Duration::from_millis(1)..=Duration::from_hours(24);
            bounds.contains(&interval).then_some(Self { burst, interval })
        });
        rate.ok_or_else(|| {
            format!(
                "must be a rate such as 10/5m, a burst of ten and one more every five minutes, not \"{text}\""
            )
        })
    }

    /// The interval in microseconds.
    pub(super) fn interval_micros(self) -> u64 {
        u64::try_from(self.interval.as_micros()).unwrap_or(u64::MAX)
    }

    /// How many microseconds the stored arrival time may be ahead of the clock while attempts are still possible.
    pub(super) fn tolerance_micros(self) -> u64 {
        self.interval_micros().saturating_mul(u64::from(self.burst.saturating_sub(1)))
    }

    /// The time until an attempt is possible, in microseconds; 0 if one is possible now. `arrival` is when the next
    /// attempt would be due without a burst (GCRA's theoretical arrival time).
    pub(super) fn wait_micros(self, arrival: u64, now: u64) -> u64 {
        arrival.saturating_sub(self.tolerance_micros()).saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_parsed() {
        for (text, expected) in [
            ("10/5m", Rate::new(10, Duration::from_mins(5))),
            (" 1 / 50ms ", Rate::new(1, Duration::from_millis(50))),
        ] {
            assert_eq!(Rate::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn invalid_rates_are_refused() {
        for (case, text) in [
            ("empty", ""),
            ("no interval", "10"),
            ("no burst", "/5m"),
            ("burst of 0", "0/5m"),
            ("negative burst", "-1/5m"),
            ("empty interval", "10/"),
            ("interval of 0", "10/0s"),
            ("unknown unit", "10/5 monkeys"),
            ("interval too long", "10/2d"),
            ("burst too large", "9999999/1s"),
        ] {
            assert!(Rate::parse(text).is_err(), "{case}");
        }
    }
}
