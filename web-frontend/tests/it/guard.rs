//! The guard in another Actix application.

use std::time::{Duration, Instant};

use actix_web::{App, HttpServer, web};
use drawbridge_guard::{Builder, Guard, Origin, SignedIn, TokenParties};
use tests::{Visitor, free_port};

use crate::helpers::{TestApp, start_impostor};

async fn greet(person: SignedIn) -> String {
    format!("Hello {}", person.user.email)
}

/// Starts an application with a guarded and an unguarded page, and returns its URL.
fn start_application(guard: Guard) -> String {
    let server = HttpServer::new(move || {
        App::new()
            .service(web::scope("/guarded").wrap(guard.clone()).route("", web::get().to(greet)))
            .route("/unguarded", web::get().to(greet))
    });
    let server = server.workers(1).bind(("127.0.0.1", 0)).unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    actix_web::rt::spawn(server.run());
    url
}

fn builder(verify_service: impl Into<String>) -> Builder {
    Guard::builder("http://localhost:3000")
        .verify_service(verify_service)
        .login_path("/sign-in")
        .token_parties(TokenParties::for_origin("http://localhost:8080"))
}

fn remote_guard(app: &TestApp) -> Guard {
    builder(&app.verify).build().unwrap()
}

fn embedded_guard(app: &TestApp) -> Guard {
    let internal = vec![Origin::parse(&app.verify_internal).unwrap()];
    builder(&app.verify).embedded_in(app.cache.clone()).verify_internal(internal).build().unwrap()
}

#[actix_web::test]
async fn a_signed_in_user_passes_until_the_session_ends() {
    let app = TestApp::start().await;
    let cases = [("remote", remote_guard(&app)), ("embedded", embedded_guard(&app))];

    for (case, guard) in cases {
        let email = format!("{case}@example.com");
        let mut visitor = app.signed_in(&email).await;
        let mut stolen = visitor.clone();
        let guarded = format!("{}/guarded", start_application(guard));

        let page = visitor.get(&guarded).await;
        assert_eq!((page.status, page.text), (200, format!("Hello {email}")), "{case}");

        visitor.post(&format!("{}/api/logout", app.auth)).await.assert_status(200);
        assert_eq!(stolen.get(&guarded).await.status, 302, "{case}");
    }
}

#[actix_web::test]
async fn others_are_redirected_to_the_login_page() {
    let app = TestApp::start().await;
    let cases = [("remote", remote_guard(&app)), ("embedded", embedded_guard(&app))];

    for (case, guard) in cases {
        let application = start_application(guard);
        let page = Visitor::new().get(&format!("{application}/guarded?a=b")).await;
        assert_eq!(page.status, 302, "{case}");
        assert_eq!(page.header("location"), "/sign-in?next=/guarded?a=b", "{case}");
        assert_eq!(page.header("cache-control"), "no-store", "{case}");
    }
}

#[actix_web::test]
async fn a_page_without_its_guard_stays_closed() {
    let app = TestApp::start().await;
    let mut visitor = app.signed_in("ada@example.com").await;
    let application = start_application(remote_guard(&app));

    visitor.get(&format!("{application}/unguarded")).await.assert_status(500);
}

#[actix_web::test]
async fn an_embedded_guard_answers_from_memory() {
    let app = TestApp::start().await;
    let mut visitor = app.signed_in("ada@example.com").await;
    let guard = embedded_guard(&app);
    let application = start_application(guard.clone());
    let from_memory = "drawbridge_verifications_total{outcome=\"ok\",layer=\"near\"} 3";
    let started = Instant::now();

    while !guard.metrics().render().contains(from_memory) {
        visitor.get(&format!("{application}/guarded")).await.assert_status(200);
        assert!(started.elapsed() < Duration::from_secs(10), "{}", guard.metrics().render());
    }
}

#[actix_web::test]
async fn an_embedded_guard_works_without_redis() {
    let app = TestApp::start().await;
    let mut visitor = app.signed_in("ada@example.com").await;
    let mut stolen = visitor.clone();
    let internal = vec![Origin::parse(&app.verify_internal).unwrap()];
    let guard = builder(&app.verify).embedded("memory:").verify_internal(internal).build().unwrap();
    let guarded = format!("{}/guarded", start_application(guard));

    visitor.get(&guarded).await.assert_status(200);
    visitor.post(&format!("{}/api/logout", app.auth)).await.assert_status(200);

    stolen.get(&guarded).await.assert_status(302);
}

#[actix_web::test]
async fn a_replica_that_answers_is_found() {
    let app = TestApp::start().await;
    let mut visitor = app.signed_in("ada@example.com").await;
    let unused_port = free_port();
    let failing = start_impostor(503, "{}");
    let guard = builder(format!("http://127.0.0.1:{unused_port},{failing},{}", app.verify)).build().unwrap();
    let application = start_application(guard.clone());

    for _ in 0..30 {
        visitor.get(&format!("{application}/guarded")).await.assert_status(200);
    }

    let metrics = guard.metrics().render();
    let is_open =
        format!("drawbridge_breaker_state{{dependency=\"verify-service 127.0.0.1:{unused_port}\"}} 2");
    assert!(metrics.contains(&is_open), "{metrics}");
}

#[actix_web::test]
async fn an_outage_is_not_a_refusal() {
    let unreachable = || format!("http://127.0.0.1:{}", free_port());
    let cases = [
        ("remote", builder(unreachable())),
        ("embedded", builder(unreachable()).embedded("memory:")),
        ("a meaningless answer", builder(start_impostor(403, "{}"))),
    ];
    let mut visitor = Visitor::new();
    visitor.set_cookie("token", "some token");

    for (case, builder) in cases {
        let application = start_application(builder.build().unwrap());
        let answer = visitor.get(&format!("{application}/guarded")).await;
        assert_eq!(answer.status_and_code(), (503, "unavailable".into()), "{case}");
        assert_eq!(answer.header("retry-after"), "2", "{case}");
        assert_eq!(answer.header("set-cookie"), "", "{case}");
    }
}
