//! What gateways ask: `/auth-request` and `/forward-auth`.

use reqwest::Method;
use tests::{Answer, Visitor};

use crate::helpers::TestApp;

async fn ask(app: &TestApp, visitor: &mut Visitor, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = visitor.request(Method::GET, &app.url(path));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    visitor.send(request).await
}

const FROM_THE_FRONTEND: [(&str, &str); 3] = [
    ("x-forwarded-proto", "http"),
    ("x-forwarded-host", "localhost:8080"),
    ("x-forwarded-uri", "/app?a=b&c=d"),
];

#[actix_web::test]
async fn a_good_token_is_let_through_with_who_it_is() {
    for app in TestApp::both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let id = app.ask(&mut ada).await.json()["data"]["user"]["id"].as_str().unwrap().to_owned();
        // Twice: what is asked for first and what is hot are answered alike.
        for path in ["/auth-request", "/forward-auth", "/forward-auth/some/path"].repeat(2) {
            let forged = [("x-auth-user-id", "root"), ("x-auth-roles", "admin")];
            let answer = ask(&app, &mut ada, path, &forged).await;
            assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{path}");
            assert_eq!(answer.header("x-auth-user-id"), id);
            assert_eq!(answer.header("x-auth-email"), "ada@example.com");
            assert_eq!(answer.header("x-auth-roles"), "");
            assert_eq!(answer.header("set-cookie"), "", "a young token is not renewed");
            assert!(!answer.header("x-request-id").is_empty());
        }
    }
}

#[actix_web::test]
async fn nginx_is_told_401_for_whatever_is_not_good_and_nothing_else() {
    for app in TestApp::both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let mut left_behind = ada.clone();
        ada.post(&format!("{}/api/logout", app.auth)).await;
        let mut forger = Visitor::new();
        forger.set_cookie("token", "a.b.c");
        for (visitor, code) in [
            (&mut Visitor::new(), "missing_token"),
            (&mut forger, "invalid_token"),
            (&mut left_behind, "session_revoked"),
        ] {
            for headers in [[("accept", "text/html")], [("accept", "application/json")]] {
                let answer = ask(&app, visitor, "/auth-request", &headers).await;
                assert_eq!(answer.status_and_code(), (401, code.into()));
                assert_eq!(answer.header("x-auth-user-id"), "");
            }
        }
    }
}

#[actix_web::test]
async fn a_person_is_led_to_the_sign_in_page_and_a_script_is_told() {
    let [app, _] = TestApp::both().await;
    let mut nobody = Visitor::new();
    let page = [("accept", "text/html"), ("x-forwarded-method", "GET")];
    let answer = ask(&app, &mut nobody, "/forward-auth", &[&FROM_THE_FRONTEND[..], &page].concat()).await;
    assert_eq!(answer.status, 302);
    assert_eq!(answer.header("location"), "http://localhost:8080/login?next=/app?a=b%26c=d");
    let elsewhere =
        [("accept", "text/html"), ("x-forwarded-host", "evil.example"), ("x-forwarded-uri", "/app")];
    let answer = ask(&app, &mut nobody, "/forward-auth", &elsewhere).await;
    assert_eq!((answer.status, answer.header("location")), (302, "http://localhost:8080/login"));
    for script in [("accept", "application/json"), ("x-forwarded-method", "POST"), ("sec-fetch-mode", "cors")]
    {
        let headers = [&FROM_THE_FRONTEND[..], &[script]].concat();
        let answer = ask(&app, &mut nobody, "/forward-auth", &headers).await;
        assert_eq!(answer.status_and_code(), (401, "missing_token".into()), "{script:?}");
    }
}

#[actix_web::test]
async fn a_token_past_half_its_life_comes_back_renewed_and_only_once_in_a_while() {
    let app = TestApp::renewing().await;
    let mut ada = app.signed_in("ada@example.com").await;
    let mut other_tab = ada.clone();
    let first = ada.cookie("token").unwrap().to_owned();
    let started = std::time::Instant::now();
    while ada.cookie("token") == Some(&first) {
        assert_eq!(ask(&app, &mut ada, "/auth-request", &[]).await.status, 200);
        assert!(started.elapsed().as_secs() < 5, "the token is not renewed");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(started.elapsed().as_secs_f64() > 0.9, "renewed before half its life");
    assert_eq!(ask(&app, &mut ada, "/auth-request", &[]).await.status, 200, "the new token is good");
    let same = ask(&app, &mut other_tab, "/forward-auth", &[]).await;
    assert_eq!((same.status, same.header("set-cookie")), (200, ""), "the old one is good, and left alone");
    assert!(app.metrics().await.contains("drawbridge_renewals_total{} 1\n"));
}

#[actix_web::test]
async fn an_outage_is_503_and_takes_no_cookie() {
    let app = TestApp::without_database().await;
    let mut visitor = Visitor::new();
    visitor.set_cookie("token", "a.b.c");
    for path in ["/auth-request", "/forward-auth", "/forward-auth/x"] {
        let answer = ask(&app, &mut visitor, path, &[("accept", "text/html")]).await;
        assert_eq!(answer.status_and_code(), (503, "unavailable".into()), "{path}");
        assert!(!answer.header("retry-after").is_empty());
        assert_eq!((answer.header("set-cookie"), answer.header("location")), ("", ""));
    }
}
