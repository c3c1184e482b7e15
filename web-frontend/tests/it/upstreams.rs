//! Backends below a path of this origin.

mod backends;
mod bodies;
mod forwarding;
mod request_smuggling;
mod websockets;

use reqwest::Method;
use serde_json::Value;
use tests::Visitor;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::helpers::TestApp;
use backends::{Gate, start_backend};

/// The services, and a web-frontend with a backend below `/backend`.
struct Setup {
    app: TestApp,
    frontend: String,
    /// Lets the slow endpoint of the backend go on.
    gate: Gate,
}

impl Setup {
    async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts with further settings of web-frontend.
    async fn start_with(settings: &[(&'static str, &str)]) -> Self {
        let app = TestApp::start().await;
        let gate = Gate::default();
        let upstreams = format!("/backend={}/v1, /dead=http://127.0.0.1:1", start_backend(gate.clone()));
        let mut all = vec![("UPSTREAMS", upstreams.as_str()), ("TRUSTED_PROXIES", "127.0.0.1")];
        all.extend(settings);
        let frontend = app.start_frontend(&all);
        Self { app, frontend, gate }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.frontend)
    }
}

/// Opens a connection for requests that no HTTP client would send.
async fn connect(frontend: &str) -> TcpStream {
    TcpStream::connect(frontend.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Sends a raw request and reads the head of the response, in lower case.
async fn exchange_heads(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    read_head(stream).await.unwrap()
}

/// Reads a head byte by byte, in lower case. `None` if the connection is closed before.
async fn read_head(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    Some(String::from_utf8(head).unwrap().to_lowercase())
}

/// What the echoing backend received.
async fn received(visitor: &mut Visitor, method: Method, url: &str, headers: &[(&str, &str)]) -> Value {
    let request = visitor.request(method, url);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = visitor.send(request).await;
    answer.assert_status(200);
    answer.json()
}
