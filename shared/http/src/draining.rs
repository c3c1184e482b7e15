//! Graceful shutdown: after SIGTERM a service keeps serving for a while, reports itself as draining and closes each
//! connection after its response. Only then does it stop listening. Open requests have some seconds to finish, and
//! streams that would never end by themselves are ended.

use std::{
    fmt,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use tokio::sync::watch;

/// Whether a service is draining, and what it has to finish. Cheap to clone; application data of a service.
#[derive(Debug, Clone)]
pub struct Draining(Arc<State>);

#[derive(Debug)]
struct State {
    is_on: AtomicBool,
    time: Duration,
    open: [AtomicUsize; OpenWork::ALL.len()],
    /// True once streams without an end must end.
    streams_end: watch::Sender<bool>,
}

/// What a service waits for when it stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenWork {
    /// A request whose response has not begun.
    Request,
    /// A response that is still being sent and ends by itself, such as a download.
    Response,
    /// A response without an end, such as server-sent events. It is ended.
    EventStream,
    /// A WebSocket. It is closed.
    WebSocket,
}

impl OpenWork {
    const ALL: [Self; 4] = [Self::Request, Self::Response, Self::EventStream, Self::WebSocket];

    fn is_endless(self) -> bool {
        matches!(self, Self::EventStream | Self::WebSocket)
    }

    fn noun(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
            Self::EventStream => "event stream",
            Self::WebSocket => "WebSocket",
        }
    }
}

impl Draining {
    /// A service that will drain for `time` (`DRAIN_TIME`).
    pub fn new(time: Duration) -> Self {
        let streams_end = watch::Sender::new(false);
        Self(Arc::new(State { is_on: AtomicBool::new(false), time, open: Default::default(), streams_end }))
    }

    /// Returns true once the service has been asked to stop.
    pub fn is_on(&self) -> bool {
        self.0.is_on.load(Relaxed)
    }

    /// How long the service drains.
    pub fn time(&self) -> Duration {
        self.0.time
    }

    /// Counts something that the service waits for, until the returned value is dropped.
    pub fn open(&self, work: OpenWork) -> OpenGuard {
        self.counter(work).fetch_add(1, Relaxed);
        let end = work.is_endless().then(|| self.0.streams_end.subscribe());
        OpenGuard { draining: self.clone(), work, end }
    }

    /// Starts draining.
    pub(crate) fn begin(&self) {
        self.0.is_on.store(true, Relaxed);
    }

    /// Ends all streams that have no end of their own.
    pub(crate) fn end_streams(&self) {
        self.0.streams_end.send_replace(true);
    }

    #[expect(clippy::indexing_slicing, reason = "there is one counter for each variant")]
    fn counter(&self, work: OpenWork) -> &AtomicUsize {
        &self.0.open[work as usize]
    }
}

/// Something that the service waits for when it stops.
#[derive(Debug)]
pub struct OpenGuard {
    draining: Draining,
    work: OpenWork,
    end: Option<watch::Receiver<bool>>,
}

impl OpenGuard {
    /// Waits until the service stops, if it has to end this stream. Can be dropped and called again.
    pub async fn wait_for_stop(&mut self) {
        match &mut self.end {
            // An error cannot occur: the guard keeps the sender alive.
            Some(end) => drop(end.wait_for(|is_over| *is_over).await),
            None => pending().await,
        }
    }
}

impl Drop for OpenGuard {
    fn drop(&mut self) {
        self.draining.counter(self.work).fetch_sub(1, Relaxed);
    }
}

/// What several services wait for, for the log: `2 requests, 1 event stream`. Empty if there is nothing.
pub(crate) struct OpenWorkList([usize; OpenWork::ALL.len()]);

impl OpenWorkList {
    pub(crate) fn new(services: &[Draining]) -> Self {
        let count = |work| services.iter().map(|service| service.counter(work).load(Relaxed)).sum();
        Self(OpenWork::ALL.map(count))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|count| *count == 0)
    }
}

impl fmt::Display for OpenWorkList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (work, count) in OpenWork::ALL.into_iter().zip(self.0).filter(|(_, count)| *count > 0) {
            let plural = if count == 1 { "" } else { "s" };
            write!(f, "{separator}{count} {}{plural}", work.noun())?;
            separator = ", ";
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_work_is_listed_until_it_is_done() {
        let services = [Draining::new(Duration::ZERO), Draining::new(Duration::ZERO)];
        let request = services[0].open(OpenWork::Request);
        let other_request = services[1].open(OpenWork::Request);
        let _stream = services[1].open(OpenWork::EventStream);
        let list = || OpenWorkList::new(&services).to_string();

        assert_eq!(list(), "2 requests, 1 event stream");
        drop((request, other_request));
        assert_eq!(list(), "1 event stream");
    }

    #[tokio::test]
    async fn only_endless_streams_are_ended() {
        let service = Draining::new(Duration::ZERO);
        let mut stream = service.open(OpenWork::WebSocket);
        let mut response = service.open(OpenWork::Response);
        let soon = Duration::from_millis(10);
        assert!(tokio::time::timeout(soon, stream.wait_for_stop()).await.is_err());

        service.end_streams();

        stream.wait_for_stop().await;
        assert!(tokio::time::timeout(soon, response.wait_for_stop()).await.is_err());
    }
}
