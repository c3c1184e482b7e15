//! Browsers that call the service from the frontend's pages.

use drawbridge_cookies::session_cookie::SessionCookie;
use drawbridge_core::settings::{Reader, fixed};
use reqwest::Method;
use tests::{Answer, PASSWORD, Visitor};

use crate::helpers::{Database, TestApp, credentials};

const APP: &str = "https://app.example.com";
const OTHER: &str = "https://admin.example.com";

/// A service whose cookie is shared with the frontend.
async fn shared(previous: &'static str) -> TestApp {
    TestApp::start(Database::Sqlite, move |config| {
        let settings = fixed([
            ("BACKEND_ORIGIN", "https://api.example.com"),
            ("COOKIE_MODE", "shared"),
            ("COOKIE_PREVIOUS", previous),
        ]);
        let mut reader = Reader::new(&settings);
        config.frontend_origin = drawbridge_core::origin::Origin::parse(APP).unwrap();
        let backend = reader.backend_origin();
        config.cookie =
            SessionCookie::read(&mut reader, Some(&config.frontend_origin), backend.as_ref()).unwrap();
        config.cookie_mode = drawbridge_cookies::topology::CookieMode::Shared;
        config.relying_party = Some("example.com".into());
        config.other_origins = vec![backend.unwrap(), drawbridge_core::origin::Origin::parse(OTHER).unwrap()];
    })
    .await
}

async fn send(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut visitor = Visitor::new();
    let request = visitor.request(method, &app.url(path)).body(body.to_owned());
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    visitor.send(request).await
}

fn allowed(answer: &Answer) -> Option<(&str, &str)> {
    let text = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap());
    Some((text("access-control-allow-origin")?, text("access-control-allow-credentials")?))
}

#[actix_web::test]
async fn an_exact_list_of_origins_may_read_the_answers() {
    let app = shared("").await;
    let preflight = async |origin: &str| {
        let asked = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ];
        send(&app, Method::OPTIONS, "/api/login", &asked, "").await
    };
    for origin in [APP, OTHER] {
        let answer = preflight(origin).await;
        assert_eq!((answer.status, allowed(&answer)), (200, Some((origin, "true"))));
        let headers = answer.header("access-control-allow-headers").to_lowercase();
        assert!(headers.contains("content-type") && !headers.contains("x-drawbridge-proxy"), "{headers}");
    }
    let own =
        ["https://evil.example", "null", "https://app.example.com.evil.example", "http://app.example.com"];
    for origin in own {
        let answer = preflight(origin).await;
        assert!(allowed(&answer).is_none(), "{origin}: {:?}", answer.headers);
    }
    // A refusal can be read, too.
    let from_app = [("origin", APP), ("content-type", "application/json")];
    let answer = send(
        &app,
        Method::POST,
        "/api/login",
        &from_app,
        &credentials("no@example.com", PASSWORD).to_string(),
    )
    .await;
    assert_eq!((answer.status, allowed(&answer)), (401, Some((APP, "true"))));
    assert!(answer.header("access-control-expose-headers").to_lowercase().contains("x-request-id"));
}

#[actix_web::test]
async fn what_changes_something_comes_from_these_pages_as_json_alone() {
    let app = shared("").await;
    let body = credentials("ada@example.com", PASSWORD).to_string();
    let json = ("content-type", "application/json");
    let foreign = [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), json];
    let answer = send(&app, Method::POST, "/api/register", &foreign, &body).await;
    assert_eq!(answer.status_and_code(), (403, "cross_site_request".into()));
    for simple in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let headers = [("origin", APP), ("content-type", simple)];
        let answer = send(&app, Method::POST, "/api/register", &headers, &body).await;
        assert_eq!(answer.status_and_code(), (415, "unsupported_media_type".into()), "{simple}");
    }
    let sibling = [("origin", APP), ("sec-fetch-site", "same-site"), json];
    assert_eq!(send(&app, Method::POST, "/api/register", &sibling, &body).await.status, 201);
}

#[actix_web::test]
async fn behind_a_proxy_no_page_of_another_origin_reads_anything() {
    let app = TestApp::start(Database::Sqlite, |_| {}).await;
    let answer = send(&app, Method::GET, "/api/me", &[("origin", "http://localhost:8080")], "").await;
    assert!(allowed(&answer).is_none(), "{:?}", answer.headers);
}

#[actix_web::test]
async fn a_cookie_of_before_is_replaced_and_several_are_forgotten() {
    let app = shared("__Host-token").await;
    app.register("ada@example.com", PASSWORD).await;
    let mut logins = Vec::new();
    for _ in 0..2 {
        let json = [("origin", APP), ("content-type", "application/json")];
        let body = credentials("ada@example.com", PASSWORD).to_string();
        let answer = send(&app, Method::POST, "/api/login", &json, &body).await;
        let cookie = answer.headers["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.contains("Domain=example.com") && cookie.contains("Secure"), "{cookie}");
        logins.push(cookie.split(['=', ';']).nth(1).unwrap().to_owned());
    }
    let set = |answer: &Answer| -> Vec<String> {
        answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    };
    let old = format!("__Host-token={}", logins[0]);
    let answer = send(&app, Method::GET, "/api/me", &[("cookie", &old)], "").await;
    assert_eq!(answer.status, 200);
    let cookies = set(&answer);
    assert!(cookies[0].starts_with(&format!("__Secure-token={};", logins[0])), "{cookies:?}");
    assert!(cookies[1].starts_with("__Host-token=;") && cookies[1].contains("Max-Age=0"), "{cookies:?}");
    let new = format!("__Secure-token={}", logins[0]);
    assert!(set(&send(&app, Method::GET, "/api/me", &[("cookie", &new)], "").await).is_empty());

    let two = format!("{new}; __Secure-token={}", logins[1]);
    let answer = send(&app, Method::GET, "/api/me", &[("cookie", &two)], "").await;
    assert_eq!(answer.status_and_code(), (403, "invalid_token".into()));
    let cookies = set(&answer);
    assert!(cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{cookies:?}");
    assert!(cookies.iter().any(|cookie| cookie.contains("Domain=example.com")), "{cookies:?}");
    let one = format!("__Secure-token=planted; {new}");
    assert_eq!(send(&app, Method::GET, "/api/me", &[("cookie", &one)], "").await.status, 200);
}
