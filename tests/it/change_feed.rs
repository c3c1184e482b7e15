//! `GET /api/changes`: who may follow it, and what it says.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tests::{
    Answer, ChangeFeed, Deployment, FrontendServer, Layout, PostgresServer, Service, Visitor,
    WEB_FRONTEND_KEY, with_other_secret,
};

use crate::command::{drawbridge, succeeded};

const SHOP: &str = "https://shop.example.com";

pub(crate) fn output(deployment: &Deployment, arguments: &[&str]) -> String {
    let output = drawbridge(deployment, arguments, "");
    succeeded(&output);
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

pub(crate) fn add_shop(deployment: &Deployment) -> String {
    output(deployment, &["frontend", "add", "shop", "--origin", SHOP])
}

pub(crate) fn with_key(origin: &str, key: &str) -> RequestBuilder {
    Visitor::new().request(Method::GET, &format!("{origin}/api/changes")).header("x-drawbridge-key", key)
}

/// The answer to a request that must be refused. A feed would not end.
async fn refusal(request: RequestBuilder) -> Answer {
    let mut caller = Visitor::new();
    let answer = tokio::time::timeout(Duration::from_secs(10), caller.send(request));
    answer.await.unwrap_or_else(|_| panic!("the feed was opened"))
}

/// The origins at which the feed is served: verify-service's public port, web-frontend, and the internal port.
fn origins(deployment: &Deployment) -> [String; 3] {
    let (host, port) = deployment.verify.rsplit_once(':').unwrap();
    let internal = format!("{host}:{}", port.parse::<u16>().unwrap() + 1000);
    [deployment.verify.clone(), deployment.frontend.clone(), internal]
}

/// The version that the feed announces for the user.
pub(crate) async fn announced_version(feed: &mut ChangeFeed, user: &Value) -> i64 {
    loop {
        let data = feed.wait_for("user").await;
        if data["id"] == *user {
            return data["version"].as_i64().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_begins_with_a_reset_and_the_keys() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let key = add_shop(&deployment);

        for origin in &origins(&deployment) {
            let mut feed = ChangeFeed::open(with_key(origin, &key)).await;

            assert_eq!(feed.next().await.unwrap().name, "reset", "{origin}");
            let keys = feed.wait_for("keys").await;
            let published = Visitor::new().get(&format!("{}/.well-known/jwks.json", deployment.auth)).await;
            assert_eq!(keys, published.json(), "{origin}");
            let watermark = feed.wait_for("watermark").await;
            let age = watermark["time"].as_i64().unwrap() - watermark["delivered_until"].as_i64().unwrap();
            assert!((0..1500).contains(&age), "{origin}: {watermark}");
        }
        deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_is_announced_before_the_watermark_that_covers_it() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let key = add_shop(&deployment);
        let mut ada = deployment.signed_in("ada").await;
        let verified = ada.post(&format!("{}/api/verify", deployment.frontend)).await.json();
        let user = &verified["data"]["user"]["id"];
        let mut feed = ChangeFeed::open(with_key(&deployment.verify, &key)).await;
        feed.wait_for("watermark").await;

        let started = Instant::now();
        ada.post(&format!("{}/api/logout", deployment.frontend)).await.assert_status(200);
        let version = announced_version(&mut feed, user).await;

        assert!(started.elapsed() < Duration::from_millis(500), "{layout:?}: {:?}", started.elapsed());
        assert!(version > 1, "{layout:?}: {version}");
        let first = feed.wait_for("watermark").await["delivered_until"].as_i64();
        let second = feed.wait_for("watermark").await["delivered_until"].as_i64();
        assert!(second > first, "{layout:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_are_announced() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let key = add_shop(&deployment);
        let mut feed = ChangeFeed::open(with_key(&deployment.verify, &key)).await;
        let before = feed.wait_for("keys").await;
        feed.wait_for("watermark").await;

        output(&deployment, &["keys", "rotate"]);
        let after = feed.wait_for("keys").await;

        let count = |keys: &Value| keys["keys"].as_array().unwrap().len();
        assert_eq!(count(&after), count(&before) + 1, "{after}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_ends_with_its_key() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let removed = add_shop(&deployment);
        let kept = output(&deployment, &["frontend", "add", "blog", "--origin", "https://blog.example.com"]);
        let mut direct = ChangeFeed::open(with_key(&deployment.verify, &removed)).await;
        let mut forwarded = ChangeFeed::open(with_key(&deployment.frontend, &removed)).await;
        let mut other = ChangeFeed::open(with_key(&deployment.verify, &kept)).await;

        output(&deployment, &["frontend", "remove", "shop"]);
        let removed_at = Instant::now();
        direct.wait_for_end().await;
        forwarded.wait_for_end().await;

        assert!(removed_at.elapsed() < Duration::from_secs(4), "{layout:?}: {:?}", removed_at.elapsed());
        let again = refusal(with_key(&deployment.verify, &removed)).await;
        assert_eq!(again.status_and_code(), (401, "unknown_key".into()));
        other.wait_for("watermark").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_keys_and_proofs_open_the_feed() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let key = add_shop(&deployment);
        let other_checksum =
            format!("{}{}", &key[..key.len() - 1], if key.ends_with('a') { "b" } else { "a" });
        let other_secret = with_other_secret(&key);
        let ada = deployment.signed_in("ada").await;

        for origin in &origins(&deployment) {
            let url = format!("{origin}/api/changes");
            let request = || Visitor::new().request(Method::GET, &url);
            let session = ada.cookie("token").unwrap();
            for (case, request, code) in [
                ("nothing", request(), "proof_required"),
                ("a session", request().bearer_auth(session), "proof_required"),
                ("a damaged key", with_key(origin, &other_checksum), "unknown_key"),
                ("no key", with_key(origin, "shop"), "unknown_key"),
                ("another secret", with_key(origin, &other_secret), "unknown_key"),
                ("the key of web-frontend", with_key(origin, WEB_FRONTEND_KEY), "unknown_key"),
                ("two keys", with_key(origin, &key).header("x-drawbridge-key", &key), "unknown_key"),
                ("no proof", request().header("x-drawbridge-proxy", "v2.x"), "invalid_proof"),
                (
                    "two proofs",
                    request().header("x-drawbridge-proxy", "v2.x").header("x-drawbridge-proxy", "v2.x"),
                    "invalid_proof",
                ),
            ] {
                let answer = refusal(request).await;
                assert_eq!(answer.status_and_code(), (401, code.into()), "{case} at {origin}");
            }
        }
        deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proof_opens_the_feed_once() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let key = add_shop(&deployment);
        for origin in &origins(&deployment) {
            let url = format!("{origin}/api/changes?from=shop");
            let request = |proof: &str| {
                let request = Visitor::new().request(Method::GET, &url);
                request.header("x-drawbridge-origin", SHOP).header("x-drawbridge-proxy", proof)
            };
            let server = FrontendServer::new(&key, SHOP);
            let proof = server.prove("GET", &url, "");
            let for_other_path = server.prove("GET", &format!("{origin}/api/changes"), "");

            let mut feed = ChangeFeed::open(request(&proof)).await;
            feed.wait_for("watermark").await;

            let replayed = refusal(request(&proof)).await;
            assert_eq!(replayed.status_and_code(), (401, "proof_replayed".into()), "{origin}");
            let other_path = refusal(request(&for_other_path)).await;
            assert_eq!(other_path.status_and_code(), (401, "invalid_proof".into()), "{origin}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_is_at_the_path_in_the_metadata() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder()
            .layout(layout)
            .setting("APP_URL", "http://127.0.0.1:9")
            .setting("GUARDED_PATHS", "/private/*")
            .start();
        let key = add_shop(&deployment);
        let metadata = Visitor::new()
            .get(&format!("{}/.well-known/oauth-authorization-server", deployment.frontend))
            .await
            .json();
        let path = metadata["drawbridge"]["endpoints"]["changes"].as_str().unwrap();
        assert_eq!(path, "/auth/api/changes");
        let url = format!("{}{path}", deployment.frontend);
        let request = || Visitor::new().request(Method::GET, &url);
        let proof = FrontendServer::new(&key, SHOP).prove("GET", &url, "");

        for (case, request) in [
            ("key", request().header("x-drawbridge-key", &key)),
            ("proof", request().header("x-drawbridge-origin", SHOP).header("x-drawbridge-proxy", proof)),
        ] {
            let mut feed = ChangeFeed::open(request).await;
            assert_eq!(feed.next().await.unwrap().name, "reset", "{case}");
            feed.wait_for("watermark").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_record_that_may_be_remembered_is_named() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let mut ada = deployment.signed_in("ada").await;
        let url = format!("{}/api/verify", deployment.verify);
        let ask = async |visitor: &mut Visitor, body: Value| {
            let request = visitor.request(Method::POST, &url).json(&body);
            let answer = visitor.send(request).await;
            answer.assert_status(200);
            answer.json()["data"].clone()
        };

        let asked = ask(&mut ada, json!({"with_record": true})).await;
        let unasked = ask(&mut ada, json!({})).await;

        assert!(asked["record"]["version"].as_i64().unwrap() >= 1, "{asked}");
        assert_eq!(unasked.get("record"), None);
        assert_eq!(asked["session"], unasked["session"]);
        assert_eq!(asked["user"], unasked["user"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_known_record_must_not_be_remembered() {
    let Some(postgres) = PostgresServer::start_own() else { return };
    let deployment = Deployment::builder().database(postgres.fresh_database()).start();
    let ada = deployment.signed_in("ada").await;
    let verify = async || {
        let mut visitor = ada.clone();
        let request = visitor.request(Method::POST, &format!("{}/api/verify", deployment.verify));
        visitor.send(request.json(&json!({"with_record": true}))).await
    };
    assert!(verify().await.json()["data"]["record"].is_object());

    // Without the database, no watermark is raised, and nothing newer can be known.
    postgres.kill();
    let started = Instant::now();
    let mut answer = verify().await;
    while answer.json()["data"]["record"].is_object() {
        assert!(started.elapsed() < Duration::from_secs(10), "{}", answer.text);
        answer = verify().await;
    }

    answer.assert_status(200);
    assert!(answer.json()["data"]["user"].is_object(), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_is_reset_when_changes_may_be_missing() {
    let mut deployment = Deployment::builder().start();
    if deployment.redis_process().is_none() {
        return;
    }
    let key = add_shop(&deployment);
    let mut feed = ChangeFeed::open(with_key(&deployment.verify, &key)).await;
    assert_eq!(feed.next().await.unwrap().name, "reset");
    feed.wait_for("watermark").await;

    deployment.redis_process().unwrap().signal("KILL");
    deployment.redis_mut().restart();

    feed.wait_for("reset").await;
    feed.wait_for("watermark").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_ends_its_feeds() {
    let deployment = Deployment::builder().start();
    let key = add_shop(&deployment);
    for (service, origin) in
        [(Service::Frontend, &deployment.frontend), (Service::Verify, &deployment.verify)]
    {
        let mut feed = ChangeFeed::open(with_key(origin, &key)).await;
        feed.wait_for("watermark").await;

        let started = Instant::now();
        deployment.process(service).signal("TERM");
        feed.wait_for_end().await;

        assert!(started.elapsed() < Duration::from_secs(15), "{service:?}: {:?}", started.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_without_a_record_in_the_cache_is_announced() {
    let deployment = Deployment::builder().start();
    if deployment.redis_process().is_none() {
        return;
    }
    let key = add_shop(&deployment);
    let mut ada = deployment.signed_in("ada").await;
    let verified = ada.post(&format!("{}/api/verify", deployment.frontend)).await.json();
    let user = &verified["data"]["user"]["id"];
    let mut feed = ChangeFeed::open(with_key(&deployment.verify, &key)).await;
    feed.wait_for("watermark").await;

    let client = redis::Client::open(deployment.redis().url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let pattern = format!("{{drawbridge}}:*:user:{}", user.as_str().unwrap());
    let keys: Vec<String> = redis::cmd("KEYS").arg(pattern).query_async(&mut connection).await.unwrap();
    // Another version of a service has written what this one cannot read.
    redis::cmd("SET").arg(&keys[0]).arg("unreadable").exec_async(&mut connection).await.unwrap();

    let version = deployment.count("SELECT version FROM users").await;
    assert_eq!(announced_version(&mut feed, user).await, version);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_get_opens_a_feed() {
    let deployment = Deployment::builder().start();
    let key = add_shop(&deployment);

    for origin in &origins(&deployment) {
        for method in [Method::HEAD, Method::POST] {
            let request = Client::new().request(method.clone(), format!("{origin}/api/changes"));
            let answer = request.header("x-drawbridge-key", &key).send().await.unwrap();
            assert_eq!(answer.status(), 405, "{method} {origin}");
            assert_eq!(answer.headers()["allow"], "GET", "{method} {origin}");
        }
    }
}
