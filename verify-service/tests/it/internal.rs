//! The internal port: metrics, and the source of embedded guards.

use reqwest::Method;
use serde_json::Value;
use tests::{Answer, Visitor};

use crate::helpers::{TestApp, eventually};

async fn ask_for_record(app: &TestApp, token: &str) -> Answer {
    let mut guard = Visitor::new();
    let request = guard.request(Method::POST, &format!("{}/internal/record", app.internal));
    guard.send(request.bearer_auth(token)).await
}

fn session_count(answer: &Value) -> usize {
    answer.pointer("/record/sessions").and_then(Value::as_object).unwrap().len()
}

#[actix_web::test]
async fn a_record_comes_straight_from_the_database() {
    for app in TestApp::on_both().await {
        let ada = app.signed_in("ada@example.com").await;
        let token = ada.cookie("token").unwrap().to_owned();

        let before = ask_for_record(&app, &token).await.json();
        app.sign_out(ada).await;
        let after = ask_for_record(&app, &token).await.json();

        assert_eq!(before["record"]["email"], "ada@example.com");
        assert_eq!(session_count(&before), 1);
        assert_eq!(session_count(&after), 0);
    }
}

#[actix_web::test]
async fn a_record_requires_a_validly_signed_token() {
    for app in TestApp::on_both().await {
        let ada = app.signed_in("ada@example.com").await;
        let token = ada.cookie("token").unwrap();
        let forged = format!("{}x", &token[..token.len() - 1]);

        let missing = Visitor::new().post(&format!("{}/internal/record", app.internal)).await;

        assert_eq!(missing.status_and_code(), (403, "missing_token".into()));
        assert_eq!(ask_for_record(&app, &forged).await.status_and_code(), (403, "invalid_token".into()));
    }
}

#[actix_web::test]
async fn only_public_halves_of_keys_are_served() {
    for app in TestApp::on_both().await {
        app.signed_in("ada@example.com").await;

        let answer = Visitor::new().get(&format!("{}/internal/keys", app.internal)).await.json();

        let keys = answer["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 1);
        assert!(keys.iter().all(|key| key.get("d").is_none()));
    }
}

#[actix_web::test]
async fn internal_paths_do_not_exist_on_the_public_port() {
    let app = TestApp::on_sqlite().await;
    for path in ["/internal/record", "/internal/keys", "/metrics"] {
        assert_eq!(Visitor::new().get(&app.url(path)).await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn metrics_report_outcomes_layers_and_lag() {
    let app = TestApp::on_postgres().await;
    app.epoch().await;
    let mut ada = app.signed_in("ada@example.com").await;
    Visitor::new().post(&app.url("/api/verify")).await;
    let near = "drawbridge_verifications_total{outcome=\"ok\",layer=\"near\"}";
    let metrics = eventually("verifications from memory are counted", async || {
        assert_eq!(app.verify(&mut ada).await.status, 200);
        Some(app.metrics().await).filter(|metrics| value(metrics, near) >= 3.0)
    })
    .await;

    for (name, minimum) in [
        ("drawbridge_verifications_total{outcome=\"ok\",layer=\"shared\"}", 1.0),
        ("drawbridge_verifications_total{outcome=\"missing_token\",layer=\"token\"}", 1.0),
        ("drawbridge_verification_seconds_count{layer=\"near\"}", 3.0),
        ("drawbridge_http_requests_total{status=\"200\"}", 4.0),
        ("drawbridge_http_requests_total{status=\"403\"}", 1.0),
        ("drawbridge_cache_trusted{}", 1.0),
        ("drawbridge_channel_up{}", 1.0),
        ("drawbridge_cache_entries{cache=\"records\"}", 1.0),
        ("drawbridge_cache_bytes{cache=\"tokens\"}", 100.0),
        ("drawbridge_breaker_state{dependency=\"database\"}", 0.0),
        ("drawbridge_breaker_state{dependency=\"redis\"}", 0.0),
    ] {
        assert!(value(&metrics, name) >= minimum, "{name} in {metrics}");
    }
    let lag = value(&metrics, "drawbridge_revocation_lag_seconds{}");
    assert!((0.0..1.5).contains(&lag), "{lag}");
}

fn value(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(f64::NEG_INFINITY, |value| value.parse().unwrap())
}
