//! Stopping while responses are still open.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use tests::{Deployment, Layout, Process, RawBackend, RawConnection, Service};

/// Serves an endless event stream, a WebSocket, and a response that takes its time.
fn start_backend() -> RawBackend {
    RawBackend::start(|connection| {
        let request = connection.read_request().unwrap_or_default();
        match request.split(' ').nth(1).unwrap_or_default() {
            "/events" => send_events(connection),
            "/socket" => {
                connection.send(
                    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                     sec-websocket-accept: abc\r\n\r\n",
                );
                connection.read_request();
            }
            _ => {
                thread::sleep(Duration::from_millis(1500));
                connection.send("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ndone");
            }
        }
    })
}

fn send_events(connection: &mut RawConnection) {
    connection
        .send("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
    while connection.send("9\r\ndata: 1\n\n\r\n") {
        thread::sleep(Duration::from_millis(100));
    }
}

fn start(layout: Layout, backend: &RawBackend) -> Deployment {
    Deployment::builder().layout(layout).setting("UPSTREAMS", format!("/backend={}", backend.url())).start()
}

/// Sends a request to a path of the backend and waits for the beginning of the response, if it begins soon.
fn open(deployment: &Deployment, path: &str) -> TcpStream {
    let port: u16 = deployment.frontend.rsplit_once(':').unwrap().1.parse().unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let request = format!(
        "GET /backend{path} HTTP/1.1\r\nhost: localhost:{port}\r\norigin: {}\r\n{}\r\n",
        deployment.frontend,
        if path == "/socket" {
            "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n"
        } else {
            ""
        }
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    // A slow response has not begun yet.
    let _ = stream.read(&mut [0; 1024]);
    stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    stream
}

/// What is left to read until the connection is closed.
fn read_rest(mut stream: TcpStream) -> Vec<u8> {
    let mut rest = Vec::new();
    // The server may reset the connection.
    let _ = stream.read_to_end(&mut rest);
    rest
}

#[track_caller]
fn assert_stops(process: &Process, signal: &str, within: Duration) {
    process.signal(signal);
    let started = Instant::now();
    while process.is_running() {
        assert!(started.elapsed() < within, "still running after {within:?}: {}", process.log());
        thread::sleep(Duration::from_millis(10));
    }
}

const LAYOUTS: [(Layout, Service); 2] =
    [(Layout::OneProcess, Service::Frontend), (Layout::SeparateProcesses, Service::Frontend)];

#[tokio::test(flavor = "multi_thread")]
async fn an_event_stream_does_not_delay_the_end() {
    let backend = start_backend();
    for (layout, service) in LAYOUTS {
        for signal in ["INT", "TERM"] {
            let deployment = start(layout, &backend);
            let _events = open(&deployment, "/events");
            let process = deployment.process(service);

            assert_stops(process, signal, Duration::from_millis(2500));

            let log = process.log();
            assert!(log.contains("1 event stream still open"), "{layout:?}, {signal}: {log}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_is_closed_with_a_code() {
    let backend = start_backend();
    for (layout, service) in LAYOUTS {
        let deployment = start(layout, &backend);
        let socket = open(&deployment, "/socket");

        assert_stops(deployment.process(service), "INT", Duration::from_millis(2500));

        assert_eq!(read_rest(socket), b"\x88\x12\x03\xe9service stopping", "{layout:?}");
        assert!(deployment.log().contains("1 WebSocket still open"), "{layout:?}: {}", deployment.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_requests_are_finished() {
    let backend = start_backend();
    for (layout, service) in LAYOUTS {
        let deployment = start(layout, &backend);
        let _events = open(&deployment, "/events");
        let slow = open(&deployment, "/slow");

        assert_stops(deployment.process(service), "INT", Duration::from_secs(5));

        let response = String::from_utf8_lossy(&read_rest(slow)).into_owned();
        assert!(response.starts_with("HTTP/1.1 200") && response.ends_with("done"), "{layout:?}: {response}");
        let log = deployment.log();
        assert!(log.contains("1 request, 1 event stream still open"), "{layout:?}: {log}");
    }
}
