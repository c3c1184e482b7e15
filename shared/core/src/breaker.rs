//! A circuit breaker: after a few consecutive failures, calls fail immediately for a moment, and then a single
//! call probes the dependency.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use prometheus_client::metrics::{counter::Counter, gauge::Gauge};

use crate::metrics::{DependencyLabel, Metrics};

/// How many consecutive failures open the breaker.
const FAILURES_TO_OPEN: u32 = 3;

/// How long the breaker stays open before one call probes the dependency.
const OPEN_FOR: Duration = Duration::from_secs(1);

/// The circuit breaker of one dependency.
#[derive(Debug)]
pub struct Breaker {
    state: Mutex<State>,
    shown: Gauge,
    openings: Counter,
    label: DependencyLabel,
    metrics: Metrics,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Calls go out. The number counts consecutive failures.
    Closed(u32),
    /// Calls fail until this instant.
    Open(Instant),
    /// One call probes the dependency. If its result is not recorded by this instant, another call probes.
    Probing(Instant),
}

/// The breaker is open: the dependency has just failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it failed a moment ago and is not called again yet")]
pub struct BreakerOpen;

impl Breaker {
    /// A closed breaker. Metrics show it under the dependency's name.
    pub fn new(dependency: &str, metrics: &Metrics) -> Self {
        let label = DependencyLabel { dependency: dependency.to_owned() };
        Self {
            state: Mutex::new(State::Closed(0)),
            shown: metrics.breaker_state.get_or_create_owned(&label),
            openings: metrics.breaker_openings.get_or_create_owned(&label),
            label,
            metrics: metrics.clone(),
        }
    }

    /// Asks for permission to make a call. Record its result with [`Breaker::record`].
    ///
    /// # Errors
    /// The breaker is open.
    pub fn enter(&self) -> Result<(), BreakerOpen> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match *state {
            State::Closed(_) => Ok(()),
            State::Open(until) | State::Probing(until) if Instant::now() < until => Err(BreakerOpen),
            State::Open(_) | State::Probing(_) => {
                *state = State::Probing(Instant::now() + OPEN_FOR);
                self.shown.set(1);
                Ok(())
            }
        }
    }

    /// Returns true if calls go out.
    pub fn is_closed(&self) -> bool {
        matches!(*self.state.lock().unwrap_or_else(PoisonError::into_inner), State::Closed(_))
    }

    /// The dependency's name.
    pub fn dependency(&self) -> &str {
        &self.label.dependency
    }

    /// Records whether the dependency answered a call, whatever the answer was.
    pub fn record(&self, answered: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let next = match *state {
            State::Closed(0) if answered => return,
            _ if answered => State::Closed(0),
            State::Closed(failures) if failures + 1 < FAILURES_TO_OPEN => State::Closed(failures + 1),
            State::Closed(_) => {
                self.openings.inc();
                State::Open(Instant::now() + OPEN_FOR)
            }
            // A call that started before the breaker opened does not count.
            State::Open(until) => State::Open(until),
            State::Probing(_) => State::Open(Instant::now() + OPEN_FOR),
        };
        // Logged once per change, not for every affected request.
        match (*state, next) {
            (State::Closed(_), State::Open(_)) => {
                tracing::warn!(
                    dependency = self.dependency(),
                    "dependency unreachable; probing once a second"
                );
            }
            (State::Open(_) | State::Probing(_), State::Closed(_)) => {
                tracing::info!(dependency = self.dependency(), "dependency reachable again");
            }
            _ => {}
        }
        *state = next;
        self.shown.set(match next {
            State::Closed(_) => 0,
            State::Probing(_) => 1,
            State::Open(_) => 2,
        });
    }

    /// Makes a call if the breaker allows it, and records the result.
    ///
    /// # Errors
    /// The error of the call, or [`BreakerOpen`].
    pub async fn call<T, E: From<BreakerOpen>>(
        &self,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.enter()?;
        let result = call.await;
        self.record(result.is_ok());
        result
    }
}

impl Drop for Breaker {
    /// Removes the metrics of a dependency that is gone, such as a replica.
    fn drop(&mut self) {
        self.metrics.breaker_state.remove(&self.label);
        self.metrics.breaker_openings.remove(&self.label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum CallError {
        Unreachable,
        BreakerOpen,
    }

    impl From<BreakerOpen> for CallError {
        fn from(_: BreakerOpen) -> Self {
            Self::BreakerOpen
        }
    }

    fn opened(metrics: &Metrics) -> Breaker {
        let breaker = Breaker::new("database", metrics);
        for _ in 0..FAILURES_TO_OPEN {
            breaker.enter().unwrap();
            breaker.record(false);
        }
        breaker
    }

    async fn call(breaker: &Breaker, result: Result<u8, CallError>) -> Result<u8, CallError> {
        breaker.call(async { result }).await
    }

    #[tokio::test]
    async fn consecutive_failures_open_the_breaker() {
        let metrics = Metrics::new();
        let breaker = opened(&metrics);

        assert_eq!(call(&breaker, Ok(7)).await, Err(CallError::BreakerOpen));
        assert!(metrics.render().contains("drawbridge_breaker_state{dependency=\"database\"} 2"));
        assert!(metrics.render().contains("drawbridge_breaker_openings_total{dependency=\"database\"} 1"));
    }

    #[tokio::test]
    async fn after_a_failed_probe_the_breaker_stays_open() {
        let breaker = opened(&Metrics::new());
        *breaker.state.lock().unwrap() = State::Open(Instant::now());

        assert_eq!(call(&breaker, Err(CallError::Unreachable)).await, Err(CallError::Unreachable));
        assert_eq!(call(&breaker, Ok(7)).await, Err(CallError::BreakerOpen));
    }

    #[tokio::test]
    async fn a_successful_probe_closes_the_breaker() {
        let metrics = Metrics::new();
        let breaker = opened(&metrics);
        *breaker.state.lock().unwrap() = State::Open(Instant::now());

        assert_eq!(call(&breaker, Ok(7)).await, Ok(7));
        assert!(breaker.is_closed());
        assert!(metrics.render().contains("drawbridge_breaker_state{dependency=\"database\"} 0"));
    }
}
