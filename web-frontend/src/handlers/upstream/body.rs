//! Streams bodies between clients and upstreams, and gives up on a body that makes no progress for too long.

use std::{
    future::pending,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use actix_web::{
    HttpResponse,
    body::{BodyStream, SizedStream},
    web::{self, Bytes},
};
use futures_util::{StreamExt, stream};
use reqwest::Body;
use tokio::sync::mpsc;

use super::{
    response_watch::{ResponseEnd, ResponseWatch},
    session_watch::SessionWatch,
};

/// How long an upload may take, even if it keeps making progress.
pub(crate) const UPLOAD_TIMEOUT: Duration = Duration::from_hours(1);

/// How many chunks of an upload are buffered before the client is slowed down.
const BUFFERED_CHUNKS_MAX: usize = 2;

/// The progress of an upload.
#[derive(Clone)]
pub(super) struct UploadProgress(Arc<UploadState>);

struct UploadState {
    last_activity: Mutex<Instant>,
    was_aborted: AtomicBool,
    has_session_ended: AtomicBool,
}

impl UploadProgress {
    pub(super) fn new() -> Self {
        let last_activity = Mutex::new(Instant::now());
        Self(Arc::new(UploadState {
            last_activity,
            was_aborted: AtomicBool::new(false),
            has_session_ended: AtomicBool::new(false),
        }))
    }

    /// When the upstream last accepted a chunk.
    pub(super) fn last_activity(&self) -> Instant {
        *self.0.last_activity.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns true if the client disconnected before the end of its body.
    pub(super) fn was_aborted(&self) -> bool {
        self.0.was_aborted.load(Relaxed)
    }

    /// Returns true if the upload was broken off because its session has ended.
    pub(super) fn has_session_ended(&self) -> bool {
        self.0.has_session_ended.load(Relaxed)
    }

    fn record_activity(&self) {
        *self.0.last_activity.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn record_abort(&self) {
        self.0.was_aborted.store(true, Relaxed);
    }

    fn record_session_end(&self) {
        self.0.has_session_ended.store(true, Relaxed);
    }
}

/// Streams the client's body to the upstream. Ends with the session that it belongs to.
pub(super) fn stream_request(
    mut payload: web::Payload,
    progress: UploadProgress,
    mut session: Option<SessionWatch>,
) -> Body {
    // The payload is bound to this thread, but its chunks can move to others.
    let (sender, receiver) = mpsc::channel::<Result<Bytes, io::Error>>(BUFFERED_CHUNKS_MAX);
    actix_web::rt::spawn(async move {
        loop {
            let chunk = tokio::select! {
                biased;
                () = wait_for_session_end(&mut session) => {
                    progress.record_session_end();
                    Err(session_ended())
                }
                chunk = payload.next() => match chunk {
                    Some(chunk) => chunk.map_err(|error| {
                        progress.record_abort();
                        io::Error::other(error)
                    }),
                    None => break,
                },
            };
            let is_last = chunk.is_err();
            // The error is passed on, so that the upstream does not take an aborted body for a complete one.
            if sender.send(chunk).await.is_err() || is_last {
                break;
            }
            progress.record_activity();
        }
    });
    Body::wrap_stream(stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|chunk| (chunk, receiver))
    }))
}

async fn wait_for_session_end(session: &mut Option<SessionWatch>) {
    match session {
        Some(session) => session.wait_for_end().await,
        None => pending().await,
    }
}

/// The error that breaks off a body, which must not be taken for a complete one.
fn session_ended() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the session has ended")
}

/// Streams the upstream's body to the client. Ends with the session that the response belongs to, and when the service
/// stops before a response that would never end.
pub(super) fn stream_response(
    head: HttpResponse,
    received: reqwest::Response,
    timeout: Duration,
    watch: ResponseWatch,
) -> HttpResponse {
    let length = received.content_length();
    let state = (Box::pin(received.bytes_stream()), watch);
    let chunks = stream::unfold(state, move |(mut chunks, mut watch)| async move {
        let next = tokio::select! {
            next = tokio::time::timeout(timeout, chunks.next()) => next,
            end = watch.wait_for_end() => match end {
                ResponseEnd::ServiceStops => return None,
                ResponseEnd::SessionEnded => return Some((Err(session_ended()), (chunks, watch))),
            },
        };
        match next {
            Ok(chunk) => chunk.map(|chunk| (chunk.map_err(io::Error::other), (chunks, watch))),
            Err(elapsed) => Some((Err(io::Error::new(io::ErrorKind::TimedOut, elapsed)), (chunks, watch))),
        }
    });
    match length {
        Some(length) => head.set_body(SizedStream::new(length, chunks)).map_into_boxed_body(),
        None => head.set_body(BodyStream::new(chunks)).map_into_boxed_body(),
    }
}

/// The response to `HEAD`: no body, but the length that it would have.
pub(super) fn empty_response(head: HttpResponse, received: &reqwest::Response) -> HttpResponse {
    let length = received.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    let nothing = stream::empty::<Result<Bytes, io::Error>>();
    match length {
        Some(length) => head.set_body(SizedStream::new(length, nothing)).map_into_boxed_body(),
        None => head.set_body(BodyStream::new(nothing)).map_into_boxed_body(),
    }
}
