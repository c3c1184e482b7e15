//! Kinds of tokens.

use std::sync::Arc;

use auth_service::{
    domain::{Actor, Frontend, FrontendOrigin},
    frontends::{FrontendRegistry, RegistryAuthor},
    signing_keys::{IssuedToken, KeyVault, TokenSigner, TokenSubject},
};
use chrono::TimeDelta;
use drawbridge_core::{
    audience::Audience,
    clock::{Clock, SystemClock},
    metrics::Metrics,
    settings::Timeouts,
};
use drawbridge_database::{Access, Database};
use jsonwebtoken::decode_header;
use reqwest::Method;
use secrecy::ExposeSecret;
use serde_json::Value;
use tests::{FrontendServer, Visitor, WEB_FRONTEND_KEY};

use crate::helpers::{TestApp, TestDatabase};

/// Signs an access token for the session of a visitor.
async fn access_token(app: &TestApp, visitor: &mut Visitor, audience: &str) -> IssuedToken {
    let data: Value = visitor.get(&app.url("/api/me")).await.json()["data"].clone();
    let url = app.config.database_url.clone();
    let database = Database::new(url, Access::Own, Timeouts::default(), &Metrics::new());
    let vault = Arc::new(KeyVault::new(&app.config.master_secret));
    let signer = TokenSigner::new(vault, database, Arc::new(SystemClock), &app.config.tokens);
    let subject = TokenSubject {
        user: serde_json::from_value(data["user"]["id"].clone()).unwrap(),
        session: serde_json::from_value(data["session"]["id"].clone()).unwrap(),
        session_expires_at: SystemClock.now() + TimeDelta::days(30),
    };
    signer.issue_access(subject, &audience.parse::<Audience>().unwrap(), "shop").await.unwrap()
}

/// A visitor who has only this token.
fn holder_of(token: &str) -> Visitor {
    let mut visitor = Visitor::new();
    visitor.set_cookie("token", token);
    visitor
}

#[actix_web::test]
async fn a_session_from_before_the_upgrade_goes_on() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        // Session tokens used to have the type of access tokens, and the deployment's audience.
        let own_audience = app.config.tokens.parties.audience.clone();
        let old = access_token(&app, &mut ada, &own_audience).await;
        assert_eq!(decode_header(old.text.expose_secret()).unwrap().typ.as_deref(), Some("at+jwt"));
        let mut before = holder_of(old.text.expose_secret());

        before.get(&app.url("/api/me")).await.assert_status(200);
        before.post(&app.url("/api/refresh")).await.assert_status(200);

        let renewed = decode_header(before.cookie("token").unwrap()).unwrap();
        assert_eq!(renewed.typ.as_deref(), Some("drawbridge-session+jwt"));
    }
}

#[actix_web::test]
async fn an_access_token_does_not_open_the_account() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let token = access_token(&app, &mut ada, "https://api.example.com").await;
        let mut backend = holder_of(token.text.expose_secret());

        for path in ["/api/me", "/api/account", "/api/sessions", "/api/me/export", "/api/activity"] {
            let answer = backend.get(&app.url(path)).await;
            assert_eq!(answer.status_and_code(), (403, "invalid_token".into()), "{path}");
        }
        let renewal = backend.post(&app.url("/api/refresh")).await;
        assert_eq!(renewal.status_and_code(), (403, "invalid_token".into()));
        let end = backend.post(&app.url("/api/logout")).await;
        assert_eq!(end.status_and_code(), (403, "invalid_token".into()));
        ada.get(&app.url("/api/me")).await.assert_status(200);
    }
}

#[actix_web::test]
async fn an_access_token_outlives_twice_the_grace() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;
    let mut ada = app.signed_in("ada@example.com").await;

    let token = access_token(&app, &mut ada, "https://api.example.com").await;

    let lifetime = token.expires_at - SystemClock.now();
    assert!(lifetime > TimeDelta::minutes(9) && lifetime <= TimeDelta::minutes(10), "{lifetime}");
}

/// Registers a frontend whose sessions have the audience `shops`.
async fn register_shop(app: &TestApp) {
    let registry = FrontendRegistry::new(&app.config.master_secret);
    let frontend = Frontend {
        name: "shop".parse().unwrap(),
        origins: vec![FrontendOrigin::parse_site("https://shop.example.com").unwrap()],
        audiences: Vec::new(),
        session_audience: Some("shops".parse().unwrap()),
        address_header: None,
    };
    let add = move |c: &mut _| {
        let author = RegistryAuthor { actor: &Actor::operator(), now: SystemClock.now() };
        registry.add(c, &frontend, author).map(drop).unwrap();
    };
    app.query(add).await;
}

#[actix_web::test]
async fn no_access_token_has_the_audience_of_sessions() {
    for app in TestApp::on_both().await {
        let ada = app.signed_in("ada@example.com").await;
        register_shop(&app).await;
        let own_audience = app.config.tokens.parties.audience.clone();
        let mut web_frontend = FrontendServer::new(WEB_FRONTEND_KEY, &own_audience);

        for (case, audience, expected) in [
            ("an upstream", "backend", None),
            ("sessions of a frontend", "shops", Some("invalid_target")),
            ("sessions of the deployment", &own_audience, Some("invalid_target")),
        ] {
            let form = format!(
                "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token={}\
                 &subject_token_type=urn:ietf:params:oauth:token-type:jwt&audience={audience}",
                ada.cookie("token").unwrap()
            );
            let content_type = "application/x-www-form-urlencoded";
            let answer = web_frontend.send(Method::POST, &app.url("/api/token"), content_type, &form).await;

            assert_eq!(answer.status, if expected.is_some() { 400 } else { 200 }, "{case}: {}", answer.text);
            assert_eq!(answer.json()["error"].as_str(), expected, "{case}");
        }
    }
}
