use std::time::Duration;

use actix_web::{
    HttpResponse,
    body::BodyStream,
    http::{
        ConnectionType,
        header::{HeaderValue, UPGRADE},
    },
    web::{self, BytesMut},
};
use drawbridge_http::problem::Problem;
use drawbridge_verification::Refusal;
use futures_util::{StreamExt, stream};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, split},
    sync::oneshot,
};

use crate::app::App;

/// How often it is looked whether the session behind an open connection is still alive.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How much is read at once, in bytes.
const PIECE: usize = 16 * 1024;

/// Hands an upgraded connection to and fro until one side ends it, or the session that opened it ends.
pub(super) async fn tunnel(
    app: web::Data<App>,
    mut head: HttpResponse,
    answer: reqwest::Response,
    mut payload: web::Payload,
    token: Option<String>,
) -> Result<HttpResponse, Problem> {
    let protocol =
        answer.headers().get("upgrade").and_then(|value| HeaderValue::from_bytes(value.as_bytes()).ok());
    let upgraded = answer.upgrade().await.map_err(|error| {
        let detail = "The application behind this address broke the connection off. Try again.";
        Problem::unavailable(detail, format_args!("{error:?}"))
    })?;
    let (reader, mut writer) = split(upgraded);
    let (mut open, ended) = oneshot::channel::<()>();
    actix_web::rt::spawn(async move {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                piece = payload.next() => match piece {
                    Some(Ok(piece)) if writer.write_all(&piece).await.is_ok() => {}
                    _ => break,
                },
                _ = look.tick() => if is_over(&app, token.as_ref()).await {
                    break;
                },
                () = open.closed() => break,
            }
        }
        // The other side may be gone already.
        let _ = writer.shutdown().await;
    });
    let back = stream::unfold((reader, ended), |(mut reader, mut ended)| async move {
        let mut piece = BytesMut::with_capacity(PIECE);
        let read = tokio::select! {
            read = reader.read_buf(&mut piece) => read,
            _ = &mut ended => return None,
        };
        match read {
            Ok(0) => None,
            Ok(_) => Some((Ok(piece.freeze()), (reader, ended))),
            Err(error) => Some((Err(error), (reader, ended))),
        }
    });
    if let Some(protocol) = protocol {
        head.headers_mut().insert(UPGRADE, protocol);
    }
    head.head_mut().set_connection_type(ConnectionType::Upgrade);
    Ok(head.set_body(BodyStream::new(back)).map_into_boxed_body())
}

/// Whether the session that opened a connection is over for sure.
async fn is_over(app: &App, token: Option<&String>) -> bool {
    let Some(token) = token else { return false };
    let judged = app.guard.verify(std::slice::from_ref(token), None).await;
    judged.is_err_and(|refusal| !matches!(refusal, Refusal::Unavailable(_)))
}
