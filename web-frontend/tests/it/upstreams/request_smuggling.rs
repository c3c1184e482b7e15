//! No request can make an upstream read the next request as its body.

use std::time::Duration;

use reqwest::Method;
use tests::Visitor;
use tokio::io::AsyncWriteExt;

use super::{
    raw_http::{connect, read_head},
    servers::RawServer,
};
use crate::helpers::TestApp;

#[actix_web::test]
async fn a_missing_body_does_not_swallow_the_next_request() {
    let app = TestApp::start().await;
    let upstream = RawServer::start_hasty().await;
    let frontend = app.start_frontend(&[("UPSTREAMS", &format!("/backend={}/v1", upstream.url))]);
    let attacks = ["foo", "websocket", "h2c"]
        .into_iter()
        .flat_map(|upgrade| ["GET", "POST"].map(|method| attack(method, upgrade)));

    for attack in attacks {
        let mut stream = connect(&frontend).await;
        stream.write_all(attack.as_bytes()).await.unwrap();
        // The upstream may wait for a body that never arrives.
        let answer = tokio::time::timeout(Duration::from_millis(300), read_head(&mut stream)).await;
        for _ in 0..2 {
            let mut visitor = Visitor::new();
            let victim = visitor.request(Method::GET, &format!("{frontend}/backend/victim"));
            let victim = visitor.send(victim.header("x-pad", "DELETE /admin HTTP/1.1")).await;
            assert_eq!(victim.status, 404, "{attack}: {answer:?}");
        }
    }

    let heads = upstream.heads.lock().unwrap().clone();
    for head in &heads {
        let line = head.lines().next().unwrap();
        assert!(line.ends_with(" http/1.1") && line.contains(" /v1/"), "{head}");
        assert!(line.starts_with("get ") || line.starts_with("post "), "{head}");
    }
    let victims = heads.iter().filter(|head| head.starts_with("get /v1/victim")).count();
    assert_eq!(victims, 12, "{heads:#?}");
}

/// A request that announces a body and an upgrade, but ends after its head.
fn attack(method: &str, upgrade: &str) -> String {
    format!(
        "{method} /backend/attack HTTP/1.1\r\nhost: localhost:8080\r\nconnection: upgrade\r\n\
         upgrade: {upgrade}\r\ncontent-length: 32\r\n\r\n"
    )
}
