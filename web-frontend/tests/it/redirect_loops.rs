//! A browser is not redirected forever: after signing in three times in vain, a page explains why. Opening guarded pages
//! without signing in is no loop.

use drawbridge_http::problem::Code;
use reqwest::Method;
use tests::{Answer, PASSWORD, Visitor};

use crate::helpers::{TestApp, start_frontend, start_impostor};

type Headers<'a> = &'a [(&'a str, &'a str)];

/// The host at which the tests open pages by default.
const HOST: (&str, &str) = ("host", "localhost:8080");

/// The account of a browser that signs in without success.
const LOOP_EMAIL: &str = "loop@example.com";

/// The last page of a series of redirects.
struct LastPage {
    redirects: u32,
    answer: Answer,
}

/// Opens `path` as a browser does that navigates.
async fn navigate(visitor: &mut Visitor, frontend: &str, path: &str, headers: Headers<'_>) -> Answer {
    let request = visitor.request(Method::GET, &format!("{frontend}{path}"));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    visitor.send(request.header("accept", "text/html")).await
}

/// Signs in with the form, and loses the session cookie on the way back.
async fn sign_in_in_vain(visitor: &mut Visitor, frontend: &str) {
    let mut at_sign_in = visitor.clone();
    let page = format!("{frontend}/login");
    let csrf = at_sign_in.csrf(&page).await;
    let fields = [("csrf", csrf.as_str()), ("email", LOOP_EMAIL), ("password", PASSWORD)];
    at_sign_in.post_form(&page, &fields).await.assert_redirect(303, "/private");
    for name in ["drawbridge-sent", "drawbridge-page"] {
        for name in [name.to_owned(), format!("__Host-{name}")] {
            if let Some(value) = at_sign_in.cookie(&name) {
                visitor.set_cookie(&name, value);
            }
        }
    }
}

/// Opens `/private` and signs in after each redirect, until a page is shown.
async fn follow_redirects(visitor: &mut Visitor, frontend: &str, headers: Headers<'_>) -> LastPage {
    for redirects in 0..10 {
        let answer = navigate(visitor, frontend, "/private", headers).await;
        if answer.status != 302 {
            return LastPage { redirects, answer };
        }
        assert!(answer.header("location").starts_with("/login?next=/private"), "{answer:?}");
        sign_in_in_vain(visitor, frontend).await;
    }
    unreachable!("redirected forever");
}

/// Asserts that a page with these texts is shown after three redirects, and that the count then starts over.
async fn assert_explained(visitor: &mut Visitor, frontend: &str, headers: Headers<'_>, texts: &[&str]) {
    let url = format!("{frontend}/api/register");
    // The account exists already if this is the second loop of a test.
    Visitor::new().post_json(&url, &tests::credentials(LOOP_EMAIL, PASSWORD)).await;

    let page = follow_redirects(visitor, frontend, headers).await;
    let again = follow_redirects(visitor, frontend, headers).await;

    assert_eq!((page.redirects, page.answer.status), (3, 403), "{}", page.answer.text);
    for text in texts {
        assert!(page.answer.text.contains(text), "{text}: {}", page.answer.text);
    }
    let request_id = page.answer.header("x-request-id");
    assert!(page.answer.text.contains(request_id), "{request_id}: {}", page.answer.text);
    assert!(page.answer.text.contains("href=\"/login?next=/private\""), "a way on: {}", page.answer.text);
    assert_eq!((again.redirects, again.answer.status), (3, 403), "the count starts over");
}

#[actix_web::test]
async fn restored_tabs_are_no_loop() {
    let app = TestApp::start().await;
    let mut signed_out = Visitor::new();
    let mut expired = Visitor::new();
    expired.set_cookie("token", &expired_token(&app, "ada@example.com").await);

    for (case, visitor) in [("signed out", &mut signed_out), ("an ended session", &mut expired)] {
        for tab in 1..=5 {
            let wanted = format!("/account/sessions?tab={tab}");
            let answer = navigate(visitor, &app.frontend, &wanted, &[HOST]).await;
            assert_eq!(answer.status, 302, "{case}, tab {tab}: {}", answer.text);
            let form = visitor.get(&app.url(answer.header("location"))).await;
            assert_eq!(form.hidden_field("next"), Some(wanted.as_str()), "{case}, tab {tab}");
        }
        for visit in 1..=5 {
            let answer = navigate(visitor, &app.frontend, "/private", &[HOST]).await;
            assert_eq!(answer.status, 302, "{case}, visit {visit}: {}", answer.text);
        }
    }
}

/// The token of a session that has ended.
async fn expired_token(app: &TestApp, email: &str) -> String {
    let mut visitor = app.signed_in(email).await;
    let token = visitor.cookie("token").unwrap().to_owned();
    visitor.post(&app.url("/api/logout")).await.assert_status(200);
    token
}

#[actix_web::test]
async fn a_sign_in_page_that_sends_the_browser_back_ends_a_loop() {
    let app = TestApp::start().await;
    // The guard of this web-frontend refuses every session, but its sign-in page belongs to another one.
    let verify = start_impostor(403, r#"{"success": false, "code": "expired_token", "detail": "x"}"#);
    let guarding = start_frontend(&app.auth, &verify, &[]);
    let mut visitor = app.signed_in("ada@example.com").await;
    visitor.get(&app.url("/private")).await.assert_status(200);

    let mut bounces = 0;
    let page = loop {
        let answer = navigate(&mut visitor, &guarding, "/private", &[HOST]).await;
        if answer.status != 302 {
            break answer;
        }
        visitor.get(&app.url(answer.header("location"))).await.assert_redirect(303, "/private");
        bounces += 1;
        assert!(bounces < 10, "redirected forever");
    };

    assert_eq!((bounces, page.status), (3, 403), "{}", page.text);
}

#[actix_web::test]
async fn a_prefetch_is_never_counted() {
    let app = TestApp::start().await;
    let mut visitor = app.signed_in("ada@example.com").await;
    let prefetch = [HOST, ("sec-purpose", "prefetch;prerender")];
    visitor.get(&app.url("/private")).await.assert_status(200);

    navigate(&mut visitor, &app.frontend, "/login?next=/account", &prefetch).await.assert_status(303);

    assert_eq!(visitor.cookie("drawbridge-sent"), None);
}

#[actix_web::test]
async fn a_cookie_of_another_program_is_explained() {
    let app = TestApp::start().await;
    let other_drawbridge = format!("e30.{OTHER_ISSUER_CLAIMS}.AA");
    let cases = [
        ("another program", "s%3Aabc.def", "another program on localhost"),
        (
            "a token of another program",
            "e30.eyJpc3MiOiJzaG9wIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjQxMDI0NDQ4MDB9.AA",
            "another program on localhost",
        ),
        ("another Drawbridge", &other_drawbridge, "http://localhost:9080"),
    ];

    for (case, value, expected) in cases {
        let mut visitor = Visitor::new();
        visitor.set_cookie("token", value);
        let page = follow_redirects_without_signing_in(&mut visitor, &app.frontend).await;

        assert_eq!((page.redirects, page.answer.status), (3, 403), "{case}: {}", page.answer.text);
        for text in [expected, "COOKIE_NAME", "ignore ports"] {
            assert!(page.answer.text.contains(text), "{case}, {text}: {}", page.answer.text);
        }
        assert!(!page.answer.text.contains("MASTER_SECRET"), "{case}: {}", page.answer.text);

        assert_explained(&mut visitor, &app.frontend, &[HOST], &[expected, "COOKIE_NAME"]).await;
    }
}

/// `{"iss":"http://localhost:9080","iat":1700000000,"exp":4102444800}`
const OTHER_ISSUER_CLAIMS: &str =
    "eyJpc3MiOiJodHRwOi8vbG9jYWxob3N0OjkwODAiLCJpYXQiOjE3MDAwMDAwMDAsImV4cCI6NDEwMjQ0NDgwMH0";

/// Opens `/private` again and again, as a browser whose cookie another program sets.
async fn follow_redirects_without_signing_in(visitor: &mut Visitor, frontend: &str) -> LastPage {
    for redirects in 0..10 {
        let answer = navigate(visitor, frontend, "/private", &[HOST]).await;
        if answer.status != 302 {
            return LastPage { redirects, answer };
        }
    }
    unreachable!("redirected forever");
}

#[actix_web::test]
async fn a_missing_cookie_is_explained() {
    let app = TestApp::start().await;
    let texts = [Code::CookieMissing.title(), "drawbridge doctor", "token"];

    assert_explained(&mut Visitor::new(), &app.frontend, &[HOST], &texts).await;
}

#[actix_web::test]
async fn a_cookie_with_another_name_is_explained() {
    let app = TestApp::start().await;
    let ada = app.signed_in("ada@example.com").await;
    let mut visitor = Visitor::new();
    visitor.set_cookie("__Secure-token", ada.cookie("token").unwrap());
    let texts = [Code::CookieOtherName.title(), "__Secure-token", "COOKIE_PREVIOUS"];

    assert_explained(&mut visitor, &app.frontend, &[HOST], &texts).await;
}

#[actix_web::test]
async fn a_page_on_another_host_is_explained() {
    let app = TestApp::start().await;
    let headers = [("host", "www.example.com")];
    let texts = [Code::CookieOtherHost.title(), "www.example.com", "FRONTEND_ORIGIN"];

    assert_explained(&mut Visitor::new(), &app.frontend, &headers, &texts).await;
}

#[actix_web::test]
async fn two_session_cookies_are_explained() {
    let app = TestApp::start().await;
    let both = two_cookies(&app).await;
    // The redirect count is in a Cookie field of its own, as HTTP/2 sends it.
    let headers = [("cookie", both.as_str()), HOST];
    let texts = [Code::CookieDuplicate.title(), "COOKIE_PREVIOUS"];

    assert_explained(&mut Visitor::new(), &app.frontend, &headers, &texts).await;
}

#[actix_web::test]
async fn two_session_cookies_are_removed() {
    let app = TestApp::start().await;
    let both = two_cookies(&app).await;
    let mut visitor = Visitor::new();
    let request = visitor.request(Method::GET, &app.url("/private")).header("cookie", &both);

    let answer = visitor.send(request.header("accept", "text/html")).await;

    let mut cookies = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    let is_removed = cookies.any(|cookie| cookie.starts_with("token=;") && cookie.contains("Max-Age=0"));
    assert!(is_removed, "{answer:?}");
}

/// A `Cookie` header with the session cookies of two users.
async fn two_cookies(app: &TestApp) -> String {
    let ada = app.signed_in("ada@example.com").await;
    let eve = app.signed_in("eve@example.com").await;
    format!("token={}; token={}", ada.cookie("token").unwrap(), eve.cookie("token").unwrap())
}

#[actix_web::test]
async fn an_expired_token_is_explained() {
    let app = TestApp::start().await;
    let verify = start_impostor(403, r#"{"success": false, "code": "expired_token", "detail": "x"}"#);
    let frontend = start_frontend(&app.auth, &verify, &[]);
    let mut expired = Visitor::new();
    expired.set_cookie("token", "e30.eyJpYXQiOjE3MDAwMDAwMDAsImV4cCI6MTcwMDAwMDAwMX0.AA");
    let mut valid_by_this_clock = app.signed_in("ada@example.com").await;
    valid_by_this_clock.get(&app.url("/private")).await.assert_status(200);

    assert_explained(&mut expired, &frontend, &[HOST], &["expired", "Path or Domain"]).await;
    let texts = [Code::ClockSkew.title(), "NTP"];
    assert_explained(&mut valid_by_this_clock, &frontend, &[HOST], &texts).await;
}

#[actix_web::test]
async fn plain_http_is_explained() {
    let app = TestApp::start().await;
    let frontend = app.start_frontend(&[("FRONTEND_ORIGIN", "https://app.example.com")]);
    let host = ("host", "app.example.com");
    let unencrypted = [Code::TlsMissing.title(), "Redirect http to https"];

    for sign in [("x-forwarded-proto", "http"), ("user-agent", "Mozilla/5.0")] {
        assert_explained(&mut Visitor::new(), &frontend, &[host, sign], &unencrypted).await;
    }
    let encrypted = [host, ("user-agent", "Mozilla/5.0"), ("sec-fetch-site", "none")];
    let texts = [Code::CookieMissing.title(), "__Host-token"];
    assert_explained(&mut Visitor::new(), &frontend, &encrypted, &texts).await;
}

#[actix_web::test]
async fn an_outage_redirects_nobody() {
    let app = TestApp::start().await;
    let frontend = start_frontend(&app.auth, "http://127.0.0.1:1", &[]);
    let mut visitor = app.signed_in("ada@example.com").await;

    let page = follow_redirects(&mut visitor, &frontend, &[]).await;

    assert_eq!((page.redirects, page.answer.status), (0, 503), "{}", page.answer.text);
    assert!(visitor.cookie("token").is_some());
}

#[actix_web::test]
async fn a_script_is_never_redirected() {
    let app = TestApp::start().await;

    for _ in 0..4 {
        let mut visitor = Visitor::new();
        let request = visitor.request(Method::GET, &app.url("/private"));
        let answer = visitor.send(request.header("accept", "application/json")).await;
        assert_eq!(answer.status_and_code(), (403, "missing_token".into()));
    }
}

#[actix_web::test]
async fn signing_in_and_out_repeatedly_is_no_loop() {
    let app = TestApp::start().await;
    let email = "ada@example.com";
    let mut visitor = app.signed_in(email).await;

    for _ in 0..4 {
        visitor.post(&app.url("/api/logout")).await.assert_status(200);
        assert_eq!(visitor.cookie("drawbridge-sent"), None);
        visitor.get(&app.url("/private")).await.assert_status(302);
        visitor.log_in(&app.frontend, email, PASSWORD).await.assert_status(200);
        visitor.get(&app.url("/private")).await.assert_status(200);
    }
}

#[actix_web::test]
async fn a_session_moves_from_a_previous_cookie() {
    let app = TestApp::start().await;
    let mut visitor = app.signed_in("ada@example.com").await;
    let frontend = app.start_frontend(&[("COOKIE_NAME", "sid"), ("COOKIE_PREVIOUS", "old, token")]);
    let private = format!("{frontend}/private");

    visitor.get(&private).await.assert_status(200);
    let moved = visitor.cookie("sid").map(str::to_owned);
    visitor.get(&private).await.assert_status(200);

    assert!(moved.is_some() && visitor.cookie("token").is_none(), "the new cookie replaces the old one");
    assert_eq!(visitor.cookie("sid"), moved.as_deref(), "the session moves once");
}
