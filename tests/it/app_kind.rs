//! What Drawbridge says about the application in front of which it starts (`APP_KIND`).

use std::{
    net::TcpListener,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tests::{Deployment, Process, RawBackend, Service, Start, Visitor, free_port, free_ports, program};

const DATA_OF_GUARDED_PAGE: &str = "/_next/data/build-1/private/x.json";

/// `drawbridge up` in front of an application.
struct Up {
    process: Process,
    origin: String,
    _folder: TempDir,
}

impl Up {
    fn start(application: &str, options: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let port = free_ports(3);
        let (drawbridge, data) = (program("drawbridge").display().to_string(), folder.path().join("data"));
        let (port, data) = (port.to_string(), data.display().to_string());
        let up = [
            &drawbridge,
            "up",
            "--port",
            &port,
            "--data",
            &data,
            "--app",
            application,
            "--guard",
            "/private/*",
        ];
        let process = Process::start(Start {
            command: up.iter().chain(options).map(|&word| word.to_owned()).collect(),
            settings: &[],
            signal: "TERM",
            log: folder.path().join("log"),
            remove: None,
        });
        let up = Self { process, origin: format!("http://localhost:{port}"), _folder: folder };
        up.wait_for("Stop with Ctrl-C");
        up
    }

    #[track_caller]
    fn wait_for(&self, text: &str) {
        let started = Instant::now();
        while !self.process.log().contains(text) {
            let can_wait = self.process.is_running() && started.elapsed() < Duration::from_secs(30);
            assert!(can_wait, "no \"{text}\" in:\n{}", self.process.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    async fn status_of(&self, path: &str) -> u16 {
        Visitor::new().get(&format!("{}{path}", self.origin)).await.status
    }
}

/// An application whose every answer has these headers and this body.
fn application(head: &'static str, body: &'static str) -> RawBackend {
    RawBackend::start(move |connection| {
        while connection.read_request().is_some() {
            connection.send(&format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()));
        }
    })
}

/// An application that never ends its page.
fn endless_application() -> RawBackend {
    RawBackend::start(|connection| {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n");
        while connection.send(&"_next ".repeat(1000)) {}
    })
}

#[test]
fn up_prints_what_the_application_is_built_with() {
    let script = "<!doctype html><script src=\"/_next/static/chunks/main.js\"></script>";
    for (case, application, expected) in [
        ("a header", application("200 OK\r\nX-Powered-By: Next.js", ""), "is built with Next.js"),
        ("a failed page", application("500 Failed\r\nX-Powered-By: Next.js", ""), "is built with Next.js"),
        ("routing", application("200 OK\r\nVary: rsc, next-router-state-tree", ""), "is built with Next.js"),
        ("a script", application("200 OK", script), "is built with Next.js"),
        ("a script of the 404 page", application("404 Not Found", script), "is built with Next.js"),
        ("no sign", application("200 OK", "<h1>Hello</h1>"), "does not look like Next.js"),
        ("an endless page", endless_application(), "does not look like Next.js"),
        ("a redirect", application("307 Redirect\r\nLocation: /en", script), "is built with Next.js"),
        ("a bare redirect", application("307 Redirect\r\nLocation: /en", ""), "does not tell"),
        ("a failure", application("500 Failed", ""), "does not tell"),
    ] {
        let up = Up::start(&application.url(), &[]);

        up.wait_for(expected);

        let received = application.received();
        assert_eq!(received.len(), 1, "{case}: {received:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finding_leaves_the_names_of_next_guarded() {
    let application = application("200 OK", "ok");

    let detected = Up::start(&application.url(), &[]);
    detected.wait_for("APP_KIND=other");
    let declared = Up::start(&application.url(), &["--app-kind", "other"]);

    assert_eq!(detected.status_of(DATA_OF_GUARDED_PAGE).await, 302);
    assert_eq!(declared.status_of(DATA_OF_GUARDED_PAGE).await, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_declared_application_is_not_asked() {
    let application = application("200 OK", "ok");
    let up = Up::start(&application.url(), &["--app-kind", "next"]);

    assert_eq!(up.status_of("/page").await, 200);

    assert_eq!(application.received(), ["get /page http/1.1"]);
}

#[test]
fn an_application_may_start_later() {
    let port = free_port();
    let up = Up::start(&format!("http://127.0.0.1:{port}"), &[]);
    assert!(!up.process.log().contains("Next.js"), "{}", up.process.log());

    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let _application = RawBackend::start_on(listener, |connection| {
        connection.read_request();
        connection.send("HTTP/1.1 200 OK\r\nX-Powered-By: Next.js\r\ncontent-length: 0\r\n\r\n");
    });

    up.wait_for("The application is built with Next.js");
}

#[test]
fn web_frontend_logs_what_the_application_is_built_with() {
    let application = application("200 OK\r\nX-Powered-By: Next.js", "");
    let deployment = Deployment::builder()
        .setting("APP_URL", application.url())
        .setting("GUARDED_PATHS", "/private/*")
        .setting("PAGES_PATH", "/")
        .start();
    let process = deployment.process(Service::Frontend);

    let started = Instant::now();
    while !process.log().contains("the application is built with Next.js") {
        assert!(started.elapsed() < Duration::from_secs(30), "{}", process.log());
        std::thread::sleep(Duration::from_millis(10));
    }
}
