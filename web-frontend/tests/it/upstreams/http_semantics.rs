//! What HTTP offers beyond a request and its response reaches the client as the application means it.

use tokio::{io::AsyncReadExt, net::TcpStream};

use super::{
    raw_http::{connect, exchange_heads},
    scripted_server::{Script, ScriptedServer},
};
use crate::helpers::TestApp;

/// No valid gzip and no valid brotli: only a proxy that leaves it alone can pass it on.
const ENCODED_BODY: &[u8] = b"\x1f\x8b\x08\x00\x00\xff\xfe\x0d\x0a\x80\x00\x01\r\n\r\n\x00";

const SCRIPT: Script = &[
    (
        "get /video",
        b"HTTP/1.1 206 Partial Content\r\naccept-ranges: bytes\r\ncontent-range: bytes 2-5/10\r\n\
          etag: \"v1\"\r\ncontent-length: 4\r\n\r\n2345",
    ),
    (
        "get /beyond",
        b"HTTP/1.1 416 Range Not Satisfiable\r\ncontent-range: bytes */10\r\ncontent-length: 0\r\n\r\n",
    ),
    ("get /page", b"HTTP/1.1 200 OK\r\nx-own: 1\r\netag: \"v1\"\r\ncontent-length: 4\r\n\r\npage"),
    ("head /page", b"HTTP/1.1 200 OK\r\nx-own: 1\r\netag: \"v1\"\r\ncontent-length: 4\r\n\r\n"),
    ("get /chunks", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\npage\r\n0\r\n\r\n"),
    ("head /chunks", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"),
    ("get /unchanged", b"HTTP/1.1 304 Not Modified\r\netag: \"v1\"\r\ncontent-length: 4\r\n\r\n"),
    ("get /nothing", b"HTTP/1.1 204 No Content\r\nx-own: 1\r\n\r\n"),
    (
        "get /hints",
        b"HTTP/1.1 103 Early Hints\r\nlink: </a.css>; rel=preload\r\n\r\n\
          HTTP/1.1 103 Early Hints\r\nlink: </b.css>; rel=preload\r\n\r\n\
          HTTP/1.1 200 OK\r\nx-own: 1\r\ncontent-length: 4\r\n\r\npage",
    ),
    (
        "get /trailers",
        b"HTTP/1.1 200 OK\r\nx-own: 1\r\ntrailer: x-checksum\r\ntransfer-encoding: chunked\r\n\r\n\
          4\r\npage\r\n0\r\nx-checksum: abc\r\nset-cookie: late=1\r\n\r\n",
    ),
    ("get /switch", b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"),
    ("get /foo", b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: foo\r\n\r\n"),
    (
        "get /gzip",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nvary: accept-encoding\r\netag: \"v1\"\r\n\
          content-length: 17\r\n\r\n\x1f\x8b\x08\x00\x00\xff\xfe\x0d\x0a\x80\x00\x01\r\n\r\n\x00",
    ),
    (
        "get /br",
        b"HTTP/1.1 200 OK\r\ncontent-encoding: br\r\nvary: accept-encoding\r\netag: \"v1\"\r\n\
          content-length: 17\r\n\r\n\x1f\x8b\x08\x00\x00\xff\xfe\x0d\x0a\x80\x00\x01\r\n\r\n\x00",
    ),
];

/// A web-frontend with the application, and one connection to it that every request uses.
struct HttpSetup {
    application: ScriptedServer,
    stream: TcpStream,
    _app: TestApp,
}

/// A response without an encoding of its transfer.
struct Response {
    /// In lower case.
    head: String,
    body: Vec<u8>,
}

impl HttpSetup {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let application = ScriptedServer::start(SCRIPT).await;
        // Without its kind, the application would be asked for a page on another connection.
        let settings =
            [("APP_URL", application.url.as_str()), ("GUARDED_PATHS", "/private/*"), ("APP_KIND", "other")];
        let frontend = app.start_frontend(&settings);
        Self { application, stream: connect(&frontend).await, _app: app }
    }

    /// Sends a request, such as `GET /a`, and reads the head of the response.
    async fn head(&mut self, request: &str, fields: &str) -> String {
        let request = format!("{request} HTTP/1.1\r\nhost: localhost:8080\r\n{fields}\r\n");
        exchange_heads(&mut self.stream, &request).await
    }

    /// Sends a request and reads the whole response.
    async fn exchange(&mut self, request: &str, fields: &str) -> Response {
        let head = self.head(request, fields).await;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let has_body = !request.starts_with("HEAD") && !head.contains(" 304 ") && !head.contains(" 204 ");
        let body = match length {
            _ if !has_body => Vec::new(),
            Some(length) => {
                let mut body = vec![0; length];
                self.stream.read_exact(&mut body).await.unwrap();
                body
            }
            None => self.read_chunks().await,
        };
        Response { head, body }
    }

    async fn read_chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            while !line.ends_with("\r\n") {
                line.push(char::from(self.stream.read_u8().await.unwrap()));
            }
            let length = usize::from_str_radix(line.trim_end(), 16).unwrap();
            let mut chunk = vec![0; length + 2];
            self.stream.read_exact(&mut chunk).await.unwrap();
            assert!(chunk.ends_with(b"\r\n"), "trailers or a wrong length: {chunk:?}");
            body.extend(&chunk[..length]);
            if length == 0 {
                return body;
            }
        }
    }

    /// Fails unless the connection of the client and the one to the application can still be used.
    async fn assert_still_usable(&mut self, case: &str) {
        let page = self.exchange("GET /page", "").await;
        assert!(page.head.starts_with("http/1.1 200 "), "{case}: {}", page.head);
        assert_eq!(page.body, b"page", "{case}");
        assert_eq!(self.application.connections(), 1, "{case}");
    }

    fn last_request(&self) -> String {
        self.application.heads.lock().unwrap().last().unwrap().clone()
    }
}

#[track_caller]
fn assert_fields(head: &str, fields: &[&str]) {
    for field in fields {
        assert!(head.lines().any(|line| line == *field), "{field}: {head}");
    }
}

#[actix_web::test]
async fn a_range_is_the_applications_to_answer() {
    let mut setup = HttpSetup::start().await;

    let part = setup.exchange("GET /video", "range: bytes=2-5\r\nif-range: \"v1\"\r\n").await;

    assert_fields(&setup.last_request(), &["range: bytes=2-5", "if-range: \"v1\""]);
    assert!(part.head.starts_with("http/1.1 206 "), "{}", part.head);
    let fields = ["accept-ranges: bytes", "content-range: bytes 2-5/10", "etag: \"v1\"", "content-length: 4"];
    assert_fields(&part.head, &fields);
    assert_eq!(part.body, b"2345");
    let beyond = setup.exchange("GET /beyond", "range: bytes=20-\r\n").await;
    assert!(beyond.head.starts_with("http/1.1 416 "), "{}", beyond.head);
    assert_fields(&beyond.head, &["content-range: bytes */10"]);
    setup.assert_still_usable("range").await;
}

#[actix_web::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let mut setup = HttpSetup::start().await;

    for path in ["/page", "/chunks"] {
        let head = setup.exchange(&format!("HEAD {path}"), "").await.head;
        assert!(setup.last_request().starts_with(&format!("head {path} ")), "the method stays");
        // If a body followed, it would be read as the head of this response.
        let get = setup.exchange(&format!("GET {path}"), "").await;

        let fields = |head: &str| {
            let is_same = |line: &&str| !line.starts_with("date:") && !line.starts_with("x-request-id:");
            head.lines().filter(is_same).map(str::to_owned).collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(fields(&head), fields(&get.head), "{path}");
        assert_eq!(get.body, b"page", "{path}");
    }
    setup.assert_still_usable("HEAD").await;
}

#[actix_web::test]
async fn responses_without_a_body_end_with_their_head() {
    let mut setup = HttpSetup::start().await;

    for (path, status, field) in [("/unchanged", "304", "etag: \"v1\""), ("/nothing", "204", "x-own: 1")] {
        let head = setup.exchange(&format!("GET {path}"), "if-none-match: \"v1\"\r\n").await.head;
        assert!(head.starts_with(&format!("http/1.1 {status} ")), "{head}");
        assert_fields(&head, &[field]);
        setup.assert_still_usable(path).await;
    }
}

#[actix_web::test]
async fn a_switch_to_a_protocol_that_was_not_requested_is_refused() {
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                   sec-websocket-key: a2V5\r\norigin: http://localhost:8080\r\n";
    for (request, fields) in [("GET /switch", ""), ("GET /foo", upgrade)] {
        let mut setup = HttpSetup::start().await;

        let answer = setup.head(request, fields).await;

        assert!(answer.starts_with("http/1.1 503 "), "{request}: {answer}");
    }
}

#[actix_web::test]
async fn early_hints_are_dropped() {
    let mut setup = HttpSetup::start().await;

    let page = setup.exchange("GET /hints", "").await;

    assert!(page.head.starts_with("http/1.1 200 "), "{}", page.head);
    assert_fields(&page.head, &["x-own: 1"]);
    assert!(!page.head.contains("link:"), "{}", page.head);
    assert_eq!(page.body, b"page");
    setup.assert_still_usable("hints").await;
}

#[actix_web::test]
async fn trailers_are_dropped() {
    let mut setup = HttpSetup::start().await;

    let page = setup.exchange("GET /trailers", "te: trailers\r\n").await;

    assert!(!setup.last_request().contains("te: trailers"), "{}", setup.last_request());
    assert!(page.head.starts_with("http/1.1 200 "), "{}", page.head);
    assert_fields(&page.head, &["x-own: 1"]);
    assert!(!page.head.contains("trailer:") && !page.head.contains("late="), "{}", page.head);
    assert_eq!(page.body, b"page");
    setup.assert_still_usable("trailers").await;
}

#[actix_web::test]
async fn compressed_bodies_stay_as_they_are() {
    let mut setup = HttpSetup::start().await;

    for encoding in ["gzip", "br"] {
        let accepted = "accept-encoding: gzip, br, zstd";
        let page = setup.exchange(&format!("GET /{encoding}"), &format!("{accepted}\r\n")).await;

        assert_fields(&setup.last_request(), &[accepted]);
        let encoding = format!("content-encoding: {encoding}");
        let fields = [encoding.as_str(), "vary: accept-encoding", "etag: \"v1\"", "content-length: 17"];
        assert_fields(&page.head, &fields);
        assert_eq!(page.body, ENCODED_BODY, "{encoding}");
    }
    setup.assert_still_usable("compressed").await;
}

#[actix_web::test]
async fn no_encoding_is_asked_for_that_the_client_does_not_know() {
    let mut setup = HttpSetup::start().await;

    setup.exchange("GET /page", "").await;

    assert!(!setup.last_request().contains("accept-encoding"), "{}", setup.last_request());
}
