//! Whom auth-service takes a request to be from, behind a frontend and a gateway before that.

use reqwest::Method;
use serde_json::json;
use tests::{Stack, Visitor};

async fn fail_to_sign_in(origin: &str, note: &str, proof: Option<&str>) {
    let mut visitor = Visitor::new();
    let request =
        visitor.request(Method::POST, &format!("{origin}/api/login")).header("x-forwarded-for", note);
    let request = match proof {
        Some(proof) => request.header("x-drawbridge-proxy", proof),
        None => request,
    };
    let body = json!({"email": "nobody@example.com", "password": "correct horse battery"});
    let answer = visitor.send(request.json(&body)).await;
    assert_eq!(answer.status, 401, "{}", answer.text);
}

#[tokio::test]
async fn clients_behind_one_frontend_stay_apart_and_nobody_invents_an_address() {
    let stack = Stack::three_programs_with(|name, settings| {
        settings.insert("LOG", "info".into());
        if name == "web-frontend" {
            settings.insert("TRUSTED_PROXIES", "127.0.0.1".into());
        }
    });
    for client in 1..=20 {
        // What the client itself has written stands before what the gateway noted.
        let note = format!("198.51.100.99, 203.0.113.{client}");
        fail_to_sign_in(&stack.frontend, &note, None).await;
    }
    fail_to_sign_in(&stack.auth, "198.51.100.7", None).await;
    fail_to_sign_in(&stack.auth, "198.51.100.8", Some("v1.1800000000.AAAA.198.51.100.8")).await;
    let log = stack.log();
    for client in 1..=20 {
        let line = format!("client=203.0.113.{client} ");
        assert_eq!(log.matches(&line).count(), 1, "{line}: {log}");
    }
    assert_eq!(log.matches("client=127.0.0.1 ").count(), 2, "{log}");
    assert!(!log.contains("198.51.100."), "{log}");
}
