//! Limits counted in this process, for a deployment without Redis and while Redis is unreachable.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use super::bucket::Bucket;

/// Keys that have recovered completely are dropped when there are more than this many.
const CLEANUP_THRESHOLD: usize = 10_000;

/// The arrival times of all keys, in microseconds since `started_at`.
pub(super) struct MemoryLimits {
    started_at: Instant,
    arrivals: Mutex<Arrivals>,
}

#[derive(Default)]
struct Arrivals {
    by_key: HashMap<String, u64>,
    /// How many keys the last cleanup left.
    left_by_cleanup: usize,
}

impl MemoryLimits {
    pub(super) fn new() -> Self {
        Self { started_at: Instant::now(), arrivals: Mutex::default() }
    }

    /// Charges every bucket, or none if one of them is used up. Returns the time to wait in microseconds, 0 if charged.
    pub(super) fn charge(&self, buckets: &[Bucket]) -> u64 {
        let now = u64::try_from(self.started_at.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.charge_at(now, buckets)
    }

    fn charge_at(&self, now: u64, buckets: &[Bucket]) -> u64 {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let wait_for = |Bucket { key, rate }: &Bucket| rate.wait_micros(arrivals.get(key, now), now);
        if let Some(wait) = buckets.iter().map(wait_for).find(|wait| *wait > 0) {
            return wait;
        }
        for Bucket { key, rate } in buckets {
            let next = arrivals.get(key, now).saturating_add(rate.interval_micros());
            arrivals.by_key.insert(key.clone(), next);
        }
        arrivals.clean_up(now);
        0
    }

    /// Refunds one attempt to every bucket.
    pub(super) fn refund(&self, buckets: &[Bucket]) {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        for Bucket { key, rate } in buckets {
            if let Some(arrival) = arrivals.by_key.get_mut(key) {
                *arrival = arrival.saturating_sub(rate.interval_micros());
            }
        }
    }
}

impl Arrivals {
    fn get(&self, key: &str, now: u64) -> u64 {
        self.by_key.get(key).copied().unwrap_or(now).max(now)
    }

    /// Drops recovered keys when their number may have doubled since the last cleanup.
    fn clean_up(&mut self, now: u64) {
        if self.by_key.len() > CLEANUP_THRESHOLD.max(2 * self.left_by_cleanup) {
            self.by_key.retain(|_, arrival| *arrival > now);
            self.left_by_cleanup = self.by_key.len();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::limits::Rate;

    const SECOND: u64 = 1_000_000;

    fn bucket(key: &str, burst: u32) -> Bucket {
        Bucket { key: key.to_owned(), rate: Rate::new(burst, Duration::from_secs(1)) }
    }

    #[test]
    fn a_burst_is_possible_then_one_attempt_per_interval() {
        let limits = MemoryLimits::new();
        let bucket = [bucket("a", 3)];
        let now = 50 * SECOND;

        assert_eq!([0; 3].map(|_| limits.charge_at(now, &bucket)), [0, 0, 0]);
        assert_eq!(limits.charge_at(now, &bucket), SECOND);
        assert_eq!(
            limits.charge_at(now + SECOND / 2, &bucket),
            SECOND / 2,
            "a refused attempt is not charged"
        );
        assert_eq!(limits.charge_at(now + SECOND, &bucket), 0);
        assert_eq!(limits.charge_at(now + SECOND, &bucket), SECOND);
    }

    #[test]
    fn a_refunded_attempt_is_possible_again() {
        let limits = MemoryLimits::new();
        let bucket = [bucket("a", 1)];
        limits.charge_at(0, &bucket);

        limits.refund(&bucket);

        assert_eq!(limits.charge_at(0, &bucket), 0);
        assert_eq!(limits.charge_at(0, &bucket), SECOND);
    }

    #[test]
    fn a_recovered_limit_allows_no_more_than_its_burst() {
        let limits = MemoryLimits::new();
        let bucket = [bucket("a", 3)];
        limits.charge_at(0, &bucket);

        let waits = [0; 4].map(|_| limits.charge_at(99 * SECOND, &bucket));

        assert_eq!(waits, [0, 0, 0, SECOND]);
    }

    #[test]
    fn a_used_up_bucket_leaves_the_others_uncharged() {
        let limits = MemoryLimits::new();
        let narrow = bucket("narrow", 1);
        let wide = bucket("wide", 2);
        assert_eq!(limits.charge_at(7, &[narrow.clone(), wide.clone()]), 0);

        let refused = limits.charge_at(7, &[wide.clone(), narrow]);

        assert!(refused > 0);
        assert_eq!(limits.charge_at(7, std::slice::from_ref(&wide)), 0);
        assert!(limits.charge_at(7, &[wide]) > 0);
    }

    #[test]
    fn cleanup_drops_only_recovered_keys() {
        let limits = MemoryLimits::new();
        let count = || limits.arrivals.lock().unwrap().by_key.len();
        let charge_many = |at: u64, prefix: &str| {
            for n in 0..=CLEANUP_THRESHOLD as u64 {
                limits.charge_at(at + n, &[bucket(&format!("{prefix} {n}"), 1)]);
            }
        };

        charge_many(0, "first");
        assert_eq!(count(), CLEANUP_THRESHOLD + 1, "no key has recovered yet");
        charge_many(60 * SECOND, "second");
        charge_many(60 * SECOND, "third");

        assert!(!limits.arrivals.lock().unwrap().by_key.contains_key("first 0"));
        assert!((2 * CLEANUP_THRESHOLD..=3 * CLEANUP_THRESHOLD).contains(&count()), "{}", count());
    }
}
