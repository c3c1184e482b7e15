//! Backends of somebody else's below a path of this origin.

use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use futures_util::StreamExt;
use reqwest::Method;
use serde_json::{Value, json};
use tests::Visitor;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::helpers::{TestApp, start_frontend_with};

/// What a backend was asked, as JSON.
async fn echo(request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let headers: Vec<_> =
        request.headers().iter().map(|(n, v)| json!([n.as_str(), v.to_str().unwrap()])).collect();
    HttpResponse::Ok()
        .append_header(("set-cookie", "token=evil; Path=/"))
        .append_header(("set-cookie", "cart=7; Domain=localhost; Path=/"))
        .json(
            json!({"path": request.uri().to_string(), "method": request.method().as_str(), "headers": headers,
            "body": String::from_utf8_lossy(&body)}),
        )
}

/// Answers one piece, and another once it is told to.
async fn slow(gate: web::Data<tokio::sync::Semaphore>) -> HttpResponse {
    let pieces = futures_util::stream::unfold((0, gate), |(at, gate)| async move {
        let piece: web::Bytes = match at {
            0 => "first".into(),
            1 => {
                gate.acquire().await.unwrap().forget();
                "second".into()
            }
            _ => return None,
        };
        Some((Ok::<_, actix_web::Error>(piece), (at + 1, gate)))
    });
    HttpResponse::Ok().streaming(pieces)
}

/// The number of bytes that came.
async fn count(mut body: web::Payload) -> String {
    let mut bytes = 0;
    while let Some(piece) = body.next().await {
        bytes += piece.unwrap().len();
    }
    bytes.to_string()
}

fn start_backend(gate: web::Data<tokio::sync::Semaphore>) -> String {
    let server = HttpServer::new(move || {
        App::new()
            .app_data(gate.clone())
            .app_data(web::PayloadConfig::new(1 << 26))
            .route("/v1/slow", web::get().to(slow))
            .route("/v1/fixed", web::route().to(|| async { "fixed" }))
            .route("/v1/count", web::put().to(count))
            .route(
                "/v1/moved",
                web::get()
                    .to(|| async { HttpResponse::Found().insert_header(("location", "/v1/here")).finish() }),
            )
            .default_service(web::to(echo))
    });
    let server = server.workers(1).bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    url
}

/// The header that the backend was sent.
fn sent<'a>(answer: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = answer["headers"].as_array().unwrap().iter();
    headers.filter(|header| header[0] == name).map(|header| header[1].as_str().unwrap()).collect()
}

struct Backends {
    app: TestApp,
    frontend: String,
    gate: web::Data<tokio::sync::Semaphore>,
}

async fn start() -> Backends {
    let (app, gate) = (TestApp::start().await, web::Data::new(tokio::sync::Semaphore::new(0)));
    let upstreams = format!("/backend={}/v1, /dead=http://127.0.0.1:1", start_backend(gate.clone()));
    let more = [("UPSTREAMS", upstreams.as_str()), ("TRUSTED_PROXIES", "127.0.0.1")];
    let frontend = start_frontend_with(&app.auth, &app.verify, &more);
    Backends { app, frontend, gate }
}

#[actix_web::test]
async fn the_session_goes_on_as_a_bearer_token_and_the_cookie_stays_here() {
    let Backends { app, frontend, .. } = start().await;
    let mut ada = app.signed_in("ada@example.com").await;
    let token = ada.cookie("token").unwrap().to_owned();
    ada.set_cookie("theirs", "1");
    let request = ada
        .request(Method::POST, &format!("{frontend}/backend/a%20b?c=%2F"))
        .header("origin", "http://localhost:8080")
        .header("connection", "close, x-listed")
        .header("x-listed", "1")
        .header("forwarded", "for=1.1.1.1")
        .header("x-forwarded-for", "9.9.9.9, 203.0.113.9")
        .header("x-forwarded-host", "evil.example")
        .header("x-drawbridge-proxy", "v1.forged")
        .body("hello");
    let answer = ada.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let seen = answer.json();
    assert_eq!(
        (&seen["path"], &seen["method"], &seen["body"]),
        (&json!("/v1/a%20b?c=%2F"), &json!("POST"), &json!("hello"))
    );
    assert_eq!(sent(&seen, "authorization"), [format!("Bearer {token}")]);
    assert_eq!(sent(&seen, "cookie"), ["theirs=1"]);
    assert_eq!(
        sent(&seen, "x-forwarded-for"),
        ["203.0.113.9"],
        "what a proxy of ours noted, and nothing before it"
    );
    assert_eq!(sent(&seen, "x-forwarded-host"), ["localhost:8080"]);
    assert_eq!(sent(&seen, "x-forwarded-proto"), ["http"]);
    for gone in ["x-listed", "forwarded", "x-drawbridge-proxy"] {
        assert!(sent(&seen, gone).is_empty(), "{gone}: {seen}");
    }
    assert_eq!(sent(&seen, "x-request-id"), [answer.header("x-request-id")]);
    let cookies: Vec<_> =
        answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap()).collect();
    assert_eq!(cookies, ["cart=7; Path=/backend"]);
}

#[actix_web::test]
async fn nobody_signed_in_is_nobody_to_the_backend() {
    let Backends { frontend, .. } = start().await;
    let mut visitor = Visitor::new();
    let seen = visitor.get(&format!("{frontend}/backend/x")).await.json();
    assert!(sent(&seen, "authorization").is_empty() && sent(&seen, "cookie").is_empty(), "{seen}");
    let request =
        visitor.request(Method::GET, &format!("{frontend}/backend/x")).header("authorization", "Bearer own");
    let seen = visitor.send(request).await.json();
    assert_eq!(sent(&seen, "authorization"), ["Bearer own"], "a client may bring its own");
}

#[actix_web::test]
async fn of_two_cookies_the_one_that_is_good_goes_on() {
    let Backends { app, frontend, .. } = start().await;
    let (ada, eve) = (app.signed_in("ada@example.com").await, app.signed_in("eve@example.com").await);
    let (adas, eves) = (ada.cookie("token").unwrap(), eve.cookie("token").unwrap());
    let ask = async |cookies: String| {
        let mut visitor = Visitor::new();
        let request =
            visitor.request(Method::GET, &format!("{frontend}/backend/x")).header("cookie", cookies);
        visitor.send(request).await
    };
    let answer = ask(format!("token=planted; token={adas}")).await;
    assert_eq!(sent(&answer.json(), "authorization"), [format!("Bearer {adas}")]);
    let answer = ask(format!("token={eves}; token={adas}")).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (403, Some("invalid_token")));
}

#[actix_web::test]
async fn bodies_stream_both_ways() {
    let Backends { frontend, gate, .. } = start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut answer = client.get(format!("{frontend}/backend/slow")).send().await.unwrap();
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "first", "before there is a second");
    gate.add_permits(1);
    assert_eq!(answer.chunk().await.unwrap().unwrap(), "second");
    assert_eq!(answer.chunk().await.unwrap(), None);
    let body = vec![b'x'; 5_000_000];
    let answer = client.put(format!("{frontend}/backend/count")).body(body).send().await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "5000000");
}

#[actix_web::test]
async fn what_is_out_of_reach_or_out_of_bounds_is_told() {
    let Backends { frontend, .. } = start().await;
    let mut visitor = Visitor::new();
    let dead = visitor.get(&format!("{frontend}/dead/x")).await;
    assert_eq!((dead.status, dead.json()["code"].as_str()), (503, Some("unavailable")));
    assert!(dead.headers.contains_key("retry-after"));
    let moved = visitor.get(&format!("{frontend}/backend/moved")).await;
    assert_eq!((moved.status, moved.header("location")), (302, "/backend/here"));
    let request = visitor
        .request(Method::POST, &format!("{frontend}/backend/x"))
        .header("origin", "https://evil.example");
    let answer = visitor.send(request.header("sec-fetch-site", "cross-site")).await;
    assert_eq!((answer.status, answer.json()["code"].as_str()), (403, Some("cross_site_request")));
    // A client that does not resolve the path itself.
    let answer =
        raw(&frontend, "GET /backend/../admin HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[actix_web::test]
async fn what_head_is_answered_has_the_length_of_the_body_that_is_left_out() {
    let Backends { frontend, .. } = start().await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let length = async |method: Method| {
        let answer = client.request(method, format!("{frontend}/backend/fixed")).send().await.unwrap();
        let length = answer.headers()["content-length"].to_str().unwrap().to_owned();
        (length, answer.text().await.unwrap())
    };
    assert_eq!(length(Method::GET).await, ("5".into(), "fixed".into()));
    assert_eq!(length(Method::HEAD).await, ("5".into(), String::new()));
}

#[actix_web::test]
async fn an_upload_may_take_longer_than_a_backend_may_keep_silent() {
    let (app, gate) = (TestApp::start().await, web::Data::new(tokio::sync::Semaphore::new(0)));
    let upstreams = format!("/backend={}/v1", start_backend(gate));
    let more = [("UPSTREAMS", upstreams.as_str()), ("UPSTREAM_TIMEOUT", "500ms")];
    let frontend = start_frontend_with(&app.auth, &app.verify, &more);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let pieces = futures_util::stream::unfold(0, |at| async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        (at < 6).then(|| (Ok::<_, std::io::Error>("xx"), at + 1))
    });
    let body = reqwest::Body::wrap_stream(pieces);
    let answer = client.put(format!("{frontend}/backend/count")).body(body).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (200, "12".into()));
    let started = std::time::Instant::now();
    let mut silent = client.get(format!("{frontend}/backend/slow")).send().await.unwrap();
    assert_eq!(silent.chunk().await.unwrap().unwrap(), "first");
    assert!(silent.chunk().await.is_err(), "and one that falls silent is given up");
    assert!(started.elapsed() < Duration::from_secs(5));
}

/// A backend that answers each request before it has read the body; the heads that it saw.
async fn start_hasty() -> (String, std::sync::Arc<std::sync::Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heads = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let shared = heads.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let shared = shared.clone();
            tokio::spawn(async move {
                loop {
                    let mut head = Vec::new();
                    while !head.ends_with(b"\r\n\r\n") {
                        let Ok(byte) = stream.read_u8().await else { return };
                        head.push(byte);
                    }
                    let head = String::from_utf8_lossy(&head).to_lowercase();
                    let length =
                        head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                    shared.lock().unwrap().push(head);
                    stream.write_all(b"HTTP/1.1 404 None\r\ncontent-length: 0\r\n\r\n").await.unwrap();
                    let mut body = vec![0; length.unwrap_or(0)];
                    if stream.read_exact(&mut body).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    (url, heads)
}

#[actix_web::test]
async fn no_request_swallows_the_beginning_of_the_next() {
    let app = TestApp::start().await;
    let (backend, heads) = start_hasty().await;
    let upstreams = format!("/backend={backend}/v1");
    let frontend = start_frontend_with(&app.auth, &app.verify, &[("UPSTREAMS", &upstreams)]);
    for upgrade in ["foo", "websocket", "h2c"] {
        for method in ["GET", "POST"] {
            let armed = format!(
                "{method} /backend/armed HTTP/1.1\r\nhost: localhost:8080\r\nconnection: upgrade\r\n\
                 upgrade: {upgrade}\r\ncontent-length: 32\r\n\r\n"
            );
            let mut stream = TcpStream::connect(frontend.strip_prefix("http://").unwrap()).await.unwrap();
            stream.write_all(armed.as_bytes()).await.unwrap();
            // It waits for a body that never comes; the next visitor comes meanwhile and afterwards.
            let answer = tokio::time::timeout(Duration::from_millis(300), head(&mut stream)).await;
            for _ in 0..2 {
                let mut visitor = Visitor::new();
                let victim = visitor.request(Method::GET, &format!("{frontend}/backend/victim"));
                let seen = visitor.send(victim.header("x-pad", "DELETE /admin HTTP/1.1")).await;
                assert_eq!(seen.status, 404, "{upgrade} {method} {answer:?}");
            }
        }
    }
    for head in heads.lock().unwrap().iter() {
        let line = head.lines().next().unwrap();
        assert!(line.ends_with(" http/1.1") && line.contains(" /v1/"), "{head}");
        assert!(line.starts_with("get ") || line.starts_with("post "), "{head}");
    }
    let heads = heads.lock().unwrap().clone();
    assert_eq!(heads.iter().filter(|head| head.starts_with("get /v1/victim")).count(), 12, "{heads:#?}");
}

async fn raw(frontend: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(frontend.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// A backend that goes over to another protocol and says everything twice; the last request's head.
async fn start_repeater() -> (String, std::sync::Arc<std::sync::Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let head = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let shared = head.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let shared = shared.clone();
            tokio::spawn(async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    request.push(stream.read_u8().await.unwrap());
                }
                *shared.lock().unwrap() = String::from_utf8(request).unwrap().to_lowercase();
                let answer = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                              sec-websocket-accept: abc\r\n\r\n";
                stream.write_all(answer.as_bytes()).await.unwrap();
                while let Ok(byte) = stream.read_u8().await {
                    stream.write_all(&[byte, byte]).await.unwrap();
                }
            });
        }
    });
    (url, head)
}

async fn open(frontend: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(frontend.strip_prefix("http://").unwrap()).await.unwrap();
    let request = format!(
        "GET /backend/socket HTTP/1.1\r\nhost: localhost:8080\r\nconnection: keep-alive, Upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-key: a2V5\r\nsec-websocket-version: 13\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    stream
}

async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap().to_lowercase()
}

#[actix_web::test]
async fn a_websocket_goes_through_and_ends_with_its_session() {
    let app = TestApp::start().await;
    let (backend, seen) = start_repeater().await;
    let frontend =
        start_frontend_with(&app.auth, &app.verify, &[("UPSTREAMS", &format!("/backend={backend}"))]);
    let mut ada = app.signed_in("ada@example.com").await;
    let cookie =
        format!("cookie: token={}\r\norigin: http://localhost:8080\r\n", ada.cookie("token").unwrap());

    let mut socket = open(&frontend, &cookie).await;
    let answer = head(&mut socket).await;
    assert!(answer.starts_with("http/1.1 101") && answer.contains("sec-websocket-accept: abc"), "{answer}");
    assert!(answer.contains("upgrade: websocket"), "{answer}");
    let mut echoed = [0; 2];
    for byte in *b"xyz" {
        socket.write_all(&[byte]).await.unwrap();
        socket.read_exact(&mut echoed).await.unwrap();
        assert_eq!(echoed, [byte, byte]);
    }
    let request = seen.lock().unwrap().clone();
    assert!(request.contains("authorization: bearer ey") && !request.contains("cookie:"), "{request}");
    assert!(
        request.contains("sec-websocket-key: a2v5") && request.contains("upgrade: websocket"),
        "{request}"
    );

    assert_eq!(ada.post(&format!("{}/api/logout", app.frontend)).await.status, 200);
    let ended = tokio::time::timeout(Duration::from_secs(15), socket.read_u8()).await;
    assert!(ended.expect("the socket outlives its session").is_err());

    let mut foreign = open(&frontend, &cookie.replace("http://localhost:8080", "https://evil.example")).await;
    assert!(head(&mut foreign).await.starts_with("http/1.1 403"), "another site's page opens no socket");
}
