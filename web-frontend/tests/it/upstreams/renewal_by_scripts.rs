//! Sessions of single-page applications, which load one page and then only call `/api/*` and their backends.

use std::time::{Duration, Instant};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, http::header, web};
use reqwest::Method;
use tests::{Answer, Visitor};

use crate::helpers::TestApp;

const TOKEN_LIFETIME: Duration = Duration::from_secs(8);

/// When the token is certainly past half of its lifetime, whose times are in whole seconds.
const RENEWAL_DUE: Duration = Duration::from_millis(5100);

/// The pause between two requests of a script.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// The services, and a web-frontend with an application and a backend. Tokens last some seconds.
struct ScriptSetup {
    app: TestApp,
    frontend: String,
}

impl ScriptSetup {
    async fn start() -> Self {
        let app = TestApp::start_with(|config| config.tokens.lifetime = TOKEN_LIFETIME).await;
        let server = start_caching_server();
        let upstreams = format!("/backend={server}");
        let settings =
            [("APP_URL", server.as_str()), ("GUARDED_PATHS", "/private/*"), ("UPSTREAMS", &upstreams)];
        let frontend = app.start_frontend(&settings);
        Self { app, frontend }
    }

    async fn call(&self, visitor: &mut Visitor, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = visitor.request(Method::GET, &format!("{}{path}", self.frontend));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = visitor.send(request).await;
        answer.assert_status(200);
        answer
    }
}

/// Starts a server whose responses have the `Cache-Control` that the query names, and returns its URL.
fn start_caching_server() -> String {
    let respond = |request: HttpRequest| async move {
        let mut response = HttpResponse::Ok();
        if !request.query_string().is_empty() {
            response.insert_header((header::CACHE_CONTROL, request.query_string().replace('+', " ")));
        }
        let status = request.headers().get("x-auth-status").map(|status| status.to_str().unwrap().to_owned());
        response.body(status.unwrap_or_default())
    };
    let server = HttpServer::new(move || App::new().default_service(web::to(respond)));
    let server = server.workers(1).bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    url
}

/// Calls one path for as long as the first token would never last.
async fn poll(setup: &ScriptSetup, mut visitor: Visitor, path: &str, expected: &str) {
    let started = Instant::now();
    let first = visitor.cookie("token").unwrap().to_owned();
    while started.elapsed() < TOKEN_LIFETIME * 2 {
        let answer = setup.call(&mut visitor, path, &[("sec-fetch-mode", "cors")]).await;
        assert!(answer.text.contains(expected), "{path} after {:?}: {}", started.elapsed(), answer.text);
        if !answer.header("set-cookie").is_empty() {
            let caching = answer.header("cache-control");
            assert!(caching.contains("private") || caching.contains("no-store"), "{path}: {caching}");
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    assert_ne!(visitor.cookie("token"), Some(first.as_str()), "{path}");
}

#[actix_web::test]
async fn every_kind_of_call_keeps_the_user_signed_in() {
    let setup = ScriptSetup::start().await;
    let mut calls = Vec::new();
    for (index, (path, expected)) in [
        ("/auth/api/me", "ada"),
        ("/backend/echo", "signed-in"),
        ("/open", "signed-in"),
        ("/private/a", "signed-in"),
        ("/private/a?public,+max-age=60", "signed-in"),
    ]
    .into_iter()
    .enumerate()
    {
        let visitor = setup.app.signed_in(&format!("ada{index}@example.com")).await;
        calls.push(poll(&setup, visitor, path, expected));
    }

    futures_util::future::join_all(calls).await;
}

#[actix_web::test]
async fn no_response_for_shared_caches_or_prefetches_renews() {
    let setup = ScriptSetup::start().await;
    let mut ada = setup.app.signed_in("ada@example.com").await;
    let first = ada.cookie("token").unwrap().to_owned();
    tokio::time::sleep(RENEWAL_DUE).await;

    for (path, headers) in [
        ("/open?public,+max-age=60", &[][..]),
        ("/open?max-age=60", &[]),
        ("/backend/x?s-maxage=60", &[]),
        ("/backend/x?no-cache", &[]),
        ("/open", &[("sec-purpose", "prefetch")]),
        ("/private/a", &[("rsc", "1"), ("next-router-prefetch", "1")]),
    ] {
        let answer = setup.call(&mut ada, path, headers).await;
        assert_eq!(answer.text, "signed-in", "{path}");
        assert_eq!(answer.header("set-cookie"), "", "{path} {headers:?}");
        if let Some((_, caching)) = path.split_once('?') {
            assert_eq!(answer.header("cache-control"), caching.replace('+', " "), "{path}");
        }
    }
    for path in ["/auth/api/me", "/auth/account"] {
        let answer = setup.call(&mut ada, path, &[("sec-purpose", "prefetch")]).await;
        answer.assert_status(200);
        assert_eq!(ada.cookie("token"), Some(first.as_str()), "{path}");
    }
    let renewed = setup.call(&mut ada, "/open", &[]).await;
    assert_ne!(ada.cookie("token"), Some(first.as_str()), "{:?}", renewed.headers);
    assert_eq!(renewed.header("cache-control"), "private");
}
