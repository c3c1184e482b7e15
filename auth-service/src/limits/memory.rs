//! Rates in this process: where there is no Redis, and for as long as it is out of reach.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Instant,
};

use super::{Bucket, rate::Rate};

/// Above so many, those that are whole again are dropped.
const TIDY_ABOVE: usize = 10_000;

/// The instants of all keys, in microseconds since this began.
pub(super) struct Memory {
    began: Instant,
    arrivals: Mutex<Arrivals>,
}

#[derive(Default)]
struct Arrivals {
    of: HashMap<String, u64>,
    /// How many there were after the last tidying.
    left: usize,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), arrivals: Mutex::default() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Takes one of every bucket, or none; the microseconds to wait.
    pub(super) fn charge(&self, buckets: &[Bucket]) -> u64 {
        self.charge_at(self.now(), buckets)
    }

    fn charge_at(&self, now: u64, buckets: &[Bucket]) -> u64 {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        let arrival = |of: &HashMap<String, u64>, key: &str| of.get(key).copied().unwrap_or(now).max(now);
        let wait = |Bucket { key, rate }: &Bucket| rate.wait(arrival(&arrivals.of, key), now);
        if let Some(wait) = buckets.iter().map(wait).find(|wait| *wait > 0) {
            return wait;
        }
        for Bucket { key, rate } in buckets {
            let next = arrival(&arrivals.of, key).saturating_add(rate.interval());
            arrivals.of.insert(key.clone(), next);
        }
        if arrivals.of.len() > TIDY_ABOVE.max(2 * arrivals.left) {
            arrivals.of.retain(|_, arrival| *arrival > now);
            arrivals.left = arrivals.of.len();
        }
        0
    }

    /// Gives one back to every bucket.
    pub(super) fn give_back(&self, buckets: &[Bucket]) {
        let mut arrivals = self.arrivals.lock().unwrap_or_else(PoisonError::into_inner);
        for Bucket { key, rate } in buckets {
            if let Some(arrival) = arrivals.of.get_mut(key) {
                *arrival = arrival.saturating_sub(Rate::interval(*rate));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn bucket(key: &str, burst: u32) -> Bucket {
        Bucket { key: key.to_owned(), rate: Rate::new(burst, Duration::from_secs(1)) }
    }

    #[test]
    fn a_burst_and_then_one_every_interval() {
        let (memory, second) = (Memory::new(), 1_000_000);
        let three = [bucket("a", 3)];
        let now = 50 * second;
        assert_eq!([0; 3].map(|_| memory.charge_at(now, &three)), [0, 0, 0]);
        assert_eq!(memory.charge_at(now, &three), second);
        assert_eq!(memory.charge_at(now + second / 2, &three), second / 2, "asking again costs nothing");
        assert_eq!(memory.charge_at(now + second, &three), 0);
        assert_eq!(memory.charge_at(now + second, &three), second);
        memory.give_back(&three);
        assert_eq!(memory.charge_at(now + second, &three), 0, "what is given back can be taken again");
        assert_eq!(
            [0; 4].map(|_| memory.charge_at(now + 99 * second, &three)),
            [0, 0, 0, second],
            "and no more"
        );
    }

    #[test]
    fn whoever_is_refused_by_one_bucket_takes_from_none() {
        let memory = Memory::new();
        assert_eq!(memory.charge_at(7, &[bucket("narrow", 1), bucket("wide", 2)]), 0);
        assert!(memory.charge_at(7, &[bucket("wide", 2), bucket("narrow", 1)]) > 0);
        assert_eq!(memory.charge_at(7, &[bucket("wide", 2)]), 0);
        assert!(memory.charge_at(7, &[bucket("wide", 2)]) > 0);
    }

    #[test]
    fn what_is_whole_again_is_forgotten() {
        let memory = Memory::new();
        let count = |memory: &Memory| memory.arrivals.lock().unwrap().of.len();
        let begin = |at: u64, what: &str| {
            for n in 0..=TIDY_ABOVE as u64 {
                memory.charge_at(at + n, &[bucket(&format!("{what} {n}"), 1)]);
            }
        };
        begin(0, "first");
        assert_eq!(count(&memory), TIDY_ABOVE + 1, "nobody who must wait is forgotten");
        // By then the first may be done again.
        begin(60_000_000, "second");
        begin(60_000_000, "third");
        assert!(!memory.arrivals.lock().unwrap().of.contains_key("first 0"));
        assert!((2 * TIDY_ABOVE..=3 * TIDY_ABOVE).contains(&count(&memory)), "{}", count(&memory));
    }
}
