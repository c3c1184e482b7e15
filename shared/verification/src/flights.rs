use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::{BoxFuture, FutureExt, Shared};
use tokio::sync::oneshot;

use crate::source::SourceUnavailable;
use crate::user_record::UserState;
use drawbridge_core::id::UserId;

type Found = Result<UserState, SourceUnavailable>;

/// How old a look-up may be that somebody joins: its answer is as old as it.
const JOINED_WITHIN: Duration = Duration::from_secs(1);

/// Look-ups under way: one for each user, however many wait for it.
#[derive(Default)]
pub(super) struct Flights(Arc<Mutex<HashMap<UserId, Flight>>>);

#[derive(Clone)]
struct Flight {
    /// When it began; not yet, while it waits for the one before it.
    begun: Arc<OnceLock<Instant>>,
    found: Shared<BoxFuture<'static, Found>>,
}

impl Flight {
    fn is_young(&self) -> bool {
        self.begun.get().is_none_or(|begun| begun.elapsed() < JOINED_WITHIN)
    }
}

impl Flights {
    /// The result of the look-up that is under way for this user, if it began a moment ago, or of a
    /// new one. Whatever has to follow from an answer, and must not be older than it, is part of `work`.
    ///
    /// A look-up runs to its end by itself: one that waited for a caller who has gone would hand an
    /// old answer to the next.
    pub(super) async fn join<F, W>(&self, user: UserId, work: W) -> Found
    where
        W: FnOnce() -> F,
        F: Future<Output = Found> + Send + 'static,
    {
        let flight = {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match flights.get(&user) {
                Some(flight) if flight.is_young() => flight.clone(),
                _ => self.start(&mut flights, user, None, work()),
            }
        };
        flight.found.await
    }

    /// The same for somebody whose answer must not be older than the question: the look-up begins now, or
    /// once the one that is under way has ended, and whoever comes until then shares it.
    pub(super) async fn join_next<F, W>(&self, user: UserId, work: W) -> Found
    where
        W: FnOnce() -> F,
        F: Future<Output = Found> + Send + 'static,
    {
        let flight = {
            let mut flights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match flights.get(&user).cloned() {
                Some(next) if next.begun.get().is_none() => next,
                under_way => self.start(&mut flights, user, under_way, work()),
            }
        };
        flight.found.await
    }

    fn start(
        &self,
        under_way: &mut HashMap<UserId, Flight>,
        user: UserId,
        before: Option<Flight>,
        work: impl Future<Output = Found> + Send + 'static,
    ) -> Flight {
        let (done, result) = oneshot::channel();
        let (begun, flights) = (Arc::new(OnceLock::new()), self.0.clone());
        if before.is_none() {
            let _ = begun.set(Instant::now());
        }
        let this = begun.clone();
        tokio::spawn(async move {
            if let Some(before) = before {
                // Whatever it says is too old for those who wait here.
                let _ = before.found.await;
                let _ = this.set(Instant::now());
            }
            let found = work.await;
            let mut flights = flights.lock().unwrap_or_else(PoisonError::into_inner);
            if flights.get(&user).is_some_and(|flight| Arc::ptr_eq(&flight.begun, &this)) {
                flights.remove(&user);
            }
            drop(flights);
            // Nobody may be waiting any more.
            let _ = done.send(found);
        });
        let lost = |_| Err(SourceUnavailable("the look-up was lost".into()));
        let flight =
            Flight { begun, found: async move { result.await.unwrap_or_else(lost) }.boxed().shared() };
        under_way.insert(user, flight.clone());
        flight
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use tokio::sync::Notify;

    use super::*;
    use drawbridge_core::{
        clock::{Clock, SystemClock},
        random::Random,
    };

    #[tokio::test]
    async fn many_who_miss_one_user_make_one_look_up() {
        let (flights, asked, go) =
            (Flights::default(), Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let user = UserId::generate(Random, SystemClock.now());
        let work = || {
            let (asked, go) = (asked.clone(), go.clone());
            async move {
                asked.fetch_add(1, SeqCst);
                go.notified().await;
                Ok(UserState::UNKNOWN)
            }
        };
        let waiting: Vec<_> = (0..100).map(|_| flights.join(user, work)).collect();
        let release = async {
            tokio::task::yield_now().await;
            go.notify_one();
        };
        let (found, ()) = tokio::join!(futures_util::future::join_all(waiting), release);
        assert!(found.iter().all(Result::is_ok));
        assert_eq!(asked.load(SeqCst), 1);
        go.notify_one();
        flights.join(user, work).await.unwrap();
        assert_eq!(asked.load(SeqCst), 2, "an answer is not kept");
    }

    #[tokio::test]
    async fn whoever_wants_a_newer_answer_shares_the_next_look_up() {
        let (flights, asked, go) =
            (Flights::default(), Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let user = UserId::generate(Random, SystemClock.now());
        let work = || {
            let (asked, go) = (asked.clone(), go.clone());
            async move {
                asked.fetch_add(1, SeqCst);
                go.notified().await;
                Ok(UserState::UNKNOWN)
            }
        };
        let first = flights.join_next(user, work);
        let others = async {
            tokio::task::yield_now().await;
            let others: Vec<_> = (0..100).map(|_| flights.join_next(user, work)).collect();
            let release = async {
                tokio::task::yield_now().await;
                assert_eq!(asked.load(SeqCst), 1, "the next waits for the first");
                go.notify_one();
                go.notify_one();
                while asked.load(SeqCst) < 2 {
                    tokio::task::yield_now().await;
                }
                go.notify_one();
            };
            tokio::join!(futures_util::future::join_all(others), release)
        };
        tokio::join!(first, others).0.unwrap();
        assert_eq!(asked.load(SeqCst), 2, "a hundred shared one");
    }
}
