//! Bodies are streamed in both directions.

use std::time::{Duration, Instant};

use reqwest::{Body, Client, Method};

use super::setup::UpstreamSetup;

fn client() -> Client {
    Client::builder().no_proxy().build().unwrap()
}

#[actix_web::test]
async fn a_response_arrives_chunk_by_chunk() {
    let setup = UpstreamSetup::start().await;
    let mut response = client().get(setup.url("/backend/slow")).send().await.unwrap();

    let first = response.chunk().await.unwrap();
    setup.gate.open();
    let second = response.chunk().await.unwrap();
    let end = response.chunk().await.unwrap();

    assert_eq!(first.unwrap(), "first");
    assert_eq!(second.unwrap(), "second");
    assert_eq!(end, None);
}

#[actix_web::test]
async fn a_large_upload_arrives_completely() {
    let setup = UpstreamSetup::start().await;
    let body = vec![b'x'; 5_000_000];

    let response = client().put(setup.url("/backend/count")).body(body).send().await.unwrap();

    assert_eq!(response.text().await.unwrap(), "5000000");
}

#[actix_web::test]
async fn head_has_the_length_of_the_missing_body() {
    let setup = UpstreamSetup::start().await;

    for (method, expected_body) in [(Method::GET, "fixed"), (Method::HEAD, "")] {
        let request = client().request(method.clone(), setup.url("/backend/fixed"));
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-length"], "5", "{method}");
        assert_eq!(response.text().await.unwrap(), expected_body, "{method}");
    }
}

#[actix_web::test]
async fn a_slow_upload_outlasts_the_timeout() {
    let setup = UpstreamSetup::start_with(&[("UPSTREAM_TIMEOUT", "500ms")]).await;
    let chunks = futures_util::stream::unfold(0, |index| async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        (index < 6).then(|| (Ok::<_, std::io::Error>("xx"), index + 1))
    });

    let request = client().put(setup.url("/backend/count")).body(Body::wrap_stream(chunks));
    let response = request.send().await.unwrap();

    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap(), "12");
}

#[actix_web::test]
async fn an_upstream_that_falls_silent_is_given_up() {
    let setup = UpstreamSetup::start_with(&[("UPSTREAM_TIMEOUT", "500ms")]).await;
    let started = Instant::now();
    let mut response = client().get(setup.url("/backend/slow")).send().await.unwrap();

    let first = response.chunk().await.unwrap();
    let second = response.chunk().await;

    assert_eq!(first.unwrap(), "first");
    assert!(second.is_err());
    assert!(started.elapsed() < Duration::from_secs(5));
}
