//! Session renewal in the responses of guarded pages.

use std::time::{Duration, Instant};

use serde_json::Value;
use tests::Visitor;

use crate::helpers::TestApp;

const TOKEN_LIFETIME: Duration = Duration::from_secs(4);
const SESSION_LIFETIME: Duration = Duration::from_secs(9);

async fn start() -> TestApp {
    TestApp::start_with(|config| {
        config.tokens.lifetime = TOKEN_LIFETIME;
        config.tokens.session_lifetime = SESSION_LIFETIME;
    })
    .await
}

fn token(visitor: &Visitor) -> Option<String> {
    visitor.cookie("token").map(str::to_owned)
}

async fn current_session(visitor: &mut Visitor, app: &TestApp) -> Value {
    visitor.get(&app.url("/api/me")).await.json()["data"]["session"].clone()
}

/// Opens the private page repeatedly until the token changes.
async fn wait_for_renewal(visitor: &mut Visitor, app: &TestApp) {
    let first = token(visitor);
    let started = Instant::now();
    while token(visitor) == first {
        visitor.get(&app.url("/private")).await.assert_status(200);
        assert!(started.elapsed() < TOKEN_LIFETIME, "the token is not renewed");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[actix_web::test]
async fn a_new_token_is_not_renewed() {
    let app = start().await;
    let mut visitor = app.signed_in("ada@example.com").await;
    let first = token(&visitor);

    visitor.get(&app.url("/private")).await.assert_status(200);

    assert_eq!(token(&visitor), first);
}

#[actix_web::test]
async fn a_renewed_token_belongs_to_the_same_session() {
    let app = start().await;
    let mut visitor = app.signed_in("ada@example.com").await;
    let before = current_session(&mut visitor, &app).await;

    wait_for_renewal(&mut visitor, &app).await;

    let after = current_session(&mut visitor, &app).await;
    assert_eq!(after["id"], before["id"]);
    assert_eq!(after["expires_at"], before["expires_at"]);
}

#[actix_web::test]
async fn another_tab_is_renewed_by_itself() {
    let app = start().await;
    let mut visitor = app.signed_in("ada@example.com").await;
    let mut other_tab = visitor.clone();
    let first = token(&visitor);
    wait_for_renewal(&mut visitor, &app).await;

    let page = other_tab.get(&app.url("/private")).await;

    page.assert_status(200);
    assert_ne!(token(&other_tab), first);
}

#[actix_web::test]
async fn an_active_session_lasts_until_it_expires() {
    let app = start().await;
    let mut visitor = app.signed_in("ada@example.com").await;
    let started = Instant::now();

    while visitor.get(&app.url("/private")).await.status == 200 {
        assert!(started.elapsed() < 2 * SESSION_LIFETIME, "the session does not end");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    let lasted = started.elapsed().as_secs_f64();
    assert!((7.0..=10.0).contains(&lasted), "the session lasted {lasted} s");
}
