//! Uploads reach the application while the client is still sending.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};

use super::raw_http::{connect, read_head};
use crate::helpers::TestApp;

/// How long a part of an upload may take.
const PART_WAIT: Duration = Duration::from_secs(5);

const END_OF_CHUNKS: &str = "0\r\n\r\n";

/// What the application reports instead of a part when its connection is closed.
const CLOSED: &str = "(closed)";

/// The services, a web-frontend with an application, and what that receives.
struct UploadSetup {
    stream: TcpStream,
    /// The head of the request, and then its body without the encoding of its transfer.
    received: mpsc::UnboundedReceiver<String>,
    _app: TestApp,
}

impl UploadSetup {
    /// Starts the services and sends the head of an upload, in chunks.
    async fn start(fields: &str) -> Self {
        let app = TestApp::start().await;
        let (url, received) = start_application().await;
        // Without its kind, the application would be asked for a page first.
        let settings = [("APP_URL", url.as_str()), ("GUARDED_PATHS", "/private/*"), ("APP_KIND", "other")];
        let frontend = app.start_frontend(&settings);
        let mut stream = connect(&frontend).await;
        let head = format!(
            "PUT /upload HTTP/1.1\r\nhost: localhost:8080\r\ntransfer-encoding: chunked\r\n{fields}\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        Self { stream, received, _app: app }
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// The next part of the request that the application receives.
    async fn next_part(&mut self) -> String {
        timeout(PART_WAIT, self.received.recv()).await.unwrap().unwrap()
    }

    /// What the application receives until a part ends like this.
    async fn read_until(&mut self, end: &str) -> String {
        let mut received = String::new();
        while !received.ends_with(end) {
            received.push_str(&self.next_part().await);
        }
        received
    }

    async fn read_head(&mut self) -> String {
        timeout(PART_WAIT, read_head(&mut self.stream)).await.unwrap().unwrap()
    }
}

/// Starts an application that reports each part of an upload as it arrives, and answers at the end.
async fn start_application() -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, received) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(report_parts(stream, sender.clone()));
        }
    });
    (url, received)
}

async fn report_parts(mut stream: TcpStream, parts: mpsc::UnboundedSender<String>) -> Option<()> {
    parts.send(read_head(&mut stream).await?).ok()?;
    let mut buffer = vec![0; 4096];
    let mut body = String::new();
    while !body.ends_with(END_OF_CHUNKS) {
        let read = stream.read(&mut buffer).await.unwrap_or(0);
        let part =
            if read == 0 { CLOSED.into() } else { String::from_utf8_lossy(&buffer[..read]).into_owned() };
        body.push_str(&part);
        parts.send(part).ok()?;
        if read == 0 {
            return None;
        }
    }
    stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone").await.ok()
}

#[actix_web::test]
async fn the_first_chunk_arrives_before_the_last_is_sent() {
    let mut setup = UploadSetup::start("").await;

    setup.send(b"5\r\nfirst\r\n").await;
    let head = setup.next_part().await;
    let first = setup.next_part().await;
    setup.send(b"4\r\nlast\r\n0\r\n\r\n").await;
    let rest = setup.read_until(END_OF_CHUNKS).await;

    assert!(head.starts_with("put /upload ") && head.contains("transfer-encoding: chunked"), "{head}");
    assert!(first.contains("first"), "{first}");
    assert!(rest.contains("last"), "{rest}");
    assert!(setup.read_head().await.starts_with("http/1.1 200 "));
}

#[actix_web::test]
async fn an_expected_100_is_sent_before_the_body() {
    let mut setup = UploadSetup::start("expect: 100-continue\r\n").await;

    let interim = setup.read_head().await;
    setup.send(b"4\r\nbody\r\n0\r\n\r\n").await;

    assert!(interim.starts_with("http/1.1 100 "), "{interim}");
    assert!(setup.read_head().await.starts_with("http/1.1 200 "));
    let received = setup.read_until(END_OF_CHUNKS).await;
    assert!(received.contains("body"), "{received}");
}

#[actix_web::test]
async fn an_upload_that_the_client_breaks_off_never_looks_complete() {
    let mut setup = UploadSetup::start("").await;
    setup.send(b"5\r\nfirst\r\n").await;
    setup.read_until("first\r\n").await;

    setup.stream.shutdown().await.unwrap();

    let rest = setup.read_until(CLOSED).await;
    assert!(!rest.contains(END_OF_CHUNKS), "{rest}");
}

#[actix_web::test]
async fn trailers_of_an_upload_are_dropped() {
    let mut setup = UploadSetup::start("trailer: x-checksum\r\n").await;

    setup.send(b"4\r\nbody\r\n0\r\nx-checksum: abc\r\n\r\n").await;

    let received = setup.read_until(END_OF_CHUNKS).await;
    assert!(received.contains("body") && !received.contains("checksum"), "{received}");
    assert!(setup.read_head().await.starts_with("http/1.1 200 "));
}
