//! A circuit breaker: once a dependency has failed a few times running, calls fail at once for a
//! moment, and then one of them tries.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use prometheus_client::metrics::{counter::Counter, gauge::Gauge};

use crate::metrics::{DependencyLabel, Metrics};

/// How many failures running open the breaker.
const FAILURES: u32 = 3;

/// How long it stays open before one call tries.
const PAUSE: Duration = Duration::from_secs(1);

/// The breaker before one dependency.
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
    /// Calls go out; so many of them failed running.
    Closed(u32),
    /// Calls fail until then.
    Open(Instant),
    /// One call tries since then. Should nobody hear of it again, another one tries.
    Trying(Instant),
}

/// The breaker is open: the dependency failed a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it failed a moment ago and is not asked again yet")]
pub struct BreakerOpen;

impl Breaker {
    /// A closed breaker, shown under the dependency's name.
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

    /// Whether a call may go out. Tell its end by [`Breaker::ended`].
    ///
    /// # Errors
    /// While the breaker is open.
    pub fn enter(&self) -> Result<(), BreakerOpen> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match *state {
            State::Closed(_) => Ok(()),
            State::Open(until) | State::Trying(until) if Instant::now() < until => Err(BreakerOpen),
            State::Open(_) | State::Trying(_) => {
                *state = State::Trying(Instant::now() + PAUSE);
                self.shown.set(1);
                Ok(())
            }
        }
    }

    /// Whether calls go out just now.
    pub fn is_closed(&self) -> bool {
        matches!(*self.state.lock().unwrap_or_else(PoisonError::into_inner), State::Closed(_))
    }

    /// The dependency's name.
    pub fn dependency(&self) -> &str {
        &self.label.dependency
    }

    /// Notes how a call ended: whether the dependency answered, whatever it said.
    pub fn ended(&self, answered: bool) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let next = match *state {
            State::Closed(0) if answered => return,
            _ if answered => State::Closed(0),
            State::Closed(failures) if failures + 1 < FAILURES => State::Closed(failures + 1),
            State::Closed(_) => {
                self.openings.inc();
                State::Open(Instant::now() + PAUSE)
            }
            // A call from before it opened says nothing new.
            State::Open(until) => State::Open(until),
            State::Trying(_) => State::Open(Instant::now() + PAUSE),
        };
        // Said once, and not by each request that meets it.
        match (*state, next) {
            (State::Closed(_), State::Open(_)) => {
                tracing::warn!(dependency = self.dependency(), "out of reach: asked again once a second");
            }
            (State::Open(_) | State::Trying(_), State::Closed(_)) => {
                tracing::info!(dependency = self.dependency(), "answers again");
            }
            _ => {}
        }
        *state = next;
        self.shown.set(match next {
            State::Closed(_) => 0,
            State::Trying(_) => 1,
            State::Open(_) => 2,
        });
    }

    /// Makes a call if the breaker lets it out, and notes how it ended.
    ///
    /// # Errors
    /// The call's own, or the breaker's.
    pub async fn call<T, E: From<BreakerOpen>>(
        &self,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.enter()?;
        let result = call.await;
        self.ended(result.is_ok());
        result
    }
}

impl Drop for Breaker {
    /// What is gone, such as a replica, is not shown any more.
    fn drop(&mut self) {
        self.metrics.breaker_state.remove(&self.label);
        self.metrics.breaker_openings.remove(&self.label);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Fault {
        Dead,
        NotAsked,
    }

    impl From<BreakerOpen> for Fault {
        fn from(_: BreakerOpen) -> Self {
            Self::NotAsked
        }
    }

    #[tokio::test]
    async fn a_dead_dependency_is_asked_a_few_times_and_then_once_in_a_while() {
        let metrics = Metrics::new();
        let breaker = Breaker::new("database", &metrics);
        let dead = async || breaker.call(async { Err::<(), _>(Fault::Dead) }).await.unwrap_err();
        for _ in 0..FAILURES {
            assert_eq!(dead().await, Fault::Dead);
        }
        assert_eq!(dead().await, Fault::NotAsked);
        assert!(metrics.render().contains("drawbridge_breaker_state{dependency=\"database\"} 2"));
        *breaker.state.lock().unwrap() = State::Open(Instant::now());
        assert_eq!(dead().await, Fault::Dead, "one tries");
        assert_eq!(dead().await, Fault::NotAsked, "and no other does");
        *breaker.state.lock().unwrap() = State::Open(Instant::now());
        assert_eq!(breaker.call(async { Ok::<_, Fault>(7) }).await, Ok(7));
        assert!(breaker.is_closed());
        assert!(metrics.render().contains("drawbridge_breaker_state{dependency=\"database\"} 0"));
        assert!(metrics.render().contains("drawbridge_breaker_openings_total{dependency=\"database\"} 1"));
    }
}
