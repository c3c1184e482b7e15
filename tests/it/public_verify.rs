//! `POST /api/verify` on the frontend's origin, for applications that cannot reach verify-service itself.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::{Answer, Deployment, FrontendServer, Layout, PASSWORD, Service, Visitor, credentials};

use crate::command::{drawbridge, succeeded};

const SHOP: &str = "https://shop.example.com";

/// Registers a frontend with sessions of its own and returns its key.
fn add_shop(deployment: &Deployment) -> String {
    let audiences = ["--session-audience", "shops", "--audience", "orders"];
    let add = ["frontend", "add", "shop", "--origin", SHOP];
    let added = drawbridge(deployment, &[&add[..], &audiences[..]].concat(), "");
    succeeded(&added);
    String::from_utf8(added.stdout).unwrap().trim().to_owned()
}

/// Signs in through the shop, which calls everything on the frontend's origin. Returns the session token.
async fn sign_in_at_shop(deployment: &Deployment, key: &str) -> String {
    deployment.registered("grace").await;
    let mut server = FrontendServer::new(key, SHOP);
    let url = format!("{}/api/login", deployment.frontend);
    let answer = server.post_json(&url, &credentials("grace@example.com", PASSWORD)).await;
    answer.assert_status(200);
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// The shop's access token for its orders, exchanged on the frontend's origin.
async fn access_token(deployment: &Deployment, key: &str, session_token: &str) -> String {
    let mut server = Visitor::new();
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", session_token),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("audience", "orders"),
    ];
    let request = server.request(Method::POST, &format!("{}/api/token", deployment.frontend));
    let request = tests::with_form(with_key(request, key), &form);
    let answer = server.send(request).await;
    answer.assert_status(200);
    answer.json()["access_token"].as_str().unwrap().to_owned()
}

fn with_key(request: RequestBuilder, key: &str) -> RequestBuilder {
    request.header("x-drawbridge-key", key).header("x-drawbridge-origin", SHOP)
}

/// A request for verification: what is in `Cookie` and `Authorization`, and the body.
struct Question<'a> {
    name: &'static str,
    cookie: Option<&'a str>,
    bearer: Option<&'a str>,
    body: Option<Value>,
    expected: (u16, &'static str),
}

impl Question<'_> {
    async fn ask(&self, service: &str, key: Option<&str>) -> Answer {
        let mut visitor = Visitor::new();
        let mut request = visitor.request(Method::POST, &format!("{service}/api/verify"));
        if let Some(cookie) = self.cookie {
            request = request.header("cookie", cookie);
        }
        if let Some(bearer) = self.bearer {
            request = request.bearer_auth(bearer);
        }
        if let Some(body) = &self.body {
            request = request.json(body);
        }
        let request = key.into_iter().fold(request, with_key);
        visitor.send(request).await
    }
}

/// The body, except for the ID of the request.
fn body(answer: &Answer) -> Value {
    let mut body = answer.json();
    body.as_object_mut().unwrap().remove("request_id");
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn the_frontends_origin_answers_like_verify_service() {
    for layout in Layout::ALL {
        let deployment = Deployment::builder().layout(layout).start();
        let ada = deployment.signed_in("ada").await;
        let session = ada.cookie("token").unwrap();
        let key = add_shop(&deployment);
        let of_shop = sign_in_at_shop(&deployment, &key).await;
        let access = access_token(&deployment, &key, &of_shop).await;
        let (one, two) = (format!("token={session}"), format!("token=planted; token={session}"));

        let question =
            |name, cookie, bearer, body, expected| Question { name, cookie, bearer, body, expected };
        let shops = Some(json!({"session_audience": "shops"}));
        let orders = Some(json!({"audience": "orders"}));
        let unknown = Some(json!({"aud": "orders"}));
        for question in [
            question("a cookie", Some(&*one), None, None, (200, "")),
            question("a planted cookie", Some(&*two), None, None, (200, "")),
            question("a cookie beside a token", Some(&*one), Some("own"), None, (200, "")),
            question("a bearer token", None, Some(session), None, (200, "")),
            question("the shop's session", None, Some(&*of_shop), shops, (200, "")),
            question("the shop's session, unasked", None, Some(&*of_shop), None, (403, "invalid_token")),
            question("an access token", None, Some(&*access), orders.clone(), (200, "")),
            question("a session as an access token", None, Some(session), orders, (403, "invalid_token")),
            question("no token", None, None, None, (403, "missing_token")),
            question("an unknown field", None, Some(session), unknown, (422, "invalid_body")),
        ] {
            let original = question.ask(&deployment.verify, None).await;
            let name = question.name;
            assert_eq!(original.status, question.expected.0, "{name}: {}", original.text);
            for key in [None, Some(key.as_str())] {
                let answer = question.ask(&deployment.frontend, key).await;
                assert_eq!(answer.status, original.status, "{name}: {}", answer.text);
                assert_eq!(body(&answer), body(&original), "{name}");
                assert_eq!(answer.header("cache-control"), original.header("cache-control"), "{name}");
                let code = answer.json()["code"].as_str().unwrap_or_default().to_owned();
                assert_eq!(code, question.expected.1, "{name}");
            }
        }
        deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_is_noticed_on_the_frontends_origin() {
    let deployment = Deployment::builder().start();
    let mut ada = deployment.signed_in("ada").await;
    let mut old = ada.clone();
    let verify = format!("{}/api/verify", deployment.frontend);
    old.post(&verify).await.assert_status(200);

    ada.post(&format!("{}/api/logout", deployment.frontend)).await.assert_status(200);
    tests::time_to_refusal(&mut old, &verify).await;

    old.post(&verify).await.assert_error(401, "session_revoked");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_sites_and_outages_learn_nothing() {
    let deployment = Deployment::builder().start();
    let mut ada = deployment.signed_in("ada").await;
    let verify = format!("{}/api/verify", deployment.frontend);

    let request = ada.request(Method::POST, &verify).header("origin", "https://evil.example");
    let cross_site = ada.send(request).await;
    let read = ada.get(&verify).await;
    deployment.process(Service::Verify).signal("KILL");
    let outage = ada.post(&verify).await;

    cross_site.assert_error(403, "cross_site_request");
    read.assert_error(405, "method_not_allowed");
    outage.assert_error(503, "unavailable");
    assert!(!outage.header("retry-after").is_empty());
    assert!(ada.cookie("token").is_some(), "the visitor keeps the cookie");
}
