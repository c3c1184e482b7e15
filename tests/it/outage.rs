//! An outage is reported as such: 503 with `Retry-After`, no redirect to the sign-in page, and no lost cookie.

use std::time::{Duration, Instant};

use reqwest::{Method, header};
use tests::{Answer, Deployment, Layout, PASSWORD, Service, Visitor};

/// Requests a page with this `Accept` header.
async fn get(visitor: &mut Visitor, url: &str, accept: &str) -> Answer {
    visitor.send(visitor.request(Method::GET, url).header(header::ACCEPT, accept)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn without_verify_service_the_guard_answers_503() {
    let deployment = Deployment::builder().start();
    let private = format!("{}/private", deployment.frontend);
    let mut ada = deployment.signed_in("ada").await;

    deployment.process(Service::Verify).signal("KILL");
    let page = get(&mut ada, &private, "text/html").await;
    let data = get(&mut ada, &private, "application/json").await;

    page.assert_status(503);
    assert!(!page.header("retry-after").is_empty());
    assert!(page.header("content-type").starts_with("text/html"));
    assert!(page.text.contains("you still are"), "{}", page.text);
    let id = page.header("x-request-id");
    assert!(page.text.contains(id));
    let log = deployment.log();
    let names_cause = |line: &str| line.contains(id) && line.contains("verify-service");
    assert!(log.lines().any(names_cause), "{log}");
    data.assert_error(503, "unavailable");
    assert!(ada.cookie("token").is_some(), "the visitor keeps the cookie");
    assert_eq!(ada.get(&deployment.frontend).await.status, 200, "the public page is available");
}

/// A deployment whose guard is embedded and trusts no old record.
fn with_embedded_guard() -> Deployment {
    Deployment::builder()
        .layout(Layout::EmbeddedGuard)
        .setting("OUTAGE_GRACE", "0s")
        .setting("STALE_MAX", "0s")
        .start()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_guard_works_without_verify_service() {
    let deployment = with_embedded_guard();
    let private = format!("{}/private", deployment.frontend);
    let mut ada = deployment.signed_in("ada").await;
    ada.get(&private).await.assert_status(200);

    deployment.process(Service::Verify).signal("KILL");

    for _ in 0..5 {
        assert_eq!(ada.get(&private).await.status, 200, "Redis and the near cache are enough");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_embedded_guard_answers_503_while_redis_is_frozen() {
    let deployment = with_embedded_guard();
    let private = format!("{}/private", deployment.frontend);
    let mut ada = deployment.signed_in("ada").await;
    ada.get(&private).await.assert_status(200);
    deployment.process(Service::Verify).signal("KILL");
    let mut old = ada.clone();
    let Some(redis) = deployment.redis_process() else { return };
    let started = Instant::now();

    redis.signal("STOP");
    let outage = loop {
        let page = ada.get(&private).await;
        if page.status == 503 {
            break page;
        }
        assert_eq!(page.status, 200, "an outage is never a refusal: {}", page.text);
        assert!(started.elapsed().as_secs() < 5, "the cache is still trusted");
    };
    assert!(!outage.header("retry-after").is_empty());
    assert!(ada.cookie("token").is_some());

    redis.signal("CONT");
    ada.post(&format!("{}/api/logout", deployment.auth)).await.assert_status(200);
    let recovered = loop {
        let page = old.get(&private).await;
        if page.status != 503 {
            break page;
        }
        assert!(started.elapsed().as_secs() < 20, "the guard does not recover");
    };
    recovered.assert_redirect(302, "/login?next=/private");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_auth_service_sessions_are_still_verified() {
    let deployment = Deployment::builder().start();
    let url = |path: &str| format!("{}{path}", deployment.frontend);
    let mut ada = deployment.signed_in("ada").await;

    deployment.process(Service::Auth).signal("KILL");
    let page = ada.get(&url("/private")).await;
    let login = Visitor::new().log_in(&deployment.frontend, "ada@example.com", PASSWORD).await;
    let logout = ada.post(&url("/api/logout")).await;

    page.assert_status(200);
    login.assert_error(503, "unavailable");
    assert!(!login.header("retry-after").is_empty());
    assert_eq!(logout.status, 503, "a sign-out is not confirmed unless it happened");
    assert!(ada.cookie("token").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_redis_sessions_begin_are_verified_and_end() {
    let deployment = Deployment::builder().start();
    let url = |path: &str| format!("{}{path}", deployment.frontend);
    let verify = format!("{}/api/verify", deployment.verify);
    let mut ada = deployment.signed_in("ada").await;
    let Some(redis) = deployment.redis_process() else { return };

    redis.signal("KILL");

    ada.post(&verify).await.assert_status(200);
    let mut grace = deployment.signed_in("grace").await;
    grace.post(&verify).await.assert_status(200);

    let mut old = ada.clone();
    ada.post(&url("/api/logout")).await.assert_status(200);
    let time = tests::time_to_refusal(&mut old, &verify).await;
    assert!(time < Duration::from_secs(4), "{time:?}");

    let mut eve = Visitor::new();
    let csrf = eve.csrf(&url("/login")).await;
    let fields = [("csrf", csrf.as_str()), ("email", "grace@example.com"), ("password", PASSWORD)];
    eve.post_form(&url("/login"), &fields).await.assert_status(303);
    eve.get(&url("/private")).await.assert_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_stays_usable_while_redis_is_frozen() {
    let deployment = Deployment::builder().start();
    let url = |path: &str| format!("{}{path}", deployment.frontend);
    let mut ada = deployment.signed_in("ada").await;
    ada.get(&url("/private")).await.assert_status(200);
    let Some(redis) = deployment.redis_process() else { return };

    redis.signal("STOP");

    for (path, status) in [("/", 200), ("/private", 200), ("/nowhere", 404)] {
        assert_eq!(ada.get(&url(path)).await.status, status, "{path} while Redis is frozen");
    }
    redis.signal("CONT");
    ada.get(&url("/private")).await.assert_status(200);
}
