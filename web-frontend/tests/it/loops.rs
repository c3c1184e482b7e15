//! Nobody is sent round for ever: after three redirects the page says why.

use tests::Visitor;

use crate::helpers::{TestApp, start_frontend_with, start_stranger};

const HTTPS: [(&str, &str); 1] = [("FRONTEND_ORIGIN", "https://app.example.com")];

/// Opens `/private` as a browser does that follows where it is sent, until a page is shown; how often it was
/// sent, and the page.
async fn round_and_round(
    visitor: &mut Visitor,
    frontend: &str,
    more: &[(&str, &str)],
) -> (u32, tests::Answer) {
    for sent in 0..10 {
        let mut request = visitor.request(reqwest::Method::GET, &format!("{frontend}/private"));
        for (name, value) in more {
            request = request.header(*name, *value);
        }
        let answer = visitor.send(request.header("accept", "text/html")).await;
        if answer.status != 302 {
            return (sent, answer);
        }
        assert!(answer.header("location").starts_with("/login?next=/private"), "{answer:?}");
    }
    unreachable!("sent round for ever");
}

/// Asserts that the page is reached after three redirects, and what it says to whom.
async fn assert_told(visitor: &mut Visitor, frontend: &str, more: &[(&str, &str)], words: &[&str]) {
    let (sent, page) = round_and_round(visitor, frontend, more).await;
    assert_eq!((sent, page.status), (3, 403), "{}", page.text);
    for word in words {
        assert!(page.text.contains(word), "{word}: {}", page.text);
    }
    assert!(page.text.contains(page.header("x-request-id")), "{}", page.text);
    let mut script = visitor.clone();
    let (sent, again) = round_and_round(&mut script, frontend, more).await;
    assert_eq!((sent, again.status), (3, 403), "and it may be tried again");
}

#[actix_web::test]
async fn no_cookie_came() {
    let app = TestApp::start().await;
    let here = [("host", "localhost:8080")];
    assert_told(
        &mut Visitor::new(),
        &app.frontend,
        &here,
        &["does not arrive", "drawbridge doctor", "token"],
    )
    .await;
}

#[actix_web::test]
async fn a_cookie_under_another_name() {
    let app = TestApp::start().await;
    let ada = app.signed_in("ada@example.com").await;
    let mut visitor = Visitor::new();
    visitor.set_cookie("__Secure-token", ada.cookie("token").unwrap());
    let words = ["has another name", "__Secure-token", "COOKIE_PREVIOUS"];
    assert_told(&mut visitor, &app.frontend, &[("host", "localhost:8080")], &words).await;
}

#[actix_web::test]
async fn a_page_at_another_host_than_the_cookies() {
    let app = TestApp::start().await;
    let words = ["another address", "www.example.com", "FRONTEND_ORIGIN"];
    assert_told(&mut Visitor::new(), &app.frontend, &[("host", "www.example.com")], &words).await;
}

#[actix_web::test]
async fn two_cookies() {
    let app = TestApp::start().await;
    let (ada, eve) = (app.signed_in("ada@example.com").await, app.signed_in("eve@example.com").await);
    let both = format!("token={}; token={}", ada.cookie("token").unwrap(), eve.cookie("token").unwrap());
    let planted = [("cookie", both.as_str()), ("host", "localhost:8080")];
    let mut visitor = Visitor::new();
    let answer = visitor.request(reqwest::Method::GET, &app.url("/private")).header("cookie", &both);
    let answer = visitor.send(answer.header("accept", "text/html")).await;
    let cleared = answer.headers.get_all("set-cookie").iter().any(|value| {
        value.to_str().unwrap().starts_with("token=;") && value.to_str().unwrap().contains("Max-Age=0")
    });
    assert!(cleared, "the browser begins anew: {answer:?}");
    // The visitor's own counter stands in a field of its own, as HTTP/2 sends it.
    assert_told(&mut Visitor::new(), &app.frontend, &planted, &["Two sign-in cookies", "COOKIE_PREVIOUS"])
        .await;
}

#[actix_web::test]
async fn an_expired_session_and_a_clock_that_is_wrong() {
    let expired = r#"{"success": false, "code": "expired_token", "detail": "x"}"#;
    let verify = start_stranger(403, expired);
    let app = TestApp::start().await;
    let frontend = start_frontend_with(&app.auth, &verify, &[]);
    let ada = app.signed_in("ada@example.com").await;
    // verify-service says that it is over, and by the clock here it is not.
    let words = ["clocks of this site differ", "NTP"];
    assert_told(&mut ada.clone(), &frontend, &[("host", "localhost:8080")], &words).await;
    let over = "e30.eyJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMDAwMX0.AA";
    let mut visitor = Visitor::new();
    visitor.set_cookie("token", over);
    assert_told(&mut visitor, &frontend, &[("host", "localhost:8080")], &["expired", "Path or Domain"]).await;
}

#[actix_web::test]
async fn no_encryption() {
    let app = TestApp::start().await;
    let frontend = start_frontend_with(&app.auth, &app.verify, &HTTPS);
    for told in [("x-forwarded-proto", "http"), ("user-agent", "Mozilla/5.0")] {
        let here = [("host", "app.example.com"), told];
        let words = ["without encryption", "Redirect http to https"];
        assert_told(&mut Visitor::new(), &frontend, &here, &words).await;
    }
    let encrypted = [("host", "app.example.com"), ("user-agent", "Mozilla/5.0"), ("sec-fetch-site", "none")];
    assert_told(&mut Visitor::new(), &frontend, &encrypted, &["does not arrive", "__Host-token"]).await;
}

#[actix_web::test]
async fn a_verify_service_out_of_reach_sends_nobody_anywhere() {
    let app = TestApp::start().await;
    let frontend = start_frontend_with(&app.auth, "http://127.0.0.1:1", &[]);
    let mut ada = app.signed_in("ada@example.com").await;
    let (sent, page) = round_and_round(&mut ada, &frontend, &[]).await;
    assert_eq!((sent, page.status), (0, 503), "{}", page.text);
    assert!(ada.cookie("token").is_some());
}

#[actix_web::test]
async fn a_script_is_never_sent_anywhere_and_who_comes_through_is_counted_anew() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in("ada@example.com").await;
    for _ in 0..4 {
        let mut stranger = Visitor::new();
        let request =
            stranger.request(reqwest::Method::GET, &app.url("/private")).header("accept", "application/json");
        let answer = stranger.send(request).await;
        assert_eq!((answer.status, answer.json()["code"].as_str()), (403, Some("missing_token")));
    }
    // Signing in and out again and again is no loop.
    let credentials = serde_json::json!({"email": "ada@example.com", "password": tests::PASSWORD});
    for _ in 0..4 {
        assert_eq!(ada.post(&app.url("/api/logout")).await.status, 200);
        assert_eq!(ada.cookie("drawbridge-sent"), None);
        assert_eq!(ada.get(&app.url("/private")).await.status, 302);
        assert_eq!(ada.post_json(&app.url("/api/login"), &credentials).await.status, 200);
        assert_eq!(ada.get(&app.url("/private")).await.status, 200);
    }
}

#[actix_web::test]
async fn a_session_in_a_cookie_of_before_goes_on_in_the_present_one() {
    let app = TestApp::start().await;
    let mut ada = app.signed_in("ada@example.com").await;
    let renamed = [("COOKIE_NAME", "sid"), ("COOKIE_PREVIOUS", "old, token")];
    let frontend = start_frontend_with(&app.auth, &app.verify, &renamed);
    let private = format!("{frontend}/private");
    assert_eq!(ada.get(&private).await.status, 200, "nobody is signed out");
    assert_eq!(ada.cookie("token"), None, "the old one is expired");
    assert!(ada.cookie("sid").is_some(), "and replaced");
    let before = ada.cookie("sid").unwrap().to_owned();
    assert_eq!(ada.get(&private).await.status, 200);
    assert_eq!(ada.cookie("sid"), Some(before.as_str()), "once");
}
