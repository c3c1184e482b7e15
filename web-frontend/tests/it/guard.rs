//! The guard in an Actix app of somebody else's.

use actix_web::{App, HttpServer, web};
use tests::Visitor;
use web_frontend::guard::{Guard, SignedIn};

use crate::helpers::{TestApp, start_stranger};

async fn greet(person: SignedIn) -> String {
    format!("Hello {}", person.user.email)
}

/// Starts the app; its address.
fn start(guard: Guard) -> String {
    let server = HttpServer::new(move || {
        App::new()
            .service(web::scope("/inside").wrap(guard.clone()).route("", web::get().to(greet)))
            .route("/outside", web::get().to(greet))
    });
    let server = server.workers(1).bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    url
}

#[actix_web::test]
async fn it_guards_with_verify_service_alone() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in("ada@example.com").await;
    let guard = Guard::builder("http://localhost:3000").verify_service(&app.verify).login_path("/sign-in");
    let theirs = start(guard.build().unwrap());

    let answer = ada.get(&format!("{theirs}/inside")).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "Hello ada@example.com"));
    let answer = Visitor::new().get(&format!("{theirs}/inside?a=b")).await;
    assert_eq!((answer.status, answer.header("location")), (302, "/sign-in?next=/inside?a=b"));
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(
        ada.get(&format!("{theirs}/outside")).await.status,
        500,
        "a handler that was left unguarded stays shut"
    );

    let mut left_behind = ada.clone();
    assert_eq!(ada.post(&format!("{}/api/logout", app.auth)).await.status, 200);
    assert_eq!(left_behind.get(&format!("{theirs}/inside")).await.status, 302);
}

#[actix_web::test]
async fn it_tells_an_outage_from_a_refusal() {
    let nobody = tests::free_port();
    let guard = Guard::builder("http://localhost:3000").verify_service(format!("http://127.0.0.1:{nobody}"));
    let theirs = start(guard.build().unwrap());
    let mut visitor = Visitor::new();
    visitor.set_cookie("token", "some token");
    let answer = visitor.get(&format!("{theirs}/inside")).await;
    assert_eq!(answer.status_and_code(), (503, "unavailable".into()));
    assert_eq!((answer.header("retry-after"), answer.header("set-cookie")), ("2", ""));

    let theirs = start(
        Guard::builder("http://localhost:3000").verify_service(start_stranger(403, "{}")).build().unwrap(),
    );
    let answer = visitor.get(&format!("{theirs}/inside")).await;
    assert_eq!(
        answer.status_and_code(),
        (503, "unavailable".into()),
        "an answer that means nothing lets nobody in or out"
    );
}
