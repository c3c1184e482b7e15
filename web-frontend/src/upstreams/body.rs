//! Bodies on their way, piece by piece as they come, each given up once nothing has moved for too long.

use std::{
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

/// How long a body may take to be sent, however steadily it comes.
pub(crate) const LONGEST_UPLOAD: Duration = Duration::from_hours(1);

/// How many pieces of a body wait to be sent on: the client is slowed down beyond that.
const PIECES: usize = 4;

/// How the client's body is getting on.
#[derive(Clone)]
pub(super) struct Progress(Arc<State>);

struct State {
    moved: Mutex<Instant>,
    broke_off: AtomicBool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self(Arc::new(State { moved: Mutex::new(Instant::now()), broke_off: AtomicBool::new(false) }))
    }

    /// When something has moved last.
    pub(super) fn moved(&self) -> Instant {
        *self.0.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the client has gone before its body had ended.
    pub(super) fn broke_off(&self) -> bool {
        self.0.broke_off.load(Relaxed)
    }

    fn moves(&self) {
        *self.0.moved.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }
}

/// The client's body, for the backend.
pub(super) fn sent_on(mut payload: web::Payload, progress: Progress) -> Body {
    // The payload stays on this thread; the pieces may travel.
    let (pieces, received) = mpsc::channel::<Result<Bytes, io::Error>>(PIECES);
    actix_web::rt::spawn(async move {
        while let Some(piece) = payload.next().await {
            if piece.is_err() {
                progress.0.broke_off.store(true, Relaxed);
            }
            // A body that breaks off is told as one, and never as one that ended.
            if pieces.send(piece.map_err(io::Error::other)).await.is_err() {
                break;
            }
            progress.moves();
        }
    });
    Body::wrap_stream(stream::unfold(received, |mut received| async move {
        received.recv().await.map(|piece| (piece, received))
    }))
}

/// The backend's body, for the client.
pub(super) fn stream_back(head: HttpResponse, answer: reqwest::Response, patience: Duration) -> HttpResponse {
    let length = answer.content_length();
    let pieces = stream::unfold(Box::pin(answer.bytes_stream()), move |mut pieces| async move {
        match tokio::time::timeout(patience, pieces.next()).await {
            Ok(piece) => piece.map(|piece| (piece.map_err(io::Error::other), pieces)),
            Err(late) => Some((Err(io::Error::new(io::ErrorKind::TimedOut, late)), pieces)),
        }
    });
    match length {
        Some(length) => head.set_body(SizedStream::new(length, pieces)).map_into_boxed_body(),
        None => head.set_body(BodyStream::new(pieces)).map_into_boxed_body(),
    }
}

/// No body, and the length that it would have: the answer to `HEAD`.
pub(super) fn without_body(head: HttpResponse, answer: &reqwest::Response) -> HttpResponse {
    let length = answer.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    let nothing = stream::empty::<Result<Bytes, io::Error>>();
    match length {
        Some(length) => head.set_body(SizedStream::new(length, nothing)).map_into_boxed_body(),
        None => head.set_body(BodyStream::new(nothing)).map_into_boxed_body(),
    }
}
