//! The people in a database: who they are follows from their number alone, so that neither the
//! benchmark nor the database has to tell the other.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use drawbridge_core::id::{SessionId, UserId};

use crate::failure::{Failure, Result};

/// People who signed up and signed in at the same second, each with one session.
///
/// Everything that a verifier says of two of them has the same length, and differs only in the eight
/// hexadecimal digits of their number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Population {
    /// When they signed up and in: a whole second.
    pub(crate) born: DateTime<Utc>,
    /// How many they are.
    pub(crate) count: u32,
}

/// How long before the benchmark people signed in: a session that began just now is a special case.
const AGE: TimeDelta = TimeDelta::hours(1);

/// How long their sessions last.
const LIFETIME: TimeDelta = TimeDelta::days(30);

/// The middle of a version 7 UUID, between the time and the number.
const USER: &str = "700080010000";
const SESSION: &str = "700080020000";

impl Population {
    pub(crate) fn born_before(now: DateTime<Utc>, count: u32) -> Self {
        Self { born: (now - AGE).trunc_subsecs(0), count }
    }

    /// When their sessions end.
    pub(crate) fn sessions_end(&self) -> DateTime<Utc> {
        self.born + LIFETIME
    }

    /// The eight digits of a number.
    pub(crate) fn hex(number: u32) -> String {
        format!("{number:08x}")
    }

    /// The address of the person with these digits.
    pub(crate) fn email(hex: &str) -> String {
        format!("user-{hex}@bench.example")
    }

    /// A user's id, in 32 hexadecimal digits, without the last eight.
    pub(crate) fn user_prefix(&self) -> String {
        self.prefix(USER)
    }

    /// A session's id, in the same way.
    pub(crate) fn session_prefix(&self) -> String {
        self.prefix(SESSION)
    }

    pub(crate) fn user(&self, number: u32) -> Result<UserId> {
        let text = format!("{}{}", self.user_prefix(), Self::hex(number));
        text.parse().map_err(Failure::not_measured)
    }

    pub(crate) fn session(&self, number: u32) -> Result<SessionId> {
        let text = format!("{}{}", self.session_prefix(), Self::hex(number));
        text.parse().map_err(Failure::not_measured)
    }

    /// `count` numbers, evenly spread over all people and in no order; all of them if there are not as many.
    pub(crate) fn sample(&self, count: u32) -> Vec<u32> {
        let count = count.min(self.count);
        let step = (self.count / count.max(1)).max(1);
        // Neighbours in the list are far apart in the database: 7919 is a prime.
        let shuffled = (0..u64::from(count)).map(|at| at * 7919 % u64::from(count.max(1)));
        shuffled.filter_map(|at| u32::try_from(at).ok()).map(|at| at * step).collect()
    }

    fn prefix(&self, middle: &str) -> String {
        format!("{:012x}{middle}", self.born.timestamp_millis())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn people(count: u32) -> Population {
        Population::born_before(DateTime::from_timestamp(1_800_000_000, 123).unwrap(), count)
    }

    #[test]
    fn ids_tell_the_time_and_the_number() {
        let people = people(10);
        let (user, session) = (people.user(0xff98).unwrap(), people.session(0xff98).unwrap());
        assert_eq!(user.created_at(), people.born);
        assert_eq!(session.created_at(), people.born);
        assert!(user.to_string().ends_with("0000ff98") && session.to_string().ends_with("0000ff98"));
        assert_ne!(user.to_string(), session.to_string());
    }

    #[test]
    fn a_sample_is_spread_over_all_and_names_nobody_twice() {
        let sample = people(1_000_000).sample(1000);
        assert_eq!(sample.iter().collect::<BTreeSet<_>>().len(), 1000);
        assert!(sample.iter().all(|number| *number < 1_000_000 && number % 1000 == 0));
        assert_eq!(people(10).sample(12).iter().max(), Some(&9));
    }
}
