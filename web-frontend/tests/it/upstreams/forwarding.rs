//! What upstreams and browsers see of each other.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Method;
use serde_json::{Value, json};
use tests::Visitor;

use super::{
    raw_http::{connect, exchange_heads},
    servers::header_values,
    setup::{UpstreamSetup, received},
};

const ORIGIN: (&str, &str) = ("origin", "http://localhost:8080");

/// The header and the claims of a token.
fn decoded(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| {
        let json = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        serde_json::from_slice(&json).unwrap_or_default()
    });
    (parts.next().unwrap(), parts.next().unwrap())
}

#[actix_web::test]
async fn the_request_arrives_below_the_target() {
    let setup = UpstreamSetup::start().await;
    let mut visitor = Visitor::new();
    let request = visitor
        .request(Method::POST, &setup.url("/backend/a%20b?c=%2F"))
        .header(ORIGIN.0, ORIGIN.1)
        .body("hello");

    let echoed = visitor.send(request).await.json();

    assert_eq!(echoed["path"], json!("/v1/a%20b?c=%2F"));
    assert_eq!(echoed["method"], json!("POST"));
    assert_eq!(echoed["body"], json!("hello"));
}

#[actix_web::test]
async fn the_session_arrives_as_an_access_token() {
    let setup = UpstreamSetup::start().await;
    let mut visitor = setup.app.signed_in("ada@example.com").await;
    visitor.set_cookie("theirs", "1");

    let echoed = received(&mut visitor, Method::GET, &setup.url("/backend/x"), &[]).await;

    let [token] = header_values(&echoed, "x-auth-token").try_into().unwrap();
    let (header, claims) = decoded(token);
    assert_eq!(header["typ"], "at+jwt");
    assert_eq!(claims["aud"], setup.upstream.as_str());
    assert_eq!(header_values(&echoed, "authorization"), [format!("Bearer {token}")]);
    assert_eq!(header_values(&echoed, "x-auth-status"), ["signed-in"]);
    assert_eq!(header_values(&echoed, "cookie"), ["theirs=1"]);
}

#[actix_web::test]
async fn a_session_token_never_reaches_an_upstream() {
    let setup = UpstreamSetup::start().await;
    let mut visitor = setup.app.signed_in("ada@example.com").await;
    let session_token = visitor.cookie("token").unwrap().to_owned();
    let bearer = format!("Bearer {session_token}");
    let url = setup.url("/backend/x");

    for (case, visitor, headers) in [
        ("as a cookie", &mut visitor, vec![]),
        ("as a bearer token", &mut Visitor::new(), vec![("authorization", bearer.as_str())]),
    ] {
        let echoed = received(visitor, Method::GET, &url, &headers).await;

        assert!(!echoed.to_string().contains(&session_token), "{case}: {echoed}");
        assert_eq!(header_values(&echoed, "x-auth-status"), ["signed-in"], "{case}");
    }
}

#[actix_web::test]
async fn an_own_authorization_arrives_beside_the_access_token() {
    let setup = UpstreamSetup::start().await;
    let mut visitor = setup.app.signed_in("ada@example.com").await;

    for own in ["Basic YTpi", "Bearer token-of-the-application"] {
        let headers = [("authorization", own)];
        let echoed = received(&mut visitor, Method::GET, &setup.url("/backend/x"), &headers).await;

        assert_eq!(header_values(&echoed, "authorization"), [own]);
        assert_eq!(header_values(&echoed, "x-auth-token").len(), 1, "{own}: {echoed}");
        assert_eq!(header_values(&echoed, "x-auth-status"), ["signed-in"], "{own}");
    }
}

#[actix_web::test]
async fn the_same_access_token_is_used_again() {
    let setup = UpstreamSetup::start().await;
    let mut visitor = setup.app.signed_in("ada@example.com").await;
    let url = setup.url("/backend/x");

    let first = received(&mut visitor, Method::GET, &url, &[]).await;
    let second = received(&mut visitor, Method::GET, &url, &[]).await;

    assert_eq!(header_values(&first, "x-auth-token"), header_values(&second, "x-auth-token"));
}

#[actix_web::test]
async fn without_a_session_there_is_no_token() {
    let setup = UpstreamSetup::start().await;
    let mut visitor = Visitor::new();
    let url = setup.url("/backend/x");

    let anonymous = received(&mut visitor, Method::GET, &url, &[]).await;
    let own_token = received(&mut visitor, Method::GET, &url, &[("authorization", "Bearer own")]).await;

    assert!(header_values(&anonymous, "authorization").is_empty(), "{anonymous}");
    assert!(header_values(&anonymous, "x-auth-token").is_empty(), "{anonymous}");
    assert_eq!(header_values(&anonymous, "x-auth-status"), ["anonymous"]);
    assert!(header_values(&anonymous, "cookie").is_empty(), "{anonymous}");
    assert_eq!(header_values(&own_token, "authorization"), ["Bearer own"], "a client may send its own token");
}

#[actix_web::test]
async fn of_two_session_cookies_the_valid_one_counts() {
    let setup = UpstreamSetup::start().await;
    let ada = setup.app.signed_in("ada@example.com").await;
    let eve = setup.app.signed_in("eve@example.com").await;
    let (adas_token, eves_token) = (ada.cookie("token").unwrap(), eve.cookie("token").unwrap());
    let mut visitor = Visitor::new();
    let url = setup.url("/backend/x");

    let planted = format!("token=planted; token={adas_token}");
    let echoed = received(&mut visitor, Method::GET, &url, &[("cookie", &planted)]).await;
    let both = format!("token={eves_token}; token={adas_token}");
    let ambiguous = visitor.send(visitor.request(Method::GET, &url).header("cookie", both)).await;

    let [token] = header_values(&echoed, "x-auth-token").try_into().unwrap();
    assert_eq!(decoded(token).1["sub"], decoded(adas_token).1["sub"]);
    assert_eq!(ambiguous.status_and_code(), (403, "invalid_token".into()));
}

#[actix_web::test]
async fn headers_of_proxies_cannot_be_forged() {
    let setup = UpstreamSetup::start().await;
    let headers = [
        ("connection", "close, x-listed"),
        ("x-listed", "1"),
        ("forwarded", "for=1.1.1.1"),
        ("x-forwarded-for", "9.9.9.9, 203.0.113.9"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-prefix", "/evil"),
        ("x-drawbridge-proxy", "v1.forged"),
    ];

    let echoed = received(&mut Visitor::new(), Method::GET, &setup.url("/backend/x"), &headers).await;

    let from_trusted_proxy = "203.0.113.9";
    assert_eq!(header_values(&echoed, "x-forwarded-for"), [from_trusted_proxy]);
    assert_eq!(header_values(&echoed, "x-forwarded-host"), ["localhost:8080"]);
    assert_eq!(header_values(&echoed, "x-forwarded-prefix"), ["/backend"]);
    assert_eq!(header_values(&echoed, "x-forwarded-proto"), ["http"]);
    for name in ["x-listed", "forwarded", "x-drawbridge-proxy"] {
        assert!(header_values(&echoed, name).is_empty(), "{name}: {echoed}");
    }
}

#[actix_web::test]
async fn upstream_and_client_see_the_same_request_id() {
    let setup = UpstreamSetup::start().await;

    let answer = Visitor::new().get(&setup.url("/backend/x")).await;

    assert_eq!(header_values(&answer.json(), "x-request-id"), [answer.header("x-request-id")]);
}

#[actix_web::test]
async fn an_upstreams_cookies_are_confined_to_its_path() {
    let setup = UpstreamSetup::start().await;

    let answer = Visitor::new().get(&setup.url("/backend/x")).await;

    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["cart=7; Path=/backend"], "and it cannot set the session cookie");
}

#[actix_web::test]
async fn an_unreachable_upstream_is_an_outage() {
    let setup = UpstreamSetup::start().await;

    let answer = Visitor::new().get(&setup.url("/dead/x")).await;

    assert_eq!(answer.status_and_code(), (503, "unavailable".into()));
    assert!(answer.headers.contains_key("retry-after"));
}

#[actix_web::test]
async fn cross_site_requests_are_refused() {
    let setup = UpstreamSetup::start().await;
    let mut visitor = Visitor::new();
    let request = visitor
        .request(Method::POST, &setup.url("/backend/x"))
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site");

    let answer = visitor.send(request).await;

    assert_eq!(answer.status_and_code(), (403, "cross_site_request".into()));
}

#[actix_web::test]
async fn a_path_outside_of_the_target_is_refused() {
    let setup = UpstreamSetup::start().await;
    let mut stream = connect(&setup.frontend).await;

    // HTTP clients would resolve the path before they send it.
    let head = exchange_heads(&mut stream, "GET /backend/../admin HTTP/1.1\r\nhost: x\r\n\r\n").await;

    assert!(head.starts_with("http/1.1 400"), "{head}");
}
