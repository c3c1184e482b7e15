//! Which sessions have recently been reported to auth-service as active.

use std::time::{Duration, Instant};

use drawbridge_core::id::SessionId;
use quick_cache::sync::{Cache, EntryAction, EntryResult};

/// How often the activity of one session is reported.
const REPORT_INTERVAL: Duration = Duration::from_mins(1);

/// How many sessions are remembered. A session that was evicted is reported again.
const TRACKED_SESSIONS_MAX: usize = 16_384;

/// When this process last reported the activity of each session.
pub(crate) struct ActivityReports(Cache<SessionId, Instant>);

impl ActivityReports {
    pub(crate) fn new() -> Self {
        Self(Cache::new(TRACKED_SESSIONS_MAX))
    }

    /// Returns true if it is time to report this session again. Of several concurrent calls, one returns
    /// true.
    pub(crate) fn is_due(&self, session: SessionId, now: Instant) -> bool {
        let entry = self.0.entry(&session, None, |_, reported_at| {
            let is_due = now.saturating_duration_since(*reported_at) >= REPORT_INTERVAL;
            if is_due {
                *reported_at = now;
            }
            EntryAction::Retain(is_due)
        });
        match entry {
            EntryResult::Retained(is_due) => is_due,
            EntryResult::Vacant(place) => place.insert(now).is_ok(),
            EntryResult::Removed(..) | EntryResult::Replaced(..) | EntryResult::Timeout => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use drawbridge_core::{
        clock::{Clock, SystemClock},
        random::Random,
    };

    use super::*;

    fn new_session() -> SessionId {
        SessionId::generate(Random, SystemClock.now())
    }

    #[test]
    fn a_session_is_reported_once_a_minute() {
        let reports = ActivityReports::new();
        let (session, now) = (new_session(), Instant::now());

        assert!(reports.is_due(session, now));
        assert!(!reports.is_due(session, now + Duration::from_secs(59)));
        assert!(reports.is_due(session, now + REPORT_INTERVAL));
        assert!(!reports.is_due(session, now + REPORT_INTERVAL));
    }

    #[test]
    fn sessions_are_reported_separately() {
        let reports = ActivityReports::new();
        let now = Instant::now();

        assert!(reports.is_due(new_session(), now));
        assert!(reports.is_due(new_session(), now));
    }
}
