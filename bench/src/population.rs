//! The users in the database of a deployment. All of a user's data follows from the user's number, so the
//! benchmark can name users without reading the database.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use drawbridge_core::id::{SessionId, UserId};

use crate::error::{MeasurementError, Result};

/// How long ago the users signed in. Verifiers treat new sessions as a special case.
const SESSION_AGE: TimeDelta = TimeDelta::hours(1);

/// Lifetime of the sessions.
const SESSION_LIFETIME: TimeDelta = TimeDelta::days(30);

/// Digits of a user ID (a version 7 UUID) between the time and the user's number.
const USER_ID_MIDDLE: &str = "700080010000";

/// Digits of a session ID between the time and the user's number.
const SESSION_ID_MIDDLE: &str = "700080020000";

/// Step between neighbours in a sample: a prime, so that they are far apart in the database.
const SAMPLE_STEP: u64 = 7919;

/// Users who registered and signed in at the same second and have one session each.
///
/// The verifier's responses for any two of them have the same length and differ only in the eight hexadecimal
/// digits of the user's number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Population {
    /// When the users registered and signed in: a whole second.
    pub(crate) registered_at: DateTime<Utc>,
    /// Number of users.
    pub(crate) count: u32,
}

impl Population {
    /// Creates a population whose sessions are no longer new at `now`.
    pub(crate) fn registered_before(now: DateTime<Utc>, count: u32) -> Self {
        Self { registered_at: (now - SESSION_AGE).trunc_subsecs(0), count }
    }

    /// When all sessions expire.
    pub(crate) fn session_expiry(&self) -> DateTime<Utc> {
        self.registered_at + SESSION_LIFETIME
    }

    /// Returns the eight hexadecimal digits of a user's number.
    pub(crate) fn hex(number: u32) -> String {
        format!("{number:08x}")
    }

    /// Returns the e-mail address of the user with these digits.
    pub(crate) fn email(hex: &str) -> String {
        format!("user-{hex}@bench.example")
    }

    /// Returns the first 24 hexadecimal digits of every user ID.
    pub(crate) fn user_id_prefix(&self) -> String {
        self.id_prefix(USER_ID_MIDDLE)
    }

    /// Returns the first 24 hexadecimal digits of every session ID.
    pub(crate) fn session_id_prefix(&self) -> String {
        self.id_prefix(SESSION_ID_MIDDLE)
    }

    /// Returns the ID of a user.
    pub(crate) fn user(&self, number: u32) -> Result<UserId> {
        let id = format!("{}{}", self.user_id_prefix(), Self::hex(number));
        id.parse().map_err(MeasurementError::not_measured)
    }

    /// Returns the ID of a user's session.
    pub(crate) fn session(&self, number: u32) -> Result<SessionId> {
        let id = format!("{}{}", self.session_id_prefix(), Self::hex(number));
        id.parse().map_err(MeasurementError::not_measured)
    }

    /// Returns at most `count` numbers of users, evenly spread over all users and in a scattered order.
    pub(crate) fn sample(&self, count: u32) -> Vec<u32> {
        let count = count.min(self.count);
        let distance = (self.count / count.max(1)).max(1);
        let scattered = (0..u64::from(count)).map(|index| index * SAMPLE_STEP % u64::from(count.max(1)));
        scattered.filter_map(|index| u32::try_from(index).ok()).map(|index| index * distance).collect()
    }

    fn id_prefix(&self, middle: &str) -> String {
        format!("{:012x}{middle}", self.registered_at.timestamp_millis())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn population(count: u32) -> Population {
        Population::registered_before(DateTime::from_timestamp(1_800_000_000, 123).unwrap(), count)
    }

    #[test]
    fn ids_contain_the_time_and_the_number() {
        let population = population(10);

        let user = population.user(0xff98).unwrap();
        let session = population.session(0xff98).unwrap();

        assert_eq!(user.created_at(), population.registered_at);
        assert_eq!(session.created_at(), population.registered_at);
        assert!(user.to_string().ends_with("0000ff98"), "{user}");
        assert!(session.to_string().ends_with("0000ff98"), "{session}");
        assert_ne!(user.to_string(), session.to_string());
    }

    #[test]
    fn sample_is_spread_evenly_without_duplicates() {
        let sample = population(1_000_000).sample(1000);

        assert_eq!(sample.iter().collect::<BTreeSet<_>>().len(), 1000);
        assert!(sample.iter().all(|number| *number < 1_000_000 && number % 1000 == 0));
    }

    #[test]
    fn sample_is_no_larger_than_the_population() {
        let sample = population(10).sample(12);

        assert_eq!(sample.len(), 10);
        assert_eq!(sample.iter().max(), Some(&9));
    }
}
