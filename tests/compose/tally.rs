use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, Instant},
};

/// How many descriptions are kept: of failures, and in total.
const DESCRIBED_FAILURES: usize = 5;
const DESCRIBED: usize = 10;

/// The results of the requests of a phase.
#[derive(Debug)]
pub(crate) struct Tally {
    began: Instant,
    pub(crate) sent: usize,
    /// No response, or a 5xx.
    pub(crate) failed: usize,
    /// How many of the failures are a 503 with `Retry-After`.
    pub(crate) unavailable: usize,
    /// A response that is wrong: an active session was refused, or a revoked one accepted.
    pub(crate) wrong: usize,
    /// How long after the start of the phase the last failed request was sent.
    pub(crate) last_failure: Duration,
    /// The failures by request.
    pub(crate) failures: BTreeMap<String, usize>,
    /// Descriptions of the first failures and wrong responses.
    pub(crate) descriptions: Vec<String>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        Self {
            began: Instant::now(),
            sent: 0,
            failed: 0,
            unavailable: 0,
            wrong: 0,
            last_failure: Duration::ZERO,
            failures: BTreeMap::new(),
            descriptions: Vec::new(),
        }
    }

    /// How long the phase has lasted.
    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    pub(crate) fn add_failure(&mut self, request: &str, sent: Instant, description: &str) {
        let at = sent.saturating_duration_since(self.began);
        self.failed += 1;
        *self.failures.entry(request.to_owned()).or_default() += 1;
        self.last_failure = self.last_failure.max(at);
        if self.descriptions.len() < DESCRIBED_FAILURES {
            self.descriptions.push(format!("sent after {:.1} s {request}: {description}", at.as_secs_f64()));
        }
    }

    pub(crate) fn add_wrong(&mut self, request: &str, status: u16) {
        self.wrong += 1;
        if self.descriptions.len() < DESCRIBED {
            let at = self.elapsed().as_secs_f64();
            self.descriptions.push(format!("after {at:.1} s WRONG {request}: {status}"));
        }
    }

    /// Adds the counts of another phase.
    pub(crate) fn add(&mut self, phase: &Self) {
        self.sent += phase.sent;
        self.failed += phase.failed;
        self.unavailable += phase.unavailable;
        self.wrong += phase.wrong;
    }

    /// Fails if a request failed or got a wrong response.
    #[track_caller]
    pub(crate) fn assert_all_succeeded(&self) {
        assert_eq!(self.failed, 0, "{self:?}");
        assert_eq!(self.wrong, 0, "{self:?}");
    }

    /// Fails unless the phase lost at most the requests that one replica had accepted, in the first two seconds.
    #[track_caller]
    pub(crate) fn assert_one_replica_lost(&self) {
        assert_eq!(self.wrong, 0, "{self:?}");
        assert!(self.failed <= 4, "{self:?}");
        assert!(self.last_failure < Duration::from_secs(2), "{self:?}");
    }

    /// Fails unless only signing in and out was unavailable. A session that began or ended at the moment of the outage
    /// may be unknown, so two other requests may fail.
    #[track_caller]
    pub(crate) fn assert_sessions_survived(&self) {
        let others = self.failures.iter().filter(|(request, _)| !request.starts_with("POST "));
        assert_eq!(self.wrong, 0, "{self:?}");
        assert_eq!(self.failed, self.unavailable, "{self:?}");
        assert!(others.map(|(_, count)| count).sum::<usize>() <= 2, "{self:?}");
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, failed, unavailable, wrong, .. } = self;
        write!(f, "{sent} sent, {failed} failed ({unavailable} of them 503), {wrong} wrong responses")
    }
}
