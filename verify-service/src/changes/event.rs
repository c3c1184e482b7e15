//! The events of the feed, as server-sent events (HTML Standard, 9.2).

use std::{
    fmt::Display,
    time::{Duration, Instant},
};

use actix_web::web::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::id::UserId;
use jsonwebtoken::jwk::JwkSet;
use serde_json::json;

/// The clock of the feed: the wall clock when the service started, and from then on a clock that is never set. If the
/// wall clock is set while a follower is connected, the follower must not compute another age for what it has received.
#[derive(Debug, Clone, Copy)]
pub(super) struct FeedClock {
    started_at: Instant,
    started_at_wall: DateTime<Utc>,
}

impl FeedClock {
    /// A clock that shows `now`.
    pub(super) fn start(now: DateTime<Utc>) -> Self {
        Self { started_at: Instant::now(), started_at_wall: now }
    }

    /// The time at `instant`, in milliseconds since 1970.
    pub(super) fn millis(&self, instant: Instant) -> i64 {
        let delta = |time: Duration| TimeDelta::from_std(time).unwrap_or_default();
        let since_start = match instant.checked_duration_since(self.started_at) {
            Some(after) => delta(after),
            None => -delta(self.started_at - instant),
        };
        (self.started_at_wall + since_start).timestamp_millis()
    }
}

/// Keeps the connection alive, and shows when the client is gone.
pub(super) const COMMENT: Bytes = Bytes::from_static(b":\n\n");

fn event(name: &str, data: &impl Display) -> Bytes {
    format!("event: {name}\ndata: {data}\n\n").into()
}

/// Events may be missing.
pub(super) fn reset(clock: FeedClock) -> Bytes {
    event("reset", &json!({"time": clock.millis(Instant::now())}))
}

/// The public keys.
pub(super) fn keys(keys: &JwkSet) -> Bytes {
    event("keys", &json!(keys))
}

/// A user has changed.
pub(super) fn user(id: UserId, version: i64) -> Bytes {
    event("user", &json!({"id": id, "version": version}))
}

/// Everything committed before `delivered_until` has been announced.
pub(super) fn watermark(clock: FeedClock, delivered_until: Instant) -> Bytes {
    let time = clock.millis(Instant::now());
    event("watermark", &json!({"time": time, "delivered_until": clock.millis(delivered_until)}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_counts_from_its_start_in_both_directions() {
        let started_at = Instant::now() + Duration::from_secs(10);
        let started_at_wall = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let clock = FeedClock { started_at, started_at_wall };

        assert_eq!(clock.millis(started_at + Duration::from_millis(1500)), 1_800_000_001_500);
        assert_eq!(
            clock.millis(started_at.checked_sub(Duration::from_millis(1500)).unwrap()),
            1_799_999_998_500
        );
    }

    #[test]
    fn an_event_is_a_name_and_one_line_of_data() {
        let id = "01990000-0000-7000-8000-000000000001".parse().unwrap();

        let text = user(id, 8);

        let expected =
            "event: user\ndata: {\"id\":\"01990000-0000-7000-8000-000000000001\",\"version\":8}\n\n";
        assert_eq!(text, expected);
    }
}
