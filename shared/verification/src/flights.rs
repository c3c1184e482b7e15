use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use drawbridge_core::id::UserId;
use futures_util::future::{BoxFuture, FutureExt, Shared};
use tokio::sync::oneshot;

use crate::{source::SourceUnavailable, user_record::UserState};

type LookUpResult = Result<UserState, SourceUnavailable>;

/// How long after its start a flight may be joined. Its answer is as old as its start.
const FLIGHT_JOIN_MAX_AGE: Duration = Duration::from_secs(1);

/// Lookups at the source that are in progress: one per user, however many requests wait for it.
#[derive(Default)]
pub(crate) struct Flights(Arc<Mutex<HashMap<UserId, Flight>>>);

#[derive(Clone)]
struct Flight {
    /// Unset while the flight waits for the previous one to finish.
    started_at: Arc<OnceLock<Instant>>,
    result: Shared<BoxFuture<'static, LookUpResult>>,
}

impl Flight {
    fn may_be_joined(&self) -> bool {
        self.started_at.get().is_none_or(|started_at| started_at.elapsed() < FLIGHT_JOIN_MAX_AGE)
    }
}

impl Flights {
    /// Joins the user's flight if it started a moment ago, or starts a new one with `work`. Steps that use
    /// the answer together with other state belong in `work`, because a caller that joins later sees newer
    /// state.
    ///
    /// A flight runs to its end even if no one waits any more. Otherwise a flight paused by a departed caller
    /// could hand an old answer to the next one.
    pub(crate) async fn join<F, W>(&self, user: UserId, work: W) -> LookUpResult
    where
        W: FnOnce() -> F,
        F: Future<Output = LookUpResult> + Send + 'static,
    {
        let flight = {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match flights.get(&user) {
                Some(flight) if flight.may_be_joined() => flight.clone(),
                _ => self.start(&mut flights, user, None, work()),
            }
        };
        flight.result.await
    }

    /// Like [`Flights::join`], but the answer is never older than this call: the flight starts now, or once
    /// the current one has ended. All calls until then share it.
    pub(crate) async fn join_next<F, W>(&self, user: UserId, work: W) -> LookUpResult
    where
        W: FnOnce() -> F,
        F: Future<Output = LookUpResult> + Send + 'static,
    {
        let flight = {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match flights.get(&user).cloned() {
                Some(next) if next.started_at.get().is_none() => next,
                current => self.start(&mut flights, user, current, work()),
            }
        };
        flight.result.await
    }

    fn start(
        &self,
        flights: &mut HashMap<UserId, Flight>,
        user: UserId,
        previous: Option<Flight>,
        work: impl Future<Output = LookUpResult> + Send + 'static,
    ) -> Flight {
        let (sender, receiver) = oneshot::channel();
        let started_at = Arc::new(OnceLock::new());
        if previous.is_none() {
            let _ = started_at.set(Instant::now());
        }
        let own_start = started_at.clone();
        let all_flights = self.0.clone();
        tokio::spawn(async move {
            if let Some(previous) = previous {
                // Its answer is too old for the callers of this flight.
                let _ = previous.result.await;
                let _ = own_start.set(Instant::now());
            }
            let result = work.await;
            let mut flights = all_flights.lock().unwrap_or_else(PoisonError::into_inner);
            if flights.get(&user).is_some_and(|flight| Arc::ptr_eq(&flight.started_at, &own_start)) {
                flights.remove(&user);
            }
            drop(flights);
            // An error means that no one is waiting any more.
            let _ = sender.send(result);
        });
        let lost = |_| Err(SourceUnavailable("the lookup was aborted".into()));
        let result = async move { receiver.await.unwrap_or_else(lost) }.boxed().shared();
        let flight = Flight { started_at, result };
        flights.insert(user, flight.clone());
        flight
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use drawbridge_core::{
        clock::{Clock, SystemClock},
        random::Random,
    };
    use futures_util::future::join_all;
    use tokio::sync::Notify;

    use super::*;

    /// A source that counts its lookups and answers each when it is released.
    #[derive(Clone, Default)]
    struct SlowSource {
        lookups: Arc<AtomicUsize>,
        release: Arc<Notify>,
    }

    impl SlowSource {
        async fn look_up(self) -> LookUpResult {
            self.lookups.fetch_add(1, SeqCst);
            self.release.notified().await;
            Ok(UserState::UNKNOWN)
        }

        fn lookups(&self) -> usize {
            self.lookups.load(SeqCst)
        }
    }

    fn user() -> UserId {
        UserId::generate(Random, SystemClock.now())
    }

    #[tokio::test]
    async fn concurrent_misses_of_one_user_share_a_lookup() {
        let (flights, source, user) = (Flights::default(), SlowSource::default(), user());
        let calls: Vec<_> = (0..100).map(|_| flights.join(user, || source.clone().look_up())).collect();
        let release = async {
            tokio::task::yield_now().await;
            source.release.notify_one();
        };

        let (results, ()) = tokio::join!(join_all(calls), release);

        assert!(results.iter().all(Result::is_ok));
        assert_eq!(source.lookups(), 1);
    }

    #[tokio::test]
    async fn a_finished_lookup_is_not_reused() {
        let (flights, source, user) = (Flights::default(), SlowSource::default(), user());

        for _ in 0..2 {
            source.release.notify_one();
            flights.join(user, || source.clone().look_up()).await.unwrap();
        }

        assert_eq!(source.lookups(), 2);
    }

    #[tokio::test]
    async fn callers_that_need_a_newer_answer_share_the_next_lookup() {
        let (flights, source, user) = (Flights::default(), SlowSource::default(), user());
        let first = flights.join_next(user, || source.clone().look_up());
        let others = async {
            tokio::task::yield_now().await;
            let calls = (0..100).map(|_| flights.join_next(user, || source.clone().look_up()));
            let calls: Vec<_> = calls.collect();
            let release = async {
                tokio::task::yield_now().await;
                assert_eq!(source.lookups(), 1, "the next lookup waits for the first");
                source.release.notify_one();
                while source.lookups() < 2 {
                    tokio::task::yield_now().await;
                }
                source.release.notify_one();
            };
            tokio::join!(join_all(calls), release)
        };

        let (first, _) = tokio::join!(first, others);

        first.unwrap();
        assert_eq!(source.lookups(), 2);
    }
}
