//! web-frontend renews an access token when half of its lifetime has passed, so that an outage of auth-service ends
//! nothing.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use drawbridge_core::clock::{Clock, SystemClock, TestClock};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Line, Visitor};

use super::{
    servers::{Gate, header_values, start_server},
    setup::received,
};
use crate::helpers::{TestApp, start_frontend_with_clock};

/// How long a test waits for a renewal.
const RENEWAL_WAIT: Duration = Duration::from_secs(10);

/// A signed-in visitor of a web-frontend whose clock does not move.
struct RenewalSetup {
    app: TestApp,
    clock: Arc<TestClock>,
    /// Between web-frontend and auth-service.
    line: Line,
    url: String,
    audience: String,
    ada: Visitor,
}

impl RenewalSetup {
    async fn start() -> Self {
        let clock = TestClock::at(SystemClock.now());
        let app = TestApp::start_with_clock(clock.clone(), |_| {}).await;
        let (line, auth) = Line::to(&app.auth);
        let audience = start_server(Gate::default());
        let upstreams = format!("/backend={audience}/v1");
        let settings = [("UPSTREAMS", upstreams.as_str())];
        let frontend = start_frontend_with_clock(&auth, &app.verify, &settings, clock.clone());
        let ada = app.signed_in("ada@example.com").await;
        Self { app, clock, line, url: format!("{frontend}/backend/x"), audience, ada }
    }

    /// The status and the access token that the upstream receives; no token is empty.
    async fn ask(&mut self) -> (String, String) {
        let echoed = received(&mut self.ada, Method::GET, &self.url, &[]).await;
        let value = |name: &str| header_values(&echoed, name).concat();
        (value("x-auth-status"), value("x-auth-token"))
    }

    /// The access token of a visitor who is signed in.
    async fn token(&mut self) -> String {
        let (status, token) = self.ask().await;
        assert_eq!(status, "signed-in", "{token} at {}", self.clock.now());
        token
    }

    async fn assert_valid(&self, token: &str) {
        let mut backend = Visitor::new();
        let url = format!("{}/api/verify", self.app.verify);
        let request = backend.request(Method::POST, &url).bearer_auth(token);
        backend.send(request.json(&json!({"audience": self.audience}))).await.assert_status(200);
    }

    /// Sends requests until one carries another access token, and returns that.
    async fn wait_for_another_token(&mut self, first: &str) -> String {
        let started = Instant::now();
        loop {
            let (_, token) = self.ask().await;
            if !token.is_empty() && token != first {
                return token;
            }
            assert!(started.elapsed() < RENEWAL_WAIT, "the access token is not renewed");
        }
    }
}

/// The claims of a token.
fn claims(token: &str) -> Value {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&claims).unwrap()
}

/// How long a token is valid after it was issued.
fn lifetime(token: &str) -> TimeDelta {
    let claims = claims(token);
    TimeDelta::seconds(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap())
}

#[actix_web::test]
async fn a_token_is_kept_for_half_of_its_lifetime() {
    let mut setup = RenewalSetup::start().await;
    let first = setup.token().await;

    setup.clock.advance(lifetime(&first) / 2 - TimeDelta::seconds(1));

    for _ in 0..5 {
        assert_eq!(setup.token().await, first);
    }
}

#[actix_web::test]
async fn a_token_past_half_of_its_lifetime_is_renewed() {
    let mut setup = RenewalSetup::start().await;
    let first = setup.token().await;

    setup.clock.advance(lifetime(&first) / 2);
    let next = setup.token().await;
    let renewed = setup.wait_for_another_token(&first).await;

    assert_eq!(next, first, "a request does not wait for the renewal");
    setup.assert_valid(&next).await;
    setup.assert_valid(&renewed).await;
    let gained = claims(&renewed)["exp"].as_i64().unwrap() - claims(&first)["exp"].as_i64().unwrap();
    assert_eq!(TimeDelta::seconds(gained), lifetime(&first) / 2);
}

#[actix_web::test]
async fn without_auth_service_a_token_is_used_until_it_expires() {
    let mut setup = RenewalSetup::start().await;
    let first = setup.token().await;
    setup.line.cut();

    // `expires_in` is in whole seconds, so web-frontend may drop the token a second early.
    for step in [lifetime(&first) / 2, lifetime(&first) / 2 - TimeDelta::seconds(2)] {
        setup.clock.advance(step);
        assert_eq!(setup.token().await, first);
        assert_eq!(setup.token().await, first);
    }
    setup.clock.advance(TimeDelta::seconds(2));
    let expired = setup.ask().await;
    setup.line.restore();
    let renewed = setup.wait_for_another_token(&first).await;

    assert_eq!(expired, ("unknown".to_owned(), String::new()));
    setup.assert_valid(&renewed).await;
}
