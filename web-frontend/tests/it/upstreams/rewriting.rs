//! Cookies and URLs that upstreams write, and what browsers receive.

use chrono::DateTime;
use drawbridge_cookies::{
    browser_engine::BrowserEngine, origin_cookie::OriginCookie, received_cookie::ReceivedCookie,
};
use drawbridge_core::origin::Origin;
use reqwest::Method;
use tests::Visitor;

use super::{
    servers::header_values,
    setup::{UpstreamSetup, received},
};

/// The cookie that a page of the upstream sets, as a browser on the frontend's origin receives it.
async fn receive_cookie(setup: &UpstreamSetup, origin: &str, path: &str) -> OriginCookie {
    let answer = Visitor::new().get(&setup.url(path)).await;
    let cookie = ReceivedCookie::parse(answer.header("set-cookie"), path, DateTime::UNIX_EPOCH).unwrap();
    OriginCookie { cookie, setter: Origin::parse(origin).unwrap() }
}

#[actix_web::test]
async fn every_engine_returns_an_upstreams_cookies() {
    for origin in ["http://localhost:8080", "https://app.example.com"] {
        let setup = UpstreamSetup::start_with(&[("FRONTEND_ORIGIN", origin)]).await;
        for path in ["/backend/cross-site-cookie", "/backend/partitioned-cookie", "/backend/context-cookie"] {
            let received = receive_cookie(&setup, origin, path).await;

            let page = &received.setter;
            for engine in BrowserEngine::ALL {
                let sends = |path| engine.sends(&received, page, page, path);
                assert!(sends("/backend/echo"), "{engine:?} on {origin}: {path} set {received:?}");
                assert!(!sends("/private"), "{engine:?} on {origin}: {path} set {received:?}");
            }
        }
    }
}

#[actix_web::test]
async fn attributes_fit_the_scheme_of_the_frontend() {
    for (origin, path, expected) in [
        ("http://localhost:8080", "/backend/cross-site-cookie", "a=1; HttpOnly; SameSite=Lax; Path=/backend"),
        ("http://localhost:8080", "/backend/partitioned-cookie", "a=1; SameSite=Lax; Path=/backend"),
        ("http://localhost:8080", "/backend/context-cookie", "a=1; Path=/backend"),
        ("http://localhost:8080", "/backend/host-cookie", ""),
        (
            "https://app.example.com",
            "/backend/partitioned-cookie",
            "a=1; SameSite=None; Path=/backend; Secure; Partitioned",
        ),
    ] {
        let setup = UpstreamSetup::start_with(&[("FRONTEND_ORIGIN", origin)]).await;

        let answer = Visitor::new().get(&setup.url(path)).await;

        assert_eq!(answer.header("set-cookie"), expected, "{path} on {origin}");
    }
}

#[actix_web::test]
async fn a_context_path_is_the_prefix() {
    let setup = UpstreamSetup::start().await;
    let mut visitor = Visitor::new();

    visitor.get(&setup.url("/backend/context-cookie")).await;
    let echoed = received(&mut visitor, Method::GET, &setup.url("/backend/echo"), &[]).await;

    assert_eq!(header_values(&echoed, "cookie"), ["a=1"]);
    assert_eq!(header_values(&echoed, "x-forwarded-prefix"), ["/backend"]);
}

#[actix_web::test]
async fn redirects_lead_to_public_urls() {
    let setup = UpstreamSetup::start().await;

    for (path, location) in [
        ("/backend/moved", "/backend/here"),
        ("/backend/prefixed", "/backend/here"),
        ("/backend/absolute", "http://localhost:8080/backend/home"),
        ("/backend/elsewhere", "https://idp.example/authorize"),
    ] {
        Visitor::new().get(&setup.url(path)).await.assert_redirect(302, location);
    }
}

#[actix_web::test]
async fn a_redirect_outside_of_the_target_is_explained() {
    let setup = UpstreamSetup::start().await;
    let mut visitor = Visitor::new();
    let url = setup.url("/backend/outside");

    let answer = visitor.get(&url).await;
    let page = visitor.send(visitor.request(Method::GET, &url).header("accept", "text/html")).await;
    let created = visitor.get(&setup.url("/backend/created")).await;

    answer.assert_error(502, "bad_redirect");
    page.assert_status(502);
    assert!(page.text.contains("<html") && !page.text.contains("secret"), "{}", page.text);
    created.assert_status(201);
    assert_eq!(created.header("location"), "", "not a redirect, and nothing is there");
}

#[actix_web::test]
async fn links_and_refreshes_lead_to_public_urls() {
    let setup = UpstreamSetup::start().await;

    let answer = Visitor::new().get(&setup.url("/backend/links")).await;

    assert_eq!(answer.header("link"), "</backend/next?page=2>; rel=next");
    assert_eq!(answer.header("refresh"), "5; url=/backend/later");
    assert_eq!(answer.header("content-location"), "/backend/links.en");
}

#[actix_web::test]
async fn caching_is_left_to_the_upstream() {
    let setup = UpstreamSetup::start().await;
    let mut visitor = Visitor::new();

    let asset = visitor.get(&setup.url("/backend/asset")).await;
    let cached = visitor.get(&setup.url("/backend/links")).await;
    let failed = visitor.get(&setup.url("/dead/x")).await;

    assert!(!asset.headers.contains_key("cache-control"), "{:?}", asset.headers);
    assert_eq!(cached.header("cache-control"), "max-age=60");
    assert_eq!(failed.header("cache-control"), "no-store");
}
