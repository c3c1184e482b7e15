//! Responses that stay open end with their session, and no earlier.

use std::time::{Duration, Instant};

use tests::{Line, Visitor};
use tokio::{io::AsyncReadExt, net::TcpStream, time::timeout};

use super::{
    raw_http::{connect, exchange_heads},
    streaming_server::{DOWNLOAD_BYTES, StreamingServer},
};
use crate::helpers::{TestApp, start_frontend};

/// How long a response may go on after its session has ended.
const END_WAIT: Duration = Duration::from_secs(5);

/// A close frame with the code 4401 and a reason (RFC 6455, 5.5.1).
const SESSION_ENDED: &[u8] = b"\x88\x0f\x11\x31session ended";

/// The responses of one test. Everyone may see `/events`.
const PATHS: [&str; 5] =
    ["/private/events", "/private/download", "/private/busy-download", "/private/socket", "/events"];

/// How many of the last bytes of a response are kept.
const TAIL_BYTES: usize = 64;

/// The services, and a web-frontend with an application.
struct StreamSetup {
    app: TestApp,
    /// Between web-frontend and auth-service.
    line: Line,
    application: StreamingServer,
    frontend: String,
}

/// A response that stays open.
struct OpenResponse {
    path: &'static str,
    stream: TcpStream,
}

/// What was left of a response, and when it ended.
struct Rest {
    path: &'static str,
    length: u64,
    /// The last bytes.
    tail: Vec<u8>,
    ended: Instant,
}

impl StreamSetup {
    async fn start(change: impl FnOnce(&mut auth_service::Config)) -> Self {
        let app = TestApp::start_with(change).await;
        let (line, auth) = Line::to(&app.auth);
        let application = StreamingServer::start().await;
        // Without its kind, the application would be asked for a page on a further connection.
        let settings =
            [("APP_URL", application.url.as_str()), ("GUARDED_PATHS", "/private/*"), ("APP_KIND", "other")];
        let frontend = start_frontend(&auth, &app.verify, &settings);
        Self { app, line, application, frontend }
    }

    /// Requests a path with the visitor's cookie and waits for the first byte of the body.
    async fn open(&self, visitor: &Visitor, path: &'static str) -> OpenResponse {
        let mut stream = connect(&self.frontend).await;
        let cookie = visitor.cookie("token").map(|token| format!("cookie: token={token}\r\n"));
        let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                       sec-websocket-key: a2V5\r\norigin: http://localhost:8080\r\n";
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost:8080\r\n{}{}\r\n",
            cookie.unwrap_or_default(),
            if path.ends_with("socket") { upgrade } else { "" }
        );
        let head = exchange_heads(&mut stream, &request).await;
        assert!(head.starts_with("http/1.1 200") || head.starts_with("http/1.1 101"), "{path}: {head}");
        stream.read_u8().await.unwrap();
        OpenResponse { path, stream }
    }

    async fn open_all(&self, visitor: &Visitor) -> Vec<OpenResponse> {
        let mut responses = Vec::new();
        for path in PATHS {
            responses.push(self.open(visitor, path).await);
        }
        responses
    }
}

impl OpenResponse {
    /// Reads until the end.
    async fn read_to_end(mut self, within: Duration) -> Rest {
        let mut rest = Rest { path: self.path, length: 0, tail: Vec::new(), ended: Instant::now() };
        let read_to_end = async {
            let mut buffer = vec![0; 1 << 16];
            // A connection that is cut off counts as ended.
            while let Ok(read @ 1..) = self.stream.read(&mut buffer).await {
                rest.length += read as u64;
                rest.tail.extend(&buffer[..read]);
                let surplus = rest.tail.len().saturating_sub(TAIL_BYTES);
                rest.tail.drain(..surplus);
            }
        };
        assert!(timeout(within, read_to_end).await.is_ok(), "{} still goes on", self.path);
        Rest { ended: Instant::now(), ..rest }
    }
}

async fn read_all(responses: Vec<OpenResponse>, within: Duration) -> Vec<Rest> {
    futures_util::future::join_all(responses.into_iter().map(|response| response.read_to_end(within))).await
}

/// Fails if a client could take what it has received for a complete response.
fn assert_incomplete(rest: &Rest) {
    let Rest { path, length, tail, .. } = rest;
    if path.ends_with("socket") {
        assert!(tail.ends_with(SESSION_ENDED), "{path}: {tail:?}");
    } else {
        assert!(!tail.ends_with(b"0\r\n\r\n"), "{path} has a regular end");
        assert!(length + 1 < DOWNLOAD_BYTES, "{path} is complete");
    }
}

#[actix_web::test]
async fn open_responses_end_when_the_user_signs_out_elsewhere() {
    let mut setup = StreamSetup::start(|_| {}).await;
    let mut ada = setup.app.signed_in("ada@example.com").await;
    let responses = setup.open_all(&ada).await;
    let mut anonymous = setup.open(&Visitor::new(), "/events").await;

    ada.post(&setup.app.url("/api/logout")).await.assert_status(200);

    for rest in read_all(responses, END_WAIT).await {
        assert_incomplete(&rest);
    }
    setup.application.wait_for_closed(PATHS.len()).await;
    // A response without a session goes on: what arrives now was sent after the others had ended.
    let mut skipped = vec![0; 1 << 16];
    while timeout(Duration::ZERO, anonymous.stream.read(&mut skipped)).await.is_ok() {}
    timeout(END_WAIT, anonymous.stream.read_u8()).await.unwrap().unwrap();
    assert_eq!(setup.application.closed(), PATHS.len());
}

#[actix_web::test]
async fn open_responses_outlive_the_token_but_not_the_session() {
    let token_lifetime = Duration::from_secs(10);
    let session_lifetime = Duration::from_secs(15);
    let mut setup = StreamSetup::start(|config| {
        config.tokens.lifetime = token_lifetime;
        config.tokens.session_lifetime = session_lifetime;
    })
    .await;
    let ada = setup.app.signed_in("ada@example.com").await;
    let signed_in = Instant::now();
    let responses = setup.open_all(&ada).await;

    let rests = read_all(responses, session_lifetime + END_WAIT).await;

    for rest in &rests {
        let lasted = rest.ended - signed_in;
        // The times in a token are in whole seconds.
        assert!(lasted + Duration::from_secs(1) > session_lifetime, "{} ends after {lasted:?}", rest.path);
        assert_incomplete(rest);
    }
    setup.application.wait_for_closed(PATHS.len()).await;
}

#[actix_web::test]
async fn open_responses_end_with_a_token_that_is_not_renewed() {
    let token_lifetime = Duration::from_secs(6);
    let mut setup = StreamSetup::start(|config| config.tokens.lifetime = token_lifetime).await;
    let ada = setup.app.signed_in("ada@example.com").await;
    let signed_in = Instant::now();
    let responses = setup.open_all(&ada).await;

    setup.line.cut();
    let rests = read_all(responses, token_lifetime + END_WAIT).await;

    for rest in &rests {
        let lasted = rest.ended - signed_in;
        // The times in a token are in whole seconds.
        assert!(lasted + Duration::from_secs(1) > token_lifetime, "{} ends after {lasted:?}", rest.path);
        assert_incomplete(rest);
    }
    setup.application.wait_for_closed(PATHS.len()).await;
}
