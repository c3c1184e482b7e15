use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::future::{BoxFuture, FutureExt, Shared};
use tokio::sync::oneshot;

use super::SourceUnavailable;
use crate::{id::UserId, user_record::UserState};

type Found = Result<UserState, SourceUnavailable>;

/// Look-ups under way: one for each user, however many wait for it.
#[derive(Default)]
pub(super) struct Flights(Arc<Mutex<HashMap<UserId, Shared<BoxFuture<'static, Found>>>>>);

impl Flights {
    /// The result of the look-up that is under way for this user, or of a new one.
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
                Some(flight) => flight.clone(),
                None => {
                    let flight = self.start(user, work());
                    flights.insert(user, flight.clone());
                    flight
                }
            }
        };
        flight.await
    }

    fn start(
        &self,
        user: UserId,
        work: impl Future<Output = Found> + Send + 'static,
    ) -> Shared<BoxFuture<'static, Found>> {
        let (done, result) = oneshot::channel();
        let flights = self.0.clone();
        tokio::spawn(async move {
            let found = work.await;
            flights.lock().unwrap_or_else(PoisonError::into_inner).remove(&user);
            // Nobody may be waiting any more.
            let _ = done.send(found);
        });
        let lost = |_| Err(SourceUnavailable("the look-up was lost".into()));
        async move { result.await.unwrap_or_else(lost) }.boxed().shared()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    use tokio::sync::Notify;

    use super::{super::UNKNOWN, *};
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
