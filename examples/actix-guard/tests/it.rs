//! The application alone. `tests/it/example_guard.rs` of the workspace drives it with a deployment.

#![expect(clippy::unwrap_used, reason = "a test that meets something unexpected must fail")]

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    thread,
    time::{Duration, Instant},
};

/// The application with a verify-service that is down; stopped when dropped.
struct Application {
    child: Child,
    port: u16,
}

impl Application {
    fn start() -> Self {
        let port = free_port();
        let child = Command::new(env!("CARGO_BIN_EXE_actix-guard"))
            .env("PORT", port.to_string())
            .env("VERIFY_SERVICE_URL", format!("http://127.0.0.1:{}", free_port()))
            .spawn()
            .unwrap();
        let application = Self { child, port };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "the application does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        application
    }

    fn get(&self, path: &str, cookie: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

#[test]
fn an_outage_is_503_and_keeps_public_pages() {
    let application = Application::start();

    let public = application.get("/", "");
    let anonymous = application.get("/private", "");
    let with_token = application.get("/private", "token=abc");

    assert!(public.starts_with("HTTP/1.1 200"), "{public}");
    assert!(
        anonymous.starts_with("HTTP/1.1 302") && anonymous.contains("/sign-in?next=/private"),
        "{anonymous}"
    );
    assert!(with_token.starts_with("HTTP/1.1 503") && with_token.contains("retry-after"), "{with_token}");
}
