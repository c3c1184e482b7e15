//! A client that reads nothing cannot keep sending to the application after its session has ended.

use std::time::{Duration, Instant};

use tests::Visitor;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{sleep, timeout},
};

use super::raw_http::{connect, read_head};
use crate::helpers::TestApp;

/// How long the application may still receive something: five seconds, and the time for a close frame.
const END_WAIT: Duration = Duration::from_secs(6);

/// The pause between two parts that the client sends.
const PART_INTERVAL: Duration = Duration::from_millis(100);

const UPLOAD_HEAD: &str = "transfer-encoding: chunked\r\n";
const UPGRADE_HEAD: &str = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                            sec-websocket-key: a2V5\r\norigin: http://localhost:8080\r\n";

/// What the client sends, and what the application does meanwhile.
struct Exchange {
    request_line: &'static str,
    fields: &'static str,
    part: &'static [u8],
    /// What the application answers before it floods the connection, if it answers.
    response: Option<&'static str>,
}

const SOCKET: Exchange = Exchange {
    request_line: "GET /private/socket",
    fields: UPGRADE_HEAD,
    part: b"\x81\x81\x00\x00\x00\x00x",
    response: Some(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-accept: abc\r\n\r\n",
    ),
};
const ANSWERED_UPLOAD: Exchange = Exchange {
    request_line: "POST /private/answered",
    fields: UPLOAD_HEAD,
    part: b"1\r\nx\r\n",
    response: Some("HTTP/1.1 200 OK\r\ncontent-length: 1099511627776\r\n\r\n"),
};
const UNANSWERED_UPLOAD: Exchange = Exchange { response: None, ..ANSWERED_UPLOAD };

/// Starts an application that reports when it has received a part, and when nothing more can arrive.
async fn start_application(exchange: &'static Exchange) -> (String, mpsc::UnboundedReceiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        read_head(&mut stream).await.unwrap();
        let (mut reader, mut writer) = stream.into_split();
        if let Some(response) = exchange.response {
            tokio::spawn(async move {
                writer.write_all(response.as_bytes()).await.unwrap();
                // Frames of the longest one-byte length, which are as good as any bytes for a download.
                let frame = [&b"\x82\x7d"[..], &[b'x'; 125]].concat().repeat(1000);
                while writer.write_all(&frame).await.is_ok() {}
            });
        }
        let mut buffer = [0; 4096];
        loop {
            let read = reader.read(&mut buffer).await.unwrap_or(0);
            if sender.send(read).is_err() || read == 0 {
                break;
            }
        }
    });
    (url, received)
}

/// Opens the exchange and keeps sending without reading anything.
async fn send_without_reading(frontend: &str, visitor: &Visitor, exchange: &'static Exchange) {
    let mut stream: TcpStream = connect(frontend).await;
    let Exchange { request_line, fields, .. } = exchange;
    let token = visitor.cookie("token").unwrap();
    let head =
        format!("{request_line} HTTP/1.1\r\nhost: localhost:8080\r\ncookie: token={token}\r\n{fields}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    tokio::spawn(async move {
        while stream.write_all(exchange.part).await.is_ok() {
            sleep(PART_INTERVAL).await;
        }
    });
}

async fn assert_sending_ends_with_the_session(exchange: &'static Exchange) {
    let app = TestApp::start().await;
    let (url, mut received) = start_application(exchange).await;
    let settings = [("APP_URL", url.as_str()), ("GUARDED_PATHS", "/private/*"), ("APP_KIND", "other")];
    let frontend = app.start_frontend(&settings);
    let mut ada = app.signed_in("ada@example.com").await;
    send_without_reading(&frontend, &ada, exchange).await;
    assert!(timeout(END_WAIT, received.recv()).await.unwrap().unwrap() > 0, "nothing arrives");

    ada.post(&app.url("/api/logout")).await.assert_status(200);

    let signed_out = Instant::now();
    let wait_for_end = async { while received.recv().await.is_some_and(|read| read > 0) {} };
    assert!(timeout(END_WAIT, wait_for_end).await.is_ok(), "the client still sends");
    assert!(signed_out.elapsed() > Duration::from_millis(100), "the exchange ended before the session did");
}

#[actix_web::test]
async fn frames_stop_although_the_client_reads_nothing() {
    assert_sending_ends_with_the_session(&SOCKET).await;
}

#[actix_web::test]
async fn an_answered_upload_stops_although_the_client_reads_nothing() {
    assert_sending_ends_with_the_session(&ANSWERED_UPLOAD).await;
}

#[actix_web::test]
async fn an_upload_without_an_answer_stops() {
    assert_sending_ends_with_the_session(&UNANSWERED_UPLOAD).await;
}
