//! The internal port: metrics, and the source of a guard that verifies by itself.

use reqwest::Method;
use tests::Visitor;

use crate::helpers::TestApp;

#[actix_web::test]
async fn a_record_costs_a_token_with_a_good_signature() {
    for app in TestApp::both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let record = format!("{}/internal/record", app.internal);
        let token = ada.cookie("token").unwrap().to_owned();
        let ask = async |token: &str| {
            let mut guard = Visitor::new();
            let request = guard.request(Method::POST, &record).bearer_auth(token);
            guard.send(request).await
        };
        let known = ask(&token).await.json();
        assert_eq!(known["record"]["email"], "ada@example.com");
        let sessions = |answer: &serde_json::Value| answer["record"]["sessions"].as_object().unwrap().len();
        assert_eq!(sessions(&known), 1);
        ada.post(&format!("{}/api/logout", app.auth)).await;
        assert_eq!(sessions(&ask(&token).await.json()), 0, "straight from the database");
        assert_eq!(Visitor::new().post(&record).await.status_and_code(), (403, "missing_token".into()));
        let broken = format!("{}x", &token[..token.len() - 1]);
        assert_eq!(ask(&broken).await.status_and_code(), (403, "invalid_token".into()));
        let public = app.url("/internal/record");
        assert_eq!(Visitor::new().post(&public).await.status, 404, "it is not for the public");
        let keys = Visitor::new().get(&format!("{}/internal/keys", app.internal)).await.json();
        assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
        assert!(keys["keys"][0].get("d").is_none(), "public halves alone");
    }
}

#[actix_web::test]
async fn metrics_tell_outcomes_layers_and_how_far_behind_it_is() {
    let [_, app] = TestApp::both().await;
    app.epoch().await;
    let mut ada = app.signed_in("ada@example.com").await;
    let near = "drawbridge_verifications_total{outcome=\"ok\",layer=\"near\"}";
    let started = std::time::Instant::now();
    let metrics = loop {
        assert_eq!(app.ask(&mut ada).await.status, 200);
        let metrics = app.metrics().await;
        if value(&metrics, near) >= 3.0 {
            break metrics;
        }
        assert!(started.elapsed().as_secs() < 10, "{metrics}");
    };
    Visitor::new().post(&app.verify).await;
    for (name, least) in [
        ("drawbridge_verifications_total{outcome=\"ok\",layer=\"shared\"}", 1.0),
        ("drawbridge_verification_seconds_count{layer=\"near\"}", 3.0),
        ("drawbridge_http_requests_total{status=\"200\"}", 4.0),
        ("drawbridge_cache_trusted{}", 1.0),
        ("drawbridge_channel_up{}", 1.0),
        ("drawbridge_cache_entries{cache=\"records\"}", 1.0),
        ("drawbridge_cache_bytes{cache=\"tokens\"}", 100.0),
        ("drawbridge_breaker_state{dependency=\"database\"}", 0.0),
        ("drawbridge_breaker_state{dependency=\"redis\"}", 0.0),
    ] {
        assert!(value(&metrics, name) >= least, "{name} in {metrics}");
    }
    let lag = value(&metrics, "drawbridge_revocation_lag_seconds{}");
    assert!((0.0..1.5).contains(&lag), "{lag}");
    let refused = "drawbridge_verifications_total{outcome=\"missing_token\",layer=\"token\"}";
    assert!(value(&app.metrics().await, refused) >= 1.0);
    let public = Visitor::new().get(&app.url("/metrics")).await;
    assert_eq!(public.status, 404, "metrics are not for the public");
}

fn value(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.map_or(f64::NEG_INFINITY, |value| value.parse().unwrap())
}
