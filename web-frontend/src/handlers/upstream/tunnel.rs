//! Connections that have switched to WebSocket.

use std::time::Duration;

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
use drawbridge_verification::Refusal;
use futures_util::{Stream, StreamExt, stream};
use reqwest::Upgraded;
use secrecy::{ExposeSecret, SecretString};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split},
    sync::oneshot,
};

use crate::app::App;

/// How often the session behind an open connection is checked.
const SESSION_CHECK_INTERVAL: Duration = Duration::from_secs(5);

const READ_BUFFER_BYTES: usize = 16 * 1024;

/// Relays an upgraded connection until one side closes it or the session that opened it ends.
pub(super) async fn open_tunnel(
    app: web::Data<App>,
    mut head: HttpResponse,
    received: reqwest::Response,
    payload: web::Payload,
    token: Option<SecretString>,
) -> Result<HttpResponse, Problem> {
    let protocol =
        received.headers().get("upgrade").and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
    let upgraded = received.upgrade().await.map_err(|error| {
        let detail = "The application at this address closed the connection. Try again.";
        Problem::unavailable(detail, format_args!("{error:?}"))
    })?;
    let (reader, writer) = split(upgraded);
    // Each end notices when the task at the other end has finished.
    let (open, closed) = oneshot::channel();
    actix_web::rt::spawn(relay_to_upstream(app, payload, writer, token, open));
    if let Some(protocol) = protocol {
        head.headers_mut().insert(UPGRADE, protocol);
    }
    head.head_mut().set_connection_type(ConnectionType::Upgrade);
    Ok(head.set_body(BodyStream::new(relay_to_client(reader, closed))).map_into_boxed_body())
}

async fn relay_to_upstream(
    app: web::Data<App>,
    mut payload: web::Payload,
    mut writer: WriteHalf<Upgraded>,
    token: Option<SecretString>,
    mut open: oneshot::Sender<()>,
) {
    let mut session_check = tokio::time::interval(SESSION_CHECK_INTERVAL);
    loop {
        tokio::select! {
            chunk = payload.next() => match chunk {
                Some(Ok(chunk)) if writer.write_all(&chunk).await.is_ok() => {}
                _ => break,
            },
            _ = session_check.tick() => if has_session_ended(&app, token.as_ref()).await {
                break;
            },
            () = open.closed() => break,
        }
    }
    // The upstream may have closed the connection already.
    let _ = writer.shutdown().await;
}

fn relay_to_client(
    reader: ReadHalf<Upgraded>,
    closed: oneshot::Receiver<()>,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> {
    stream::unfold((reader, closed), |(mut reader, mut closed)| async move {
        let mut buffer = BytesMut::with_capacity(READ_BUFFER_BYTES);
        let read = tokio::select! {
            read = reader.read_buf(&mut buffer) => read,
            _ = &mut closed => return None,
        };
        match read {
            Ok(0) => None,
            Ok(_) => Some((Ok(buffer.freeze()), (reader, closed))),
            Err(error) => Some((Err(error), (reader, closed))),
        }
    })
}

/// Returns true if the session that opened a connection has certainly ended. An outage does not count.
async fn has_session_ended(app: &App, token: Option<&SecretString>) -> bool {
    let Some(token) = token else { return false };
    let verified = app.guard.verify(&[token.expose_secret().to_owned()], None).await;
    verified.is_err_and(|refusal| !matches!(refusal, Refusal::Unavailable(_)))
}
