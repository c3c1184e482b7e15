//! Passwords that are known from leaks.

use std::sync::{Arc, Mutex};

use actix_web::{App, HttpServer, web};
use auth_service::breach_check::BreachCheckUrl;
use tests::PASSWORD;

use crate::helpers::{Database, TestApp};

/// What SHA-1 makes of `correct horse battery`, after the five digits that go out.
const REST: &str = "C62ECE399A22ED30D490EF333BE7FDE7385";

/// Those five digits.
const PREFIX: &str = "98DEC";

type Asked = Arc<Mutex<Vec<String>>>;

/// A list of leaked passwords, at a URL of this machine; what it was asked.
fn list(answer: String) -> (String, Asked) {
    let asked = Asked::default();
    let kept = asked.clone();
    let server = HttpServer::new(move || {
        let (kept, answer) = (kept.clone(), answer.clone());
        App::new().route(
            "/range/{prefix}",
            web::get().to(move |prefix: web::Path<String>| {
                kept.lock().unwrap().push(prefix.into_inner());
                std::future::ready(answer.clone())
            }),
        )
    })
    .workers(1)
    .bind(("127.0.0.1", 0))
    .unwrap();
    let url = format!("http://{}/range/", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    (url, asked)
}

async fn asking(url: &str) -> TestApp {
    let url = BreachCheckUrl::parse(url).unwrap();
    TestApp::start(Database::Sqlite, |config| config.breach_check = Some(url)).await
}

#[actix_web::test]
async fn a_leaked_password_is_refused_and_no_more_than_five_digits_go_out() {
    let (url, asked) = list(format!("{REST}:17\r\n0000000000000000000000000000000000A:0\r\n"));
    let app = asking(&url).await;
    let refused = app.register("ada@example.com", PASSWORD).await;
    assert_eq!(refused.status_and_code(), (422, "password_leaked".into()));
    assert_eq!(*asked.lock().unwrap(), [PREFIX]);
    assert_eq!(app.register("ada@example.com", "another horse battery").await.status, 201);
}

#[actix_web::test]
async fn an_outage_of_the_list_lets_a_password_through() {
    let nobody = format!("http://127.0.0.1:{}/range/", tests::free_port());
    assert_eq!(asking(&nobody).await.register("ada@example.com", PASSWORD).await.status, 201);
}
