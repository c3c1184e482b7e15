//! WebSockets through web-frontend.

use std::time::Duration;

use tests::Visitor;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    raw_http::{connect, exchange_heads},
    servers::RawServer,
};
use crate::helpers::TestApp;

/// The services, a web-frontend with a WebSocket upstream, and a signed-in visitor.
struct SocketSetup {
    app: TestApp,
    upstream: RawServer,
    frontend: String,
    visitor: Visitor,
}

/// An upgraded connection.
struct Socket {
    stream: TcpStream,
    /// The head of the response.
    head: String,
}

impl SocketSetup {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let upstream = RawServer::start_repeating().await;
        let frontend = app.start_frontend(&[("UPSTREAMS", &format!("/backend={}", upstream.url))]);
        let visitor = app.signed_in("ada@example.com").await;
        Self { app, upstream, frontend, visitor }
    }

    /// Opens a WebSocket with the visitor's cookie, from a page on `origin`.
    async fn open_socket(&self, origin: &str) -> Socket {
        let mut stream = connect(&self.frontend).await;
        let token = self.visitor.cookie("token").unwrap();
        let request = format!(
            "GET /backend/socket HTTP/1.1\r\nhost: localhost:8080\r\nconnection: keep-alive, Upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-key: a2V5\r\nsec-websocket-version: 13\r\n\
             cookie: token={token}\r\norigin: {origin}\r\n\r\n"
        );
        let head = exchange_heads(&mut stream, &request).await;
        Socket { stream, head }
    }
}

impl Socket {
    /// What arrives until the connection ends, which must be within seconds.
    async fn read_to_end(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(8), self.stream.read_to_end(&mut rest)).await;
        // A connection that is cut off counts as ended.
        assert!(read.is_ok(), "the socket outlives its session");
        rest
    }
}

/// A close frame with the code 4401 and a reason (RFC 6455, 5.5.1).
const SESSION_ENDED: &[u8] = b"\x88\x0f\x11\x31session ended";

const OWN_ORIGIN: &str = "http://localhost:8080";

#[actix_web::test]
async fn data_passes_in_both_directions() {
    let setup = SocketSetup::start().await;

    let Socket { mut stream, head } = setup.open_socket(OWN_ORIGIN).await;

    assert!(head.starts_with("http/1.1 101") && head.contains("upgrade: websocket"), "{head}");
    assert!(head.contains("sec-websocket-accept: abc"), "{head}");
    let mut answer = [0; 2];
    for byte in *b"xyz" {
        stream.write_all(&[byte]).await.unwrap();
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(answer, [byte, byte]);
    }
}

#[actix_web::test]
async fn the_session_arrives_as_a_bearer_token() {
    let setup = SocketSetup::start().await;

    setup.open_socket(OWN_ORIGIN).await;

    let head = setup.upstream.heads.lock().unwrap()[0].clone();
    assert!(head.contains("authorization: bearer ey") && !head.contains("cookie:"), "{head}");
    assert!(head.contains("sec-websocket-key: a2v5") && head.contains("upgrade: websocket"), "{head}");
}

#[actix_web::test]
async fn a_socket_is_closed_with_a_code_when_its_session_ends() {
    let mut setup = SocketSetup::start().await;
    let mut socket = setup.open_socket(OWN_ORIGIN).await;

    setup.visitor.post(&setup.app.url("/api/logout")).await.assert_status(200);

    assert_eq!(socket.read_to_end().await, SESSION_ENDED);
}

#[actix_web::test]
async fn the_close_frame_waits_for_the_end_of_a_frame() {
    let mut setup = SocketSetup::start().await;
    let mut socket = setup.open_socket(OWN_ORIGIN).await;
    // The server sends every byte twice: a frame with the length of its own first byte.
    socket.stream.write_all(b"\x05").await.unwrap();
    let mut begun = [0; 2];
    socket.stream.read_exact(&mut begun).await.unwrap();

    setup.visitor.post(&setup.app.url("/api/logout")).await.assert_status(200);

    assert_eq!(begun, [5, 5], "a header for five more bytes");
    assert_eq!(socket.read_to_end().await, b"", "no frame of ours inside of that one");
}

#[actix_web::test]
async fn a_page_of_another_site_opens_no_socket() {
    let setup = SocketSetup::start().await;

    let socket = setup.open_socket("https://evil.example").await;

    assert!(socket.head.starts_with("http/1.1 403"), "{}", socket.head);
}
