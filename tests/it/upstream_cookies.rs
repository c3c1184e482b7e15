//! Real browsers return the cookies that an upstream sets for requests from other sites, on `http://localhost` and on
//! https.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use tests::{Browser, Deployment, Edge, Engine};

/// The host name with TLS.
const HOST: &str = "upstream-cookies.com";

/// A server whose paths are below `/v1`.
struct Backend {
    url: String,
}

impl Backend {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || answer(&stream));
            }
        });
        Self { url }
    }
}

/// Sets cookies at `/v1/set`, and returns the cookies of the request anywhere else.
fn answer(mut stream: &TcpStream) -> Option<()> {
    let lines: Vec<_> =
        BufReader::new(stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    let set_cookies = [
        "cross=1; SameSite=None; Secure; HttpOnly",
        "partitioned=1; SameSite=None; Secure; Partitioned; Path=/",
        "context=1; Path=/v1; SameSite=Lax",
        "plain=1",
    ];
    let fields = if lines.first()?.starts_with("GET /v1/set ") {
        set_cookies.map(|cookie| format!("set-cookie: {cookie}\r\n")).concat()
    } else {
        String::new()
    };
    let cookies = lines.iter().find_map(|line| line.strip_prefix("cookie: ")).unwrap_or_default();
    let body = format!("<!doctype html><title>Backend</title><p id=cookies>[{cookies}]");
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n{fields}\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).ok()
}

/// The cookies that the backend receives after it has set its own.
async fn returned_cookies(browser: &Browser, origin: &str) -> Vec<String> {
    for path in ["/backend/set", "/backend/echo"] {
        browser.client.goto(&format!("{origin}{path}")).await.unwrap();
    }
    let text = browser.text("#cookies").await;
    let mut cookies: Vec<_> = text.trim_matches(['[', ']']).split("; ").map(str::to_owned).collect();
    cookies.sort();
    cookies
}

#[tokio::test(flavor = "multi_thread")]
async fn every_engine_returns_an_upstreams_cookies() {
    let backend = Backend::start();
    let upstreams = format!("/backend={}", backend.url);
    let plain = Deployment::builder().one_process().setting("UPSTREAMS", upstreams.clone()).start();
    let encrypted = Deployment::builder()
        .setting("UPSTREAMS", upstreams)
        .setting("FRONTEND_ORIGIN", format!("https://{HOST}"))
        .start();
    let edge = Edge::start();
    edge.route(HOST, encrypted.frontend.rsplit_once(':').unwrap().1.parse().unwrap());

    for engine in Engine::ALL.into_iter().filter(|engine| engine.is_installed()) {
        let browser = engine.start(&edge).await;
        for origin in [plain.frontend.clone(), format!("https://{HOST}")] {
            let cookies = returned_cookies(&browser, &origin).await;

            let expected = ["context=1", "cross=1", "partitioned=1", "plain=1"];
            assert_eq!(cookies, expected, "{} on {origin}", engine.name());
        }
        browser.close().await;
    }
    plain.assert_no_panic();
    encrypted.assert_no_panic();
}
