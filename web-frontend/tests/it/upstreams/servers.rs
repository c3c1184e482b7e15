//! The upstreams of the tests.

mod pages;

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use futures_util::StreamExt;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

use super::raw_http::read_head;

/// The largest upload of the tests.
const PAYLOAD_LIMIT_BYTES: usize = 1 << 26;

/// Holds back the second chunk of the slow endpoint until the gate is opened.
#[derive(Clone)]
pub(super) struct Gate(Arc<Semaphore>);

impl Default for Gate {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }
}

impl Gate {
    pub(super) fn open(&self) {
        self.0.add_permits(1);
    }
}

/// Starts an upstream with its endpoints below `/v1` and returns its URL.
pub(super) fn start_server(gate: Gate) -> String {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(web::Data::new(gate.clone()))
            .app_data(web::PayloadConfig::new(PAYLOAD_LIMIT_BYTES))
            .route("/v1/slow", web::get().to(send_two_chunks))
            .route("/v1/fixed", web::route().to(|| async { "fixed" }))
            .route("/v1/count", web::put().to(count_bytes))
            .configure(pages::configure)
            .default_service(web::to(echo))
    });
    let server = server.workers(1).bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    url
}

/// Returns the request as JSON, and sets cookies.
async fn echo(request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let headers: Vec<_> = request
        .headers()
        .iter()
        .map(|(name, value)| json!([name.as_str(), value.to_str().unwrap()]))
        .collect();
    HttpResponse::Ok()
        .append_header(("set-cookie", "token=evil; Path=/"))
        .append_header(("set-cookie", "cart=7; Domain=localhost; Path=/"))
        .json(json!({
            "path": request.uri().to_string(),
            "method": request.method().as_str(),
            "headers": headers,
            "body": String::from_utf8_lossy(&body),
        }))
}

/// The values of a header that the upstream received, from the answer of [`echo`].
pub(super) fn header_values<'a>(echoed: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = echoed["headers"].as_array().unwrap().iter();
    headers.filter(|header| header[0] == name).map(|header| header[1].as_str().unwrap()).collect()
}

/// Sends one chunk, and another one when the gate is opened.
async fn send_two_chunks(gate: web::Data<Gate>) -> HttpResponse {
    let chunks = futures_util::stream::unfold((0, gate), |(index, gate)| async move {
        let chunk: web::Bytes = match index {
            0 => "first".into(),
            1 => {
                gate.0.acquire().await.unwrap().forget();
                "second".into()
            }
            _ => return None,
        };
        Some((Ok::<_, actix_web::Error>(chunk), (index + 1, gate)))
    });
    HttpResponse::Ok().streaming(chunks)
}

/// Returns the length of the body.
async fn count_bytes(mut body: web::Payload) -> String {
    let mut bytes = 0;
    while let Some(chunk) = body.next().await {
        bytes += chunk.unwrap().len();
    }
    bytes.to_string()
}

/// An upstream that speaks HTTP over raw sockets, and the heads of the requests it has received.
pub(super) struct RawServer {
    pub(super) url: String,
    pub(super) heads: Arc<Mutex<Vec<String>>>,
}

impl RawServer {
    /// Starts an upstream that answers each request before it has read the body.
    pub(super) async fn start_hasty() -> Self {
        Self::start(answer_before_the_body).await
    }

    /// Starts an upstream that upgrades each connection and then sends every byte twice.
    pub(super) async fn start_repeating() -> Self {
        Self::start(upgrade_and_repeat).await
    }

    async fn start<F>(serve: fn(TcpStream, Arc<Mutex<Vec<String>>>) -> F) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let received = heads.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, received.clone()));
            }
        });
        Self { url, heads }
    }
}

async fn answer_before_the_body(mut stream: TcpStream, heads: Arc<Mutex<Vec<String>>>) {
    while let Some(head) = read_head(&mut stream).await {
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        heads.lock().unwrap().push(head);
        stream.write_all(b"HTTP/1.1 404 None\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        let mut body = vec![0; length.unwrap_or(0)];
        if stream.read_exact(&mut body).await.is_err() {
            return;
        }
    }
}

async fn upgrade_and_repeat(mut stream: TcpStream, heads: Arc<Mutex<Vec<String>>>) {
    let Some(head) = read_head(&mut stream).await else { return };
    heads.lock().unwrap().push(head);
    let answer = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                  sec-websocket-accept: abc\r\n\r\n";
    stream.write_all(answer.as_bytes()).await.unwrap();
    while let Ok(byte) = stream.read_u8().await {
        stream.write_all(&[byte, byte]).await.unwrap();
    }
}
