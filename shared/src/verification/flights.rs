use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use futures_util::future::{BoxFuture, FutureExt, Shared};
use tokio::sync::oneshot;

use super::SourceUnavailable;
use crate::{id::UserId, user_record::UserState};

type Found = Result<UserState, SourceUnavailable>;

/// How old a look-up may be that somebody joins: its answer is as old as it.
const JOINED_WITHIN: Duration = Duration::from_secs(1);

/// Look-ups under way: one for each user, however many wait for it.
#[derive(Default)]
pub(super) struct Flights(Arc<Mutex<HashMap<UserId, Flight>>>);

#[derive(Clone)]
struct Flight {
    begun: Instant,
    found: Shared<BoxFuture<'static, Found>>,
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
                Some(flight) if flight.begun.elapsed() < JOINED_WITHIN => flight.clone(),
                _ => {
                    let flight = self.start(user, work());
                    flights.insert(user, flight.clone());
                    flight
                }
            }
        };
        flight.found.await
    }

    fn start(&self, user: UserId, work: impl Future<Output = Found> + Send + 'static) -> Flight {
        let (done, result) = oneshot::channel();
        let begun = Instant::now();
        let flights = self.0.clone();
        tokio::spawn(async move {
            let found = work.await;
            let mut flights = flights.lock().unwrap_or_else(PoisonError::into_inner);
            if flights.get(&user).is_some_and(|flight| flight.begun == begun) {
                flights.remove(&user);
            }
            drop(flights);
            // Nobody may be waiting any more.
            let _ = done.send(found);
        });
        let lost = |_| Err(SourceUnavailable("the look-up was lost".into()));
        Flight { begun, found: async move { result.await.unwrap_or_else(lost) }.boxed().shared() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use tokio::sync::Notify;

    use super::{super::look_up::UNKNOWN, *};
    use crate::{
        clock::{Clock, SystemClock},
        random::Random,
    };

    #[actix_web::test]
    async fn many_who_miss_one_user_make_one_look_up() {
        let (flights, asked, go) =
            (Flights::default(), Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
        let user = UserId::generate(Random, SystemClock.now());
        let work = || {
            let (asked, go) = (asked.clone(), go.clone());
            async move {
                asked.fetch_add(1, SeqCst);
                go.notified().await;
                Ok(UNKNOWN)
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
}
