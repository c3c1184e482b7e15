//! Passwords that appear in data breaches.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpServer, web};
use auth_service::breach_check::BreachCheckUrl;
use tests::PASSWORD;

use crate::helpers::{TestApp, TestDatabase};

/// The first five digits of the SHA-1 hash of [`PASSWORD`].
const HASH_PREFIX: &str = "98DEC";

/// The other digits.
const HASH_REST: &str = "C62ECE399A22ED30D490EF333BE7FDE7385";

type RequestedPrefixes = Arc<Mutex<Vec<String>>>;

/// Starts a server with a list of leaked passwords, which always responds with `lines`. Returns its URL and the
/// prefixes that are requested.
fn start_list(lines: String) -> (String, RequestedPrefixes) {
    let requested = RequestedPrefixes::default();
    let recorder = requested.clone();
    let server = HttpServer::new(move || {
        let recorder = recorder.clone();
        let lines = lines.clone();
        App::new().route(
            "/range/{prefix}",
            web::get().to(move |prefix: web::Path<String>| {
                recorder.lock().unwrap().push(prefix.into_inner());
                std::future::ready(lines.clone())
            }),
        )
    })
    .workers(1)
    .bind(("127.0.0.1", 0))
    .unwrap();
    let url = format!("http://{}/range/", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    (url, requested)
}

async fn start_app(list_url: &str) -> TestApp {
    let url = BreachCheckUrl::parse(list_url).unwrap();
    TestApp::start(TestDatabase::Sqlite, |config| config.breach_check = Some(url)).await
}

#[actix_web::test]
async fn a_leaked_password_is_refused_by_its_hash_prefix() {
    let (url, requested) = start_list(format!("{HASH_REST}:17\r\n0000000000000000000000000000000000A:0\r\n"));
    let app = start_app(&url).await;

    let leaked = app.register("ada@example.com", PASSWORD).await;
    let requested_for_leaked = requested.lock().unwrap().clone();
    let other = app.register("ada@example.com", "another horse battery").await;

    leaked.assert_error(422, "password_leaked");
    assert_eq!(requested_for_leaked, [HASH_PREFIX], "only five digits are sent");
    other.assert_status(201);
}

#[actix_web::test]
async fn passwords_are_accepted_while_the_list_is_down() {
    let unreachable = format!("http://127.0.0.1:{}/range/", tests::free_port());
    let app = start_app(&unreachable).await;

    let answer = app.register("ada@example.com", PASSWORD).await;

    answer.assert_status(201);
}
