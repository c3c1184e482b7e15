//! Proofs of version 2, with which frontends say who they are.

use std::net::{IpAddr, Ipv4Addr};

use auth_service::{
    domain::{Actor, Frontend, FrontendOrigin},
    frontends::{FrontendRegistry, RegistryAuthor},
    limits::Rate,
};
use chrono::{DateTime, TimeDelta, Utc};
use drawbridge_core::{
    clock::{Clock, SystemClock},
    frontend_key::{FrontendKey, FrontendKeyKind},
    random::Random,
};
use drawbridge_http::{forwarded, proof::Prover, proxy_identity::PROXY_IDENTITY};
use reqwest::{Client, Method, Request, RequestBuilder, header::HeaderValue};
use serde_json::{Value, json};
use tests::{Answer, PASSWORD, Visitor, WEB_FRONTEND_KEY, credentials};

use crate::helpers::{TestApp, TestDatabase};

const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

const SHOP: &str = "https://shop.example.com";

const ACCEPTED_PROOFS: &str = r#"drawbridge_proxy_proofs_total{result="accepted"}"#;
const REFUSED_PROOFS: &str = r#"drawbridge_proxy_proofs_total{result="refused"}"#;

/// A program with a key, and the visitor for whom it sends requests.
struct KeyHolder {
    prover: Prover,
    /// The origin that it acts for.
    origin: Option<&'static str>,
    /// The address of the visitor.
    address: Option<IpAddr>,
    visitor: Visitor,
}

impl KeyHolder {
    fn web_frontend() -> Self {
        Self::new(&FrontendKey::parse(WEB_FRONTEND_KEY.to_owned().into()).unwrap())
    }

    /// A program that acts for no origin.
    fn new(key: &FrontendKey) -> Self {
        Self { prover: Prover::new(key), origin: None, address: Some(CLIENT), visitor: Visitor::new() }
    }

    fn acting_for(self, origin: &'static str) -> Self {
        Self { origin: Some(origin), ..self }
    }

    fn without_address(self) -> Self {
        Self { address: None, ..self }
    }

    /// A request with a proof made at `now`.
    fn prove(&self, method: Method, url: &str, body: Option<&Value>, now: DateTime<Utc>) -> Request {
        let request = self.visitor.request(method, url).header(forwarded::LANGUAGE, "de");
        let request =
            self.origin.iter().fold(request, |request, origin| request.header(forwarded::ORIGIN, *origin));
        let request = body.iter().fold(request, RequestBuilder::json);
        let mut request = request.build().unwrap();
        self.prover.sign(&mut request, now, Random.bytes(), self.address);
        request
    }

    fn prove_post(&self, app: &TestApp, path: &str, body: &Value) -> Request {
        self.prove(Method::POST, &app.url(path), Some(body), SystemClock.now())
    }

    async fn send(&mut self, request: Request) -> Answer {
        let (client, _): (Client, _) = self.visitor.request(Method::GET, "http://localhost").build_split();
        self.visitor.send(RequestBuilder::from_parts(client, request)).await
    }

    async fn post(&mut self, app: &TestApp, path: &str, body: &Value) -> Answer {
        let request = self.prove_post(app, path, body);
        self.send(request).await
    }

    async fn log_in(&mut self, app: &TestApp, email: &str) -> Answer {
        self.post(app, "/api/login", &credentials(email, PASSWORD)).await
    }
}

/// Registers a frontend whose platform names clients in a header, and returns its key.
async fn register_shop(app: &TestApp) -> FrontendKey {
    register_shop_with(app, Some("x-real-ip")).await
}

async fn register_shop_with(app: &TestApp, address_header: Option<&str>) -> FrontendKey {
    let registry = FrontendRegistry::new(&app.config.master_secret);
    let frontend = Frontend {
        name: "shop".parse().unwrap(),
        origins: vec![FrontendOrigin::parse_site(SHOP).unwrap()],
        audiences: Vec::new(),
        session_audience: None,
        address_header: address_header.map(|header| header.parse().unwrap()),
    };
    let add = move |c: &mut _| {
        let author = RegistryAuthor { actor: &Actor::operator(), now: SystemClock.now() };
        registry.add(c, &frontend, author).unwrap()
    };
    app.query(add).await
}

#[actix_web::test]
async fn web_frontend_gets_token_and_device_in_the_body() {
    for app in TestApp::on_both().await {
        app.register("ada@example.com", PASSWORD).await;
        let mut web_frontend = KeyHolder::web_frontend();

        let answer = web_frontend.log_in(&app, "ada@example.com").await;

        answer.assert_status(200);
        assert!(answer.json()["token"].is_string() && answer.json()["device"].is_string(), "{}", answer.text);
        assert_eq!((app.metric(ACCEPTED_PROOFS).await, app.metric(REFUSED_PROOFS).await), (1, 0));
        let sessions = web_frontend.visitor.get(&app.url("/api/sessions")).await.json();
        assert_eq!(sessions["data"]["sessions"][0]["address"], CLIENT.to_string(), "{sessions}");
    }
}

#[actix_web::test]
async fn a_replayed_renewal_is_refused() {
    for app in TestApp::on_both().await {
        app.register("ada@example.com", PASSWORD).await;
        let mut web_frontend = KeyHolder::web_frontend();
        web_frontend.log_in(&app, "ada@example.com").await.assert_status(200);
        let first = web_frontend.prove_post(&app, "/api/refresh", &json!({}));
        let replayed = first.try_clone().unwrap();
        let second = web_frontend.prove_post(&app, "/api/refresh", &json!({}));

        web_frontend.send(first).await.assert_status(200);
        let answer = web_frontend.send(replayed).await;

        answer.assert_error(401, "proof_replayed");
        assert!(answer.json().get("token").is_none(), "{}", answer.text);
        web_frontend.send(second).await.assert_status(200);
    }
}

#[actix_web::test]
async fn only_one_of_many_concurrent_replays_is_accepted() {
    for app in TestApp::on_both().await {
        let web_frontend = KeyHolder::web_frontend();
        let request =
            web_frontend.prove_post(&app, "/api/register", &credentials("ada@example.com", PASSWORD));

        let replays = (0..8).map(|_| {
            let request = request.try_clone().unwrap();
            actix_web::rt::spawn(async move { KeyHolder::web_frontend().send(request).await })
        });
        let answers = futures_util::future::join_all(replays.collect::<Vec<_>>()).await;

        let mut codes: Vec<_> = answers.into_iter().map(|answer| answer.unwrap().status_and_code()).collect();
        codes.sort_unstable();
        assert_eq!(codes[0].0, 201, "{codes:?}");
        assert!(codes[1..].iter().all(|code| *code == (401, "proof_replayed".to_owned())), "{codes:?}");
    }
}

#[actix_web::test]
async fn a_read_may_be_repeated() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;
    app.register("ada@example.com", PASSWORD).await;
    let mut web_frontend = KeyHolder::web_frontend();
    web_frontend.log_in(&app, "ada@example.com").await.assert_status(200);
    let request = web_frontend.prove(Method::GET, &app.url("/api/me"), None, SystemClock.now());

    for _ in 0..2 {
        web_frontend.send(request.try_clone().unwrap()).await.assert_status(200);
    }
}

#[actix_web::test]
async fn a_proof_of_another_time_is_refused() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;
    app.register("ada@example.com", PASSWORD).await;
    let mut web_frontend = KeyHolder::web_frontend();
    let body = credentials("ada@example.com", PASSWORD);

    for (shift, status) in [(-20, 200), (20, 200), (-40, 401), (40, 401)] {
        let now = SystemClock.now() + TimeDelta::seconds(shift);
        let request = web_frontend.prove(Method::POST, &app.url("/api/login"), Some(&body), now);

        let answer = web_frontend.send(request).await;

        assert_eq!(answer.status, status, "{shift} s: {}", answer.text);
        if status == 401 {
            answer.assert_error(401, "invalid_proof");
            assert!(answer.text.contains("Synchronize the clocks"), "{shift} s: {}", answer.text);
        }
    }
    assert_eq!(app.metric(REFUSED_PROOFS).await, 2);
}

type RequestChange = fn(&mut Request);

#[actix_web::test]
async fn a_changed_request_is_refused() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;
    app.register("ada@example.com", PASSWORD).await;
    let mut web_frontend = KeyHolder::web_frontend();
    let changes: [(&str, RequestChange); 7] = [
        ("body", |request| *request.body_mut() = Some(r#"{"email":"a@b.example","password":"x"}"#.into())),
        ("path", |request| request.url_mut().set_path("/api/register")),
        ("query", |request| request.url_mut().set_query(Some("a=b"))),
        ("language", |request| set_header(request, forwarded::LANGUAGE, "fr")),
        ("additional header", |request| set_header(request, "x-drawbridge-device", "1")),
        ("address", |request| change_proof(request, |proof| proof.replace("203.0.113.9", "198.51.100.1"))),
        ("truncated", |request| change_proof(request, |proof| proof.replace(".203.0.113.9", ""))),
    ];

    for (case, change) in changes {
        let mut request =
            web_frontend.prove_post(&app, "/api/login", &credentials("ada@example.com", PASSWORD));
        change(&mut request);

        let answer = web_frontend.send(request).await;

        assert_eq!(answer.status_and_code(), (401, "invalid_proof".to_owned()), "{case}");
        assert!(answer.json().get("token").is_none(), "{case}");
    }
    assert_eq!(app.metric(REFUSED_PROOFS).await, changes.len() as u64);
}

fn set_header(request: &mut Request, name: &'static str, value: &str) {
    request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
}

fn change_proof(request: &mut Request, change: fn(&str) -> String) {
    let changed = change(request.headers()[PROXY_IDENTITY].to_str().unwrap());
    set_header(request, PROXY_IDENTITY, &changed);
}

#[actix_web::test]
async fn a_second_proof_does_not_hide_the_first() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;
    let mut web_frontend = KeyHolder::web_frontend();
    let mut request = web_frontend.prove_post(&app, "/api/logout", &json!({}));
    request.headers_mut().append(PROXY_IDENTITY, HeaderValue::from_static("v1"));

    web_frontend.send(request).await.assert_error(401, "invalid_proof");
}

#[actix_web::test]
async fn an_unknown_key_is_refused() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;

    for kind in FrontendKeyKind::ALL {
        let mut stranger = KeyHolder::new(&FrontendKey::generate(Random, kind)).acting_for(SHOP);

        stranger.post(&app, "/api/logout", &json!({})).await.assert_error(401, "unknown_key");
    }
}

#[actix_web::test]
async fn a_body_over_the_limit_is_refused_before_it_is_checked() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;
    let mut web_frontend = KeyHolder::web_frontend();

    let answer = web_frontend.post(&app, "/api/login", &json!({"email": "a".repeat(20_000)})).await;

    answer.assert_error(413, "payload_too_large");
}

#[actix_web::test]
async fn a_registered_frontend_signs_in_for_its_own_origin_only() {
    for app in TestApp::on_both().await {
        app.register("ada@example.com", PASSWORD).await;
        let key = register_shop(&app).await;

        let ours = KeyHolder::new(&key).acting_for(SHOP).log_in(&app, "ada@example.com").await;
        let others =
            KeyHolder::new(&key).acting_for("https://evil.example").log_in(&app, "ada@example.com").await;
        let none = KeyHolder::new(&key).log_in(&app, "ada@example.com").await;

        ours.assert_status(200);
        assert!(ours.json()["token"].is_string(), "{}", ours.text);
        others.assert_error(403, "origin_not_registered");
        none.assert_error(403, "origin_not_registered");
    }
}

#[actix_web::test]
async fn a_removed_key_is_refused() {
    for app in TestApp::on_both().await {
        app.register("ada@example.com", PASSWORD).await;
        let key = register_shop(&app).await;
        let mut shop = KeyHolder::new(&key).acting_for(SHOP);
        shop.log_in(&app, "ada@example.com").await.assert_status(200);

        let name = "shop".parse().unwrap();
        let remove = move |c: &mut _| {
            let author = RegistryAuthor { actor: &Actor::operator(), now: SystemClock.now() };
            FrontendRegistry::remove(c, &name, author)
        };
        app.query(remove).await.unwrap();

        shop.post(&app, "/api/refresh", &json!({})).await.assert_error(401, "unknown_key");
    }
}

#[actix_web::test]
async fn a_preview_key_cannot_act_for_the_site() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;
    register_shop(&app).await;
    let registry = FrontendRegistry::new(&app.config.master_secret);
    let make = move |c: &mut _| {
        let name = "shop".parse().unwrap();
        let author = RegistryAuthor { actor: &Actor::operator(), now: SystemClock.now() };
        registry.replace_key(c, &name, FrontendKeyKind::Preview, author.now, author)
    };
    let key = app.query(make).await.unwrap();

    let answer = KeyHolder::new(&key).acting_for(SHOP).post(&app, "/api/logout", &json!({})).await;

    answer.assert_error(403, "origin_not_registered");
}

#[actix_web::test]
async fn without_an_address_a_frontend_is_limited_as_a_whole() {
    let app = TestApp::start(TestDatabase::Sqlite, |config| {
        config.limits.frontend = Rate::parse("2/1h").unwrap();
    })
    .await;
    let key = register_shop(&app).await;
    let shop = || KeyHolder::new(&key).acting_for(SHOP);

    for number in 0..2 {
        let answer = shop().without_address().log_in(&app, &format!("{number}@example.com")).await;
        answer.assert_error(401, "invalid_credentials");
    }

    let third = shop().without_address().log_in(&app, "3@example.com").await;
    let signed = shop().log_in(&app, "4@example.com").await;
    third.assert_error(429, "too_many_attempts");
    signed.assert_error(401, "invalid_credentials");
}

#[actix_web::test]
async fn an_address_counts_only_if_the_platform_names_it() {
    let app = TestApp::start(TestDatabase::Sqlite, |config| {
        config.limits.frontend = Rate::parse("1/1h").unwrap();
    })
    .await;
    let key = register_shop_with(&app, None).await;
    let shop = || KeyHolder::new(&key).acting_for(SHOP);

    let first = shop().log_in(&app, "1@example.com").await;
    let second = shop().log_in(&app, "2@example.com").await;

    first.assert_error(401, "invalid_credentials");
    second.assert_error(429, "too_many_attempts");
}

#[actix_web::test]
async fn without_an_address_sessions_and_events_have_none() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;
    app.register("ada@example.com", PASSWORD).await;
    let mut web_frontend = KeyHolder::web_frontend().without_address();

    web_frontend.log_in(&app, "ada@example.com").await.assert_status(200);

    let sessions = web_frontend.visitor.get(&app.url("/api/sessions")).await.json();
    let events = web_frontend.visitor.get(&app.url("/api/activity")).await.json();
    assert_eq!(sessions["data"]["sessions"][0]["address"], Value::Null, "{sessions}");
    assert_eq!(events["data"]["events"][0]["address"], Value::Null, "{events}");
}
