//! `POST /api/token` (RFC 8693): which requests are answered, and what the access tokens contain.

use std::collections::BTreeSet;

use auth_service::{
    domain::{Actor, Frontend, FrontendOrigin},
    frontends::{FrontendRegistry, RegistryAuthor},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use drawbridge_core::clock::{Clock, SystemClock};
use reqwest::{Method, Url};
use secrecy::ExposeSecret;
use serde_json::Value;
use tests::{Answer, FrontendServer, Visitor, WEB_FRONTEND_KEY};

use crate::helpers::TestApp;

const SHOP: &str = "https://shop.example.com";
const FORM: &str = "application/x-www-form-urlencoded";

/// The parameters that every exchange needs, except for the subject token.
const USUAL: [(&str, &str); 3] = [
    ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
    ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
    ("audience", "orders"),
];

/// A registered frontend with the audience `orders`, and a user who has signed in.
struct Shop {
    url: String,
    server: FrontendServer,
    ada: Visitor,
}

impl Shop {
    async fn register(app: &TestApp) -> Self {
        let registry = FrontendRegistry::new(&app.config.master_secret);
        let frontend = Frontend {
            name: "shop".parse().unwrap(),
            origins: vec![FrontendOrigin::parse_site(SHOP).unwrap()],
            audiences: vec!["orders".parse().unwrap()],
            session_audience: None,
            address_header: None,
        };
        let add = move |c: &mut _| {
            let author = RegistryAuthor { actor: &Actor::operator(), now: SystemClock.now() };
            registry.add(c, &frontend, author).unwrap()
        };
        let key = app.query(add).await;
        Self {
            url: app.url("/api/token"),
            server: FrontendServer::new(key.expose().expose_secret(), SHOP),
            ada: app.signed_in("ada@example.com").await,
        }
    }

    fn session_token(&self) -> String {
        self.ada.cookie("token").unwrap().to_owned()
    }

    /// Exchanges a token with the usual parameters.
    async fn exchange(&mut self, subject_token: &str) -> Answer {
        self.send(&[&USUAL[..], &[("subject_token", subject_token)]].concat()).await
    }

    async fn send(&mut self, parameters: &[(&str, &str)]) -> Answer {
        let mut form = Url::parse("form:").unwrap();
        form.query_pairs_mut().extend_pairs(parameters);
        self.server.send(Method::POST, &self.url, FORM, form.query().unwrap()).await
    }
}

/// The claims of a token.
fn claims_of(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

fn access_claims(answer: &Answer) -> Value {
    answer.assert_status(200);
    claims_of(answer.json()["access_token"].as_str().unwrap())
}

#[actix_web::test]
async fn an_access_token_has_the_claims_of_rfc_9068() {
    for app in TestApp::on_both().await {
        let mut shop = Shop::register(&app).await;
        let session_token = shop.session_token();

        let first = access_claims(&shop.exchange(&session_token).await);
        let second = access_claims(&shop.exchange(&session_token).await);

        let session = claims_of(&session_token);
        assert_eq!((&first["sub"], &first["sid"]), (&session["sub"], &session["sid"]));
        assert_eq!((&first["aud"], &first["client_id"]), (&"orders".into(), &"shop".into()));
        let names =
            |claims: &Value| -> BTreeSet<String> { claims.as_object().unwrap().keys().cloned().collect() };
        let common = BTreeSet::from(["iss", "aud", "sub", "sid", "iat", "exp"].map(str::to_owned));
        let added: Vec<_> = names(&first).difference(&common).cloned().collect();
        assert_eq!(names(&session), common, "a session token has no other claims");
        assert_eq!(added, ["client_id", "jti"]);
        let ids = [&first, &second].map(|claims| claims["jti"].as_str().unwrap().to_owned());
        assert!(ids[0] != ids[1] && ids.iter().all(|id| id.len() == 22), "{ids:?}");
    }
}

#[actix_web::test]
async fn web_frontend_is_named_in_its_access_tokens() {
    for app in TestApp::on_both().await {
        let mut shop = Shop::register(&app).await;
        shop.server = FrontendServer::new(WEB_FRONTEND_KEY, "http://localhost:8080");
        let session_token = shop.session_token();

        let claims = access_claims(&shop.exchange(&session_token).await);

        assert_eq!(claims["client_id"], "web-frontend");
    }
}

/// A request that differs from the usual one.
struct Case {
    name: &'static str,
    without: &'static str,
    with: &'static [(&'static str, &'static str)],
    /// `code` and `error`; `None` if the token is issued.
    expected: Option<(&'static str, &'static str)>,
}

const fn case(
    name: &'static str,
    without: &'static str,
    with: &'static [(&'static str, &'static str)],
    expected: Option<(&'static str, &'static str)>,
) -> Case {
    Case { name, without, with, expected }
}

const INVALID: Option<(&str, &str)> = Some(("invalid_form", "invalid_request"));
const WRONG_TARGET: Option<(&str, &str)> = Some(("invalid_audience", "invalid_target"));
const WRONG_SCOPE: Option<(&str, &str)> = Some(("invalid_form", "invalid_scope"));
const WRONG_GRANT: Option<(&str, &str)> = Some(("invalid_form", "unsupported_grant_type"));
const WRONG_SUBJECT: Option<(&str, &str)> = Some(("invalid_token", "invalid_request"));

const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
const JWT: &str = "urn:ietf:params:oauth:token-type:jwt";

const CASES: &[Case] = &[
    case("the usual request", "", &[], None),
    case("an unknown parameter", "", &[("prompt", "none"), ("prompt", "login")], None),
    case("no grant type", "grant_type", &[], INVALID),
    case("another grant type", "grant_type", &[("grant_type", "client_credentials")], WRONG_GRANT),
    case("no subject token", "subject_token", &[], INVALID),
    case("an empty subject token", "subject_token", &[("subject_token", "")], INVALID),
    case("a made-up subject token", "subject_token", &[("subject_token", "a.b.c")], WRONG_SUBJECT),
    case("no subject token type", "subject_token_type", &[], INVALID),
    case(
        "another subject token type",
        "subject_token_type",
        &[("subject_token_type", ACCESS_TOKEN)],
        INVALID,
    ),
    case("no audience", "audience", &[], INVALID),
    case("an empty audience", "audience", &[("audience", "")], INVALID),
    case("a malformed audience", "audience", &[("audience", "orders, stock")], INVALID),
    case("an audience of someone else", "audience", &[("audience", "billing")], WRONG_TARGET),
    case("the audience twice", "", &[("audience", "orders")], INVALID),
    case("an empty audience as well", "", &[("audience", "")], INVALID),
    case("the grant type twice", "", &[USUAL[0]], INVALID),
    case("a resource", "", &[("resource", "https://orders.example.com")], WRONG_TARGET),
    case("a resource alone", "audience", &[("resource", "https://orders.example.com")], WRONG_TARGET),
    case("an empty resource", "", &[("resource", "")], None),
    case("an actor token", "", &[("actor_token", "a.b.c"), ("actor_token_type", JWT)], INVALID),
    case("an actor token type alone", "", &[("actor_token_type", JWT)], INVALID),
    case("a scope", "", &[("scope", "openid")], WRONG_SCOPE),
    case("an empty scope", "", &[("scope", "")], None),
    case("the type of access tokens", "", &[("requested_token_type", ACCESS_TOKEN)], None),
    case("another type", "", &[("requested_token_type", JWT)], INVALID),
    case("an empty type", "", &[("requested_token_type", "")], None),
    case(
        "the type twice",
        "",
        &[("requested_token_type", ACCESS_TOKEN), ("requested_token_type", ACCESS_TOKEN)],
        INVALID,
    ),
];

#[actix_web::test]
async fn a_wrong_parameter_is_refused_with_400() {
    for app in TestApp::on_both().await {
        let mut shop = Shop::register(&app).await;
        let session_token = shop.session_token();

        for Case { name, without, with, expected } in CASES {
            let usual = [&USUAL[..], &[("subject_token", session_token.as_str())]].concat();
            let kept = usual.into_iter().filter(|(parameter, _)| parameter != without);
            let parameters: Vec<_> = kept.chain(with.iter().copied()).collect();

            let answer = shop.send(&parameters).await;

            let body = answer.json();
            let refusal = body["code"].as_str().zip(body["error"].as_str());
            assert_eq!(answer.status, if expected.is_some() { 400 } else { 200 }, "{name}: {}", answer.text);
            assert_eq!(refusal, *expected, "{name}");
        }
    }
}

#[actix_web::test]
async fn another_body_than_a_form_is_refused_with_400() {
    for app in TestApp::on_both().await {
        let mut shop = Shop::register(&app).await;
        for (case, content_type, body) in
            [("JSON", "application/json", "{}"), ("no content", FORM, ""), ("no name", FORM, "=&=&=")]
        {
            let answer = shop.server.send(Method::POST, &shop.url, content_type, body).await;

            assert_eq!(answer.status_and_code(), (400, "invalid_form".into()), "{case}");
            assert_eq!(answer.json()["error"], "invalid_request", "{case}");
        }
    }
}

#[actix_web::test]
async fn a_subject_token_that_is_refused_is_an_invalid_request() {
    for app in TestApp::on_both().await {
        let mut shop = Shop::register(&app).await;
        let session_token = shop.session_token();
        let issued = shop.exchange(&session_token).await.json();
        let access_token = issued["access_token"].as_str().unwrap();

        let second_exchange = shop.exchange(access_token).await;
        shop.ada.post(&app.url("/api/logout")).await.assert_status(200);
        let after_the_end = shop.exchange(&session_token).await;
        shop.server.key.push('x');
        let with_wrong_key = shop.exchange(&session_token).await;

        for (answer, status, code, error) in [
            (second_exchange, 400, "invalid_token", "invalid_request"),
            (after_the_end, 400, "session_revoked", "invalid_request"),
            (with_wrong_key, 401, "invalid_proof", "invalid_client"),
        ] {
            assert_eq!(answer.status_and_code(), (status, code.into()), "{}", answer.text);
            assert_eq!(answer.json()["error"], error, "{code}");
        }
    }
}
