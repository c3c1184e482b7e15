//! How often something may be done: the generic cell rate algorithm (GCRA), which keeps one instant for each
//! key and no history.

use std::time::Duration;

/// So many at once, and then one more every so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    burst: u32,
    every: Duration,
}

impl Rate {
    /// `burst` at once and one more `every` so often.
    pub const fn new(burst: u32, every: Duration) -> Self {
        Self { burst, every }
    }

    /// Reads `10/5m`: ten at once, and one more every five minutes.
    ///
    /// # Errors
    /// A sentence that says how a rate is written.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(burst, every)| {
            let burst = burst.trim().parse().ok().filter(|burst| (1..=1_000_000).contains(burst))?;
            let every = humantime::parse_duration(every.trim()).ok()?;
            let bounds = Duration::from_millis(1)..=Duration::from_hours(24);
            bounds.contains(&every).then_some(Self { burst, every })
        });
        parts.ok_or_else(|| {
            format!("must be like 10/5m, ten at once and one more every 5 minutes, not \"{text}\"")
        })
    }

    /// Microseconds from one to the next.
    pub(super) fn interval(self) -> u64 {
        u64::try_from(self.every.as_micros()).unwrap_or(u64::MAX)
    }

    /// Microseconds by which the instant of the next may lie ahead.
    pub(super) fn tolerance(self) -> u64 {
        self.interval().saturating_mul(u64::from(self.burst.saturating_sub(1)))
    }

    /// The microseconds to wait at `now` where the next is due at `arrival` by the rate alone; 0 if it need not wait.
    pub(super) fn wait(self, arrival: u64, now: u64) -> u64 {
        arrival.saturating_sub(self.tolerance()).saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_read_as_it_is_written() {
        assert_eq!(Rate::parse("10/5m"), Ok(Rate::new(10, Duration::from_mins(5))));
        assert_eq!(Rate::parse(" 1 / 50ms "), Ok(Rate::new(1, Duration::from_millis(50))));
        for bad in ["", "10", "/5m", "0/5m", "-1/5m", "10/", "10/0s", "10/5 monkeys", "10/2d", "9999999/1s"] {
            assert!(Rate::parse(bad).is_err(), "{bad}");
        }
    }
}
