//! The response that a follower receives.
//!
//! A task of its own writes the events. A body is not polled while its client reads nothing, but the end of the feed must
//! not depend on the client.

use std::{convert::Infallible, sync::Arc, time::Duration};

use actix_web::{rt, web::Bytes};
use drawbridge_http::draining::OpenGuard;
use futures_util::{Stream, StreamExt, stream};
use tokio::{
    sync::{
        broadcast::error::RecvError,
        mpsc::{self, Sender},
    },
    time::{sleep, timeout},
};

use super::{
    access::FeedReader,
    event::COMMENT,
    publisher::{Publisher, Subscription},
};

/// How long a feed is silent at most.
const COMMENT_INTERVAL: Duration = Duration::from_secs(15);

/// How long a feed lasts. The follower connects again, and spreads over new replicas.
const FEED_LIFETIME: Duration = Duration::from_hours(1);

/// How many events wait for a follower that reads slowly.
const WAITING_EVENTS: usize = 16;

/// How long a follower may read nothing.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The events from now on, until the reader loses access, reads nothing, the service stops or the feed is an hour old.
pub(crate) fn stream_events(
    publisher: Arc<Publisher>,
    reader: FeedReader,
    open: OpenGuard,
) -> impl Stream<Item = Result<Bytes, Infallible>> {
    let (sender, receiver) = mpsc::channel(WAITING_EVENTS);
    let subscription = publisher.subscribe();
    rt::spawn(async move {
        tokio::select! {
            biased;
            () = wait_for_end(reader, open) => {}
            () = sender.closed() => {}
            () = send_events(&publisher, subscription, &sender) => {}
        }
    });
    stream::unfold(
        receiver,
        |mut receiver| async move { receiver.recv().await.map(|event| (event, receiver)) },
    )
    .map(Ok)
}

/// Waits until the feed has to end, whether or not its follower reads.
async fn wait_for_end(mut reader: FeedReader, mut open: OpenGuard) {
    tokio::select! {
        () = open.wait_for_stop() => {}
        () = reader.wait_for_end() => {}
        () = sleep(FEED_LIFETIME) => {}
    }
}

/// Sends events until the follower has read nothing for too long.
async fn send_events(publisher: &Publisher, mut subscription: Subscription, sender: &Sender<Bytes>) {
    loop {
        for event in subscription.beginning.drain(..) {
            if sender.send_timeout(event, STALL_TIMEOUT).await.is_err() {
                return;
            }
        }
        let event = match timeout(COMMENT_INTERVAL, subscription.events.recv()).await {
            Ok(Ok(event)) => event,
            // The keys may be among the missed events.
            Ok(Err(RecvError::Lagged(_))) => {
                subscription = publisher.subscribe();
                continue;
            }
            Ok(Err(RecvError::Closed)) => return,
            Err(_) => COMMENT,
        };
        if sender.send_timeout(event, STALL_TIMEOUT).await.is_err() {
            return;
        }
    }
}
