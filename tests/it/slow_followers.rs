//! Followers of the change feed that read slowly, nothing, or over an older version of HTTP.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::json;
use tests::{ChangeFeed, Deployment, Service, Visitor};
use tokio::net::TcpSocket;

use crate::change_feed::{add_shop, announced_version, output, with_key};

/// A follower that reads nothing, on a connection with small buffers.
struct StalledFollower(TcpStream);

impl StalledFollower {
    async fn open(origin: &str, key: &str) -> Self {
        let address = origin.strip_prefix("http://").unwrap();
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(address.parse().unwrap()).await.unwrap().into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        let head = format!("GET /api/changes HTTP/1.1\r\nhost: {address}\r\nx-drawbridge-key: {key}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        Self(stream)
    }

    /// Reads until `text` has arrived, and returns everything before it.
    fn read_until(&mut self, text: &str) -> String {
        self.0.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let (mut all, mut buffer) = (String::new(), vec![0; 64 * 1024]);
        let started = Instant::now();
        while !all.contains(text) {
            assert!(started.elapsed() < Duration::from_secs(30), "{text} does not arrive");
            let read = self.0.read(&mut buffer).unwrap();
            assert!(read > 0, "the feed ended without {text}");
            all.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
        all
    }
}

/// Announces that many users were deleted.
/// Waits until `feed` has received them, so that verify-service itself does not fall behind.
async fn announce_many(deployment: &Deployment, feed: &mut ChangeFeed, count: u32) {
    let client = redis::Client::open(deployment.redis().url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let watermark: String =
        redis::cmd("GET").arg("{drawbridge}:watermark").query_async(&mut connection).await.unwrap();
    let epoch = watermark.split(' ').next().unwrap();
    let numbers: Vec<u32> = (0..count).collect();
    let user = |number: u32| format!("01990000-0000-7000-8000-{number:012x}");
    for chunk in numbers.chunks(1000) {
        let mut pipe = redis::pipe();
        for number in chunk {
            pipe.set(format!("{{drawbridge}}:{epoch}:user:{}", user(*number)), "9\n").ignore();
        }
        pipe.exec_async(&mut connection).await.unwrap();
        announced_version(feed, &json!(user(chunk[0]))).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_that_falls_behind_receives_the_keys_again() {
    let deployment = Deployment::builder().start();
    if deployment.redis_process().is_none() {
        return;
    }
    let key = add_shop(&deployment);
    let mut ada = deployment.signed_in("ada").await;
    ada.post(&format!("{}/api/verify", deployment.frontend)).await.assert_status(200);
    let mut other = ChangeFeed::open(with_key(&deployment.verify, &key)).await;
    let mut stalled = StalledFollower::open(&deployment.verify, &key).await;
    other.wait_for("watermark").await;

    // So much that it fills every buffer on the way.
    announce_many(&deployment, &mut other, 60_000).await;
    output(&deployment, &["keys", "rotate"]);
    other.wait_for("keys").await;
    announce_many(&deployment, &mut other, 10_000).await;
    other.wait_for("watermark").await;

    let published = Visitor::new().get(&format!("{}/.well-known/jwks.json", deployment.auth)).await.json();
    let newest = published["keys"].as_array().unwrap().last().unwrap()["kid"].as_str().unwrap();
    let before = stalled.read_until(newest);
    assert!(before.matches("event: reset").count() >= 2, "the follower did not fall behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_that_reads_nothing_does_not_keep_other_feeds_open() {
    let deployment = Deployment::builder().start();
    if deployment.redis_process().is_none() {
        return;
    }
    let key = add_shop(&deployment);
    let mut ada = deployment.signed_in("ada").await;
    ada.post(&format!("{}/api/verify", deployment.frontend)).await.assert_status(200);
    let open = || StalledFollower::open(&deployment.verify, &key);
    let _stalled = [open().await, open().await, open().await];
    let mut feed = ChangeFeed::open(with_key(&deployment.verify, &key)).await;
    feed.wait_for("watermark").await;
    announce_many(&deployment, &mut feed, 60_000).await;

    output(&deployment, &["frontend", "remove", "shop"]);
    let removed_at = Instant::now();
    feed.wait_for_end().await;

    assert!(removed_at.elapsed() < Duration::from_secs(4), "{:?}", removed_at.elapsed());
    let metrics = format!("{}/metrics", deployment.internal_urls(Service::Verify)[0]);
    while !Visitor::new().get(&metrics).await.text.contains("drawbridge_change_feeds{} 0\n") {
        assert!(removed_at.elapsed() < Duration::from_secs(4), "a feed of the removed key is still open");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_an_older_http_receives_no_chunks() {
    let deployment = Deployment::builder().start();
    let key = add_shop(&deployment);

    for origin in [&deployment.verify, &deployment.frontend] {
        let mut stream = TcpStream::connect(origin.strip_prefix("http://").unwrap()).unwrap();
        let head = format!("GET /api/changes HTTP/1.0\r\nx-drawbridge-key: {key}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let answer = StalledFollower(stream).read_until("event: watermark");

        assert!(answer.starts_with("HTTP/1.0 200"), "{origin}: {answer}");
        assert!(!answer.to_lowercase().contains("transfer-encoding"), "{origin}: {answer}");
        assert!(answer.contains("\r\n\r\nevent: reset\n"), "{origin}: {answer}");
    }
}
