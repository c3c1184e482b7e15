//! Browsers that call the service from the frontend's pages.

use std::time::Duration;

use auth_service::{
    domain::{Actor, Frontend, FrontendOrigin},
    frontends::{FrontendRegistry, RegistryAuthor},
};
use drawbridge_cookies::session_cookie::SessionCookie;
use drawbridge_core::{
    clock::{Clock, SystemClock},
    origin::Origin,
    settings::{Reader, fixed},
};
use reqwest::Method;
use tests::{Answer, PASSWORD, Visitor, credentials};
use tokio::time::sleep;

use crate::helpers::{TestApp, TestDatabase};

const FRONTEND: &str = "https://app.example.com";
const ALLOWED: &str = "https://admin.example.com";

const JSON: (&str, &str) = ("content-type", "application/json");

/// Starts a service whose cookie is shared with the frontend. `previous` is the value of `COOKIE_PREVIOUS`.
async fn with_shared_cookie(previous: &str) -> TestApp {
    let settings = fixed([
        ("BACKEND_ORIGIN", "https://api.example.com"),
        ("COOKIE_MODE", "shared"),
        ("COOKIE_PREVIOUS", previous),
    ]);
    TestApp::start(TestDatabase::Sqlite, move |config| {
        let mut reader = Reader::new(&settings);
        let frontend = Origin::parse(FRONTEND).unwrap();
        let backend = reader.backend_origin();
        config.cookie = SessionCookie::read(&mut reader, Some(&frontend), backend.as_ref()).unwrap();
        config.relying_party = Some("example.com".into());
        config.frontend_origin = frontend;
        config.other_origins = vec![backend.unwrap(), Origin::parse(ALLOWED).unwrap()];
    })
    .await
}

async fn send(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let mut visitor = Visitor::new();
    let request = visitor.request(method, &app.url(path)).body(body.to_owned());
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    visitor.send(request).await
}

async fn preflight(app: &TestApp, origin: &str) -> Answer {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "content-type"),
    ];
    send(app, Method::OPTIONS, "/api/login", &headers, "").await
}

/// The origin and the credentials flag that the CORS headers of a response allow.
fn allowed(answer: &Answer) -> Option<(&str, &str)> {
    let text = |name: &str| answer.headers.get(name).map(|value| value.to_str().unwrap());
    Some((text("access-control-allow-origin")?, text("access-control-allow-credentials")?))
}

#[actix_web::test]
async fn pages_of_allowed_origins_may_call_the_service() {
    let app = with_shared_cookie("").await;

    for origin in [FRONTEND, ALLOWED] {
        let answer = preflight(&app, origin).await;

        answer.assert_status(200);
        assert_eq!(allowed(&answer), Some((origin, "true")));
        let headers = answer.header("access-control-allow-headers").to_lowercase();
        assert!(headers.contains("content-type"), "{headers}");
        assert!(!headers.contains("x-drawbridge-proxy"), "{headers}");
    }
}

#[actix_web::test]
async fn pages_of_other_origins_may_not_call_the_service() {
    let app = with_shared_cookie("").await;

    for origin in
        ["https://evil.example", "null", "https://app.example.com.evil.example", "http://app.example.com"]
    {
        let answer = preflight(&app, origin).await;

        assert!(allowed(&answer).is_none(), "{origin}: {:?}", answer.headers);
    }
}

/// Longer than auth-service keeps the registered origins.
const UNTIL_ORIGINS_ARE_READ: Duration = Duration::from_millis(1100);

async fn register_shop(app: &TestApp) {
    let registry = FrontendRegistry::new(&app.config.master_secret);
    let frontend = Frontend {
        name: "shop".parse().unwrap(),
        origins: vec![
            FrontendOrigin::parse_site("https://shop.example").unwrap(),
            FrontendOrigin::parse_pattern("*.preview.shop.example").unwrap(),
        ],
        audiences: Vec::new(),
        session_audience: None,
        address_header: None,
    };
    let add = move |c: &mut _| {
        let author = RegistryAuthor { actor: &Actor::operator(), now: SystemClock.now() };
        registry.add(c, &frontend, author).map(drop).unwrap();
    };
    app.query(add).await;
}

async fn remove_shop(app: &TestApp) {
    let remove = move |c: &mut _| {
        let author = RegistryAuthor { actor: &Actor::operator(), now: SystemClock.now() };
        FrontendRegistry::remove(c, &"shop".parse().unwrap(), author).unwrap();
    };
    app.query(remove).await;
}

/// The origins of `shop` from which a page may send a preflight request and a change.
async fn accepted_origins(app: &TestApp) -> Vec<&'static str> {
    let mut accepted = Vec::new();
    for origin in [
        "https://shop.example",
        "https://pr-1.preview.shop.example",
        "http://shop.example",
        "https://preview.shop.example",
        "https://a.b.preview.shop.example",
        "https://pr-1.preview.shop.example.evil.example",
    ] {
        let preflight = preflight(app, origin).await;
        let body = credentials("no@example.com", PASSWORD).to_string();
        let headers = [("origin", origin), ("sec-fetch-site", "cross-site"), JSON];
        let change = send(app, Method::POST, "/api/login", &headers, &body).await;
        let is_readable = allowed(&preflight) == Some((origin, "true"));
        assert_eq!(is_readable, change.status == 401, "{origin}: {}", change.text);
        assert_eq!(is_readable, allowed(&change).is_some(), "{origin}");
        if is_readable {
            accepted.push(origin);
        }
    }
    accepted
}

#[actix_web::test]
async fn pages_of_registered_frontends_may_call_the_service() {
    let app = with_shared_cookie("").await;
    assert!(accepted_origins(&app).await.is_empty());

    register_shop(&app).await;
    sleep(UNTIL_ORIGINS_ARE_READ).await;
    assert_eq!(accepted_origins(&app).await, ["https://shop.example", "https://pr-1.preview.shop.example"]);

    remove_shop(&app).await;
    sleep(UNTIL_ORIGINS_ARE_READ).await;
    assert!(accepted_origins(&app).await.is_empty());
}

#[actix_web::test]
async fn pages_can_read_error_responses() {
    let app = with_shared_cookie("").await;
    let body = credentials("no@example.com", PASSWORD).to_string();

    let answer = send(&app, Method::POST, "/api/login", &[("origin", FRONTEND), JSON], &body).await;

    answer.assert_status(401);
    assert_eq!(allowed(&answer), Some((FRONTEND, "true")));
    assert!(answer.header("access-control-expose-headers").to_lowercase().contains("x-request-id"));
}

#[actix_web::test]
async fn changes_require_an_allowed_page_and_json() {
    let app = with_shared_cookie("").await;
    let body = credentials("ada@example.com", PASSWORD).to_string();
    let register =
        async |headers: &[(&str, &str)]| send(&app, Method::POST, "/api/register", headers, &body).await;

    let foreign =
        register(&[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site"), JSON]).await;
    foreign.assert_error(403, "cross_site_request");

    for simple in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"] {
        let answer = register(&[("origin", FRONTEND), ("content-type", simple)]).await;
        assert_eq!(answer.status_and_code(), (415, "unsupported_media_type".into()), "{simple}");
    }

    register(&[("origin", FRONTEND), ("sec-fetch-site", "same-site"), JSON]).await.assert_status(201);
}

#[actix_web::test]
async fn behind_a_proxy_no_page_may_call_the_service() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;

    let answer = send(&app, Method::GET, "/api/me", &[("origin", "http://localhost:8080")], "").await;

    assert!(allowed(&answer).is_none(), "{:?}", answer.headers);
}

/// Signs in and returns the token.
async fn token_of_login(app: &TestApp) -> String {
    let body = credentials("ada@example.com", PASSWORD).to_string();
    let answer = send(app, Method::POST, "/api/login", &[("origin", FRONTEND), JSON], &body).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    assert!(cookie.contains("Domain=example.com") && cookie.contains("Secure"), "{cookie}");
    cookie.split(['=', ';']).nth(1).unwrap().to_owned()
}

async fn me_with_cookies(app: &TestApp, cookies: &str) -> Answer {
    send(app, Method::GET, "/api/me", &[("cookie", cookies)], "").await
}

fn set_cookies(answer: &Answer) -> Vec<String> {
    answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_previous_cookie_is_replaced() {
    let app = with_shared_cookie("__Host-token").await;
    app.register("ada@example.com", PASSWORD).await;
    let token = token_of_login(&app).await;

    let with_previous = me_with_cookies(&app, &format!("__Host-token={token}")).await;
    let with_current = me_with_cookies(&app, &format!("__Secure-token={token}")).await;

    with_previous.assert_status(200);
    let cookies = set_cookies(&with_previous);
    assert!(cookies[0].starts_with(&format!("__Secure-token={token};")), "{cookies:?}");
    assert!(cookies[1].starts_with("__Host-token=;") && cookies[1].contains("Max-Age=0"), "{cookies:?}");
    assert!(set_cookies(&with_current).is_empty());
}

#[actix_web::test]
async fn several_valid_cookies_are_removed() {
    let app = with_shared_cookie("__Host-token").await;
    app.register("ada@example.com", PASSWORD).await;
    let first = token_of_login(&app).await;
    let second = token_of_login(&app).await;

    let two_valid = me_with_cookies(&app, &format!("__Secure-token={first}; __Secure-token={second}")).await;
    let one_valid = me_with_cookies(&app, &format!("__Secure-token=planted; __Secure-token={first}")).await;

    two_valid.assert_error(403, "invalid_token");
    let cookies = set_cookies(&two_valid);
    assert!(cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{cookies:?}");
    assert!(cookies.iter().any(|cookie| cookie.contains("Domain=example.com")), "{cookies:?}");
    one_valid.assert_status(200);
}
