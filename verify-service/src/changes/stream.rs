//! The response that a follower receives.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use actix_web::web::{self, Bytes};
use drawbridge_http::draining::OpenGuard;
use futures_util::{FutureExt, Stream, future::BoxFuture, stream};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Instant, sleep_until},
};

use super::{access::FeedReader, event::COMMENT, publisher::Publisher};
use crate::app::App;

/// How long a feed is silent at most.
const COMMENT_INTERVAL: Duration = Duration::from_secs(15);

/// How long a feed lasts. The follower connects again, and spreads over new replicas.
const FEED_LIFETIME: Duration = Duration::from_hours(1);

/// What a follower receives next.
enum Next {
    Event(Bytes),
    End,
}

struct Follower {
    publisher: Arc<Publisher>,
    beginning: VecDeque<Bytes>,
    events: Receiver<Bytes>,
    open: OpenGuard,
    /// Completes when the reader loses access.
    access_ended: BoxFuture<'static, ()>,
    comment_at: Instant,
    ends_at: Instant,
}

/// The events from now on, until the reader loses access, the service stops or the feed is an hour old.
pub(crate) fn stream_events(
    app: web::Data<App>,
    publisher: Arc<Publisher>,
    reader: FeedReader,
    open: OpenGuard,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let subscription = publisher.subscribe();
    let now = Instant::now();
    let access_ended = async move { app.feed_access.wait_for_end(&reader).await };
    let follower = Follower {
        publisher,
        beginning: subscription.beginning.into(),
        events: subscription.events,
        open,
        access_ended: access_ended.boxed(),
        comment_at: now + COMMENT_INTERVAL,
        ends_at: now + FEED_LIFETIME,
    };
    stream::unfold(follower, |mut follower| async move {
        match follower.next().await {
            Next::Event(event) => Some((Ok(event), follower)),
            Next::End => None,
        }
    })
}

impl Follower {
    async fn next(&mut self) -> Next {
        if let Some(event) = self.beginning.pop_front() {
            return Next::Event(event);
        }
        let event = tokio::select! {
            biased;
            () = self.open.wait_for_stop() => return Next::End,
            () = sleep_until(self.ends_at) => return Next::End,
            () = &mut self.access_ended => return Next::End,
            event = self.events.recv() => match event {
                Ok(event) => event,
                Err(RecvError::Lagged(_)) => self.publisher.reset(),
                Err(RecvError::Closed) => return Next::End,
            },
            () = sleep_until(self.comment_at) => COMMENT,
        };
        self.comment_at = Instant::now() + COMMENT_INTERVAL;
        Next::Event(event)
    }
}
