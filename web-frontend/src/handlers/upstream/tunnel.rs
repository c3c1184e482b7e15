//! Connections that have switched to WebSocket.

use std::{fmt, future::pending, io, time::Duration};

use actix_web::{
    HttpResponse,
    body::BodyStream,
    http::{
        ConnectionType,
        header::{HeaderValue, UPGRADE},
    },
    web::{self, Bytes, BytesMut},
};
use drawbridge_http::problem::Problem;
use futures_util::{StreamExt, stream};
use reqwest::Upgraded;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split},
    sync::{oneshot, watch},
    time::{Instant, sleep_until, timeout},
};

use super::{
    frames::{FrameBoundary, close_frame},
    response_watch::{ResponseEnd, ResponseWatch},
};

const READ_BUFFER_BYTES: usize = 16 * 1024;

/// How long the upstream may take to complete a frame before the connection is closed.
const FRAME_GRACE: Duration = Duration::from_millis(500);

/// How long the client may take to receive the close frame before the upstream's connection is closed.
const CLOSE_GRACE: Duration = Duration::from_secs(1);

/// Why the connection has to end, once it has to.
type EndReceiver = watch::Receiver<Option<ResponseEnd>>;

/// Relays an upgraded connection until one side closes it, the session that opened it ends, or the
/// service stops.
pub(super) async fn open_tunnel(
    mut head: HttpResponse,
    received: reqwest::Response,
    payload: web::Payload,
    watch: ResponseWatch,
) -> Result<HttpResponse, Problem> {
    let protocol = received.headers().get("upgrade");
    if !protocol.is_some_and(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket")) {
        return Err(unexpected_switch(format_args!(
            "the client asked for a WebSocket, not for {protocol:?}"
        )));
    }
    let upgraded = received.upgrade().await.map_err(|error| {
        let detail = "The application at this address closed the connection. Try again.";
        Problem::unavailable(detail, format_args!("{error:?}"))
    })?;
    let (reader, writer) = split(upgraded);
    // Each end notices when the task at the other end has finished.
    let (open, closed) = oneshot::channel();
    let end = spawn_watch(watch);
    actix_web::rt::spawn(relay_to_upstream(payload, writer, open, end.clone()));
    head.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
    head.head_mut().set_connection_type(ConnectionType::Upgrade);
    let relay = ClientRelay { reader, closed, end, boundary: FrameBoundary::default(), state: State::Open };
    Ok(head.set_body(BodyStream::new(stream::unfold(relay, ClientRelay::next))).map_into_boxed_body())
}

/// The problem of an upstream that switches to a protocol that the client has not asked for.
pub(super) fn unexpected_switch(cause: impl fmt::Display) -> Problem {
    Problem::unavailable(
        "The application at this address sent an invalid response. Try again shortly.",
        cause,
    )
}

/// Follows the session and the service in a task of its own: a client that reads nothing suspends the relay to it.
fn spawn_watch(mut watch: ResponseWatch) -> EndReceiver {
    let (sender, receiver) = watch::channel(None);
    actix_web::rt::spawn(async move {
        let end = tokio::select! {
            end = watch.wait_for_end() => end,
            () = sender.closed() => return,
        };
        // Both relays may have ended in the meantime.
        let _ = sender.send(Some(end));
        sender.closed().await;
    });
    receiver
}

async fn wait_for_end(receiver: &mut EndReceiver) -> ResponseEnd {
    let end = receiver.wait_for(Option::is_some).await.ok().and_then(|end| *end);
    match end {
        Some(end) => end,
        None => pending().await,
    }
}

async fn relay_to_upstream(
    mut payload: web::Payload,
    mut writer: WriteHalf<Upgraded>,
    mut open: oneshot::Sender<()>,
    mut end: EndReceiver,
) {
    loop {
        tokio::select! {
            chunk = payload.next() => match chunk {
                Some(Ok(chunk)) if writer.write_all(&chunk).await.is_ok() => {}
                _ => break,
            },
            () = open.closed() => break,
            _ = wait_for_end(&mut end) => {
                // The other relay sends the close frame.
                let _ = timeout(CLOSE_GRACE, open.closed()).await;
                break;
            }
        }
    }
    // The upstream may have closed the connection already.
    let _ = writer.shutdown().await;
}

/// What the upstream sends, on its way to the client.
struct ClientRelay {
    reader: ReadHalf<Upgraded>,
    closed: oneshot::Receiver<()>,
    end: EndReceiver,
    boundary: FrameBoundary,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The close frame follows the current frame, or replaces it at this time.
    Ending(ResponseEnd, Instant),
    Closed,
}

impl ClientRelay {
    /// The next bytes for the client.
    async fn next(mut self) -> Option<(io::Result<Bytes>, Self)> {
        let mut buffer = BytesMut::with_capacity(READ_BUFFER_BYTES);
        loop {
            let deadline = match self.state {
                State::Closed => return None,
                State::Ending(end, _) if self.boundary.is_reached() => {
                    self.state = State::Closed;
                    return Some((Ok(close_frame(end).into()), self));
                }
                State::Ending(_, deadline) => Some(deadline),
                State::Open => None,
            };
            tokio::select! {
                read = self.reader.read_buf(&mut buffer) => return self.pass_on(read, buffer),
                _ = &mut self.closed => return None,
                end = wait_for_end(&mut self.end), if deadline.is_none() => {
                    self.state = State::Ending(end, Instant::now() + FRAME_GRACE);
                }
                () = wait_until(deadline) => return None,
            }
        }
    }

    fn pass_on(mut self, read: io::Result<usize>, mut buffer: BytesMut) -> Option<(io::Result<Bytes>, Self)> {
        match read {
            Ok(0) => None,
            Ok(_) => {
                let first_end = self.boundary.advance(&buffer);
                if let (State::Ending(reason, _), Some(end)) = (self.state, first_end) {
                    buffer.truncate(end);
                    buffer.extend(close_frame(reason));
                    self.state = State::Closed;
                }
                Some((Ok(buffer.freeze()), self))
            }
            Err(error) => Some((Err(error), self)),
        }
    }
}

async fn wait_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => pending().await,
    }
}
