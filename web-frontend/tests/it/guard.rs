//! The guard in an Actix app of somebody else's.

use actix_web::{App, HttpServer, web};
use drawbridge_core::origin::Origin;
use drawbridge_guard::{Guard, SignedIn};
use drawbridge_verification::token::TokenParties;
use tests::Visitor;

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

/// The guard in both modes: asking verify-service about every request, and verifying by itself.
fn guards(app: &TestApp) -> [Guard; 2] {
    let builder = || {
        Guard::builder("http://localhost:3000")
            .verify_service(&app.verify)
            .login_path("/sign-in")
            .token_parties(TokenParties {
                issuer: "http://localhost:8080".into(),
                audience: "http://localhost:8080".into(),
            })
    };
    let internal = vec![Origin::parse(&app.internal).unwrap()];
    let embedded = builder().embedded_in(app.cache.clone()).verify_internal(internal);
    [builder().build().unwrap(), embedded.build().unwrap()]
}

#[actix_web::test]
async fn it_guards_in_both_modes_alike() {
    let app = TestApp::start().await;
    for (name, guard) in ["ada", "grace"].into_iter().zip(guards(&app)) {
        assert_guards(&app, &format!("{name}@example.com"), guard).await;
    }
}

#[actix_web::test]
async fn an_embedded_guard_asks_nobody_about_a_hot_record() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in("ada@example.com").await;
    let [_, guard] = guards(&app);
    let hot = "drawbridge_verifications_total{outcome=\"ok\",layer=\"near\"}";
    let theirs = start(guard.clone());
    let started = std::time::Instant::now();
    while !guard.metrics().render().contains(hot) || !guard.metrics().render().contains(&format!("{hot} 3")) {
        assert_eq!(ada.get(&format!("{theirs}/inside")).await.status, 200);
        assert!(started.elapsed().as_secs() < 10, "{}", guard.metrics().render());
    }
}

#[actix_web::test]
async fn an_embedded_guard_goes_without_redis() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in("ada@example.com").await;
    let parties =
        TokenParties { issuer: "http://localhost:8080".into(), audience: "http://localhost:8080".into() };
    let internal = vec![Origin::parse(&app.internal).unwrap()];
    let guard = Guard::builder("http://localhost:3000").embedded("memory:").verify_internal(internal);
    let theirs = start(guard.token_parties(parties).build().unwrap());
    assert_eq!(ada.get(&format!("{theirs}/inside")).await.status, 200);
    let mut left_behind = ada.clone();
    assert_eq!(ada.post(&format!("{}/api/logout", app.auth)).await.status, 200);
    assert_eq!(
        left_behind.get(&format!("{theirs}/inside")).await.status,
        302,
        "the source is asked each time"
    );
}

#[actix_web::test]
async fn it_goes_on_with_the_replica_that_answers() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in("ada@example.com").await;
    let (nobody, stranger) = (tests::free_port(), start_stranger(503, "{}"));
    let replicas = format!("http://127.0.0.1:{nobody},{stranger},{}", app.verify);
    let guard = Guard::builder("http://localhost:3000").verify_service(replicas).build().unwrap();
    let theirs = start(guard.clone());
    for _ in 0..30 {
        assert_eq!(ada.get(&format!("{theirs}/inside")).await.status, 200);
    }
    let open = format!("drawbridge_breaker_state{{dependency=\"verify-service 127.0.0.1:{nobody}\"}} 2");
    assert!(guard.metrics().render().contains(&open), "{}", guard.metrics().render());
}

async fn assert_guards(app: &TestApp, email: &str, guard: Guard) {
    let mut ada = app.signed_in(email).await;
    let theirs = start(guard);

    let answer = ada.get(&format!("{theirs}/inside")).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, format!("Hello {email}").as_str()));
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
    let builder =
        || Guard::builder("http://localhost:3000").verify_service(format!("http://127.0.0.1:{nobody}"));
    let mut visitor = Visitor::new();
    visitor.set_cookie("token", "some token");
    for guard in [builder(), builder().embedded("memory:")] {
        let theirs = start(guard.build().unwrap());
        let answer = visitor.get(&format!("{theirs}/inside")).await;
        assert_eq!(answer.status_and_code(), (503, "unavailable".into()));
        assert_eq!((answer.header("retry-after"), answer.header("set-cookie")), ("2", ""));
    }

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
