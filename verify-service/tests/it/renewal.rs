//! Tokens that are renewed for gateways when they are past half their lifetime.

use std::time::{Duration, Instant};

use tests::Visitor;

use crate::helpers::TestApp;

/// Past half the lifetime of [`TestApp::renewing`].
const HALF_LIFETIME: Duration = Duration::from_millis(2100);

fn token(visitor: &Visitor) -> String {
    visitor.cookie("token").unwrap().to_owned()
}

#[actix_web::test]
async fn a_token_is_renewed_past_half_its_lifetime() {
    let app = TestApp::renewing().await;
    let mut ada = app.signed_in("ada@example.com").await;
    let first = token(&ada);

    let early = app.ask_as_gateway(&mut ada, "/auth-request", &[]).await;
    tokio::time::sleep(HALF_LIFETIME).await;
    let late = app.ask_as_gateway(&mut ada, "/auth-request", &[]).await;

    assert_eq!(early.status, 200, "{}", early.text);
    assert_eq!(early.header("set-cookie"), "");
    assert_eq!(late.status, 200, "{}", late.text);
    assert_ne!(token(&ada), first);
    assert_eq!(app.verify(&mut ada).await.status, 200, "the new token is refused");
}

#[actix_web::test]
async fn a_session_is_renewed_only_once_in_a_while() {
    let app = TestApp::renewing().await;
    let mut ada = app.signed_in("ada@example.com").await;
    let mut other_tab = ada.clone();
    tokio::time::sleep(HALF_LIFETIME).await;

    app.ask_as_gateway(&mut ada, "/auth-request", &[]).await;
    let answer = app.ask_as_gateway(&mut other_tab, "/forward-auth", &[]).await;

    assert_eq!(answer.status, 200, "the old token is refused: {}", answer.text);
    assert_eq!(answer.header("set-cookie"), "");
    assert!(app.metrics().await.contains("drawbridge_renewals_total{} 1\n"));
}

#[actix_web::test]
async fn a_request_with_a_renewal_counts_as_one_verification() {
    let app = TestApp::renewing().await;
    let mut ada = app.signed_in("ada@example.com").await;
    let first = token(&ada);
    let half_lifetime = Instant::now() + HALF_LIFETIME;
    let from_memory = "drawbridge_verifications_total{outcome=\"ok\",layer=\"near\"} 2\n";
    while !app.metrics().await.contains(from_memory) {
        assert_eq!(app.verify(&mut ada).await.status, 200);
        assert!(Instant::now() < half_lifetime, "the token is not verified from memory");
    }
    tokio::time::sleep(half_lifetime.saturating_duration_since(Instant::now())).await;

    let before = verifications(&app.metrics().await);
    let answer = app.ask_as_gateway(&mut ada, "/auth-request", &[]).await;
    let after = verifications(&app.metrics().await);

    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_ne!(token(&ada), first, "the token is not renewed");
    assert_eq!(after - before, 1);
}

fn verifications(metrics: &str) -> u64 {
    let lines = metrics.lines().filter(|line| line.starts_with("drawbridge_verifications_total{"));
    lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap()).sum()
}
