//! What an upstream learns while a part of the deployment is unreachable. verify-service plays the backend: it
//! identifies the user by the access token alone.

use reqwest::Method;
use serde_json::json;
use tests::{Answer, Deployment, Service, Visitor};

fn start() -> Deployment {
    Deployment::builder().setting("UPSTREAMS", "/backend={verify} audience=backend").start()
}

/// Asks the backend who is signed in.
async fn ask_backend(deployment: &Deployment, visitor: &mut Visitor) -> Answer {
    let url = format!("{}/backend/api/verify", deployment.frontend);
    let request = visitor.request(Method::POST, &url).header("origin", &deployment.frontend);
    visitor.send(request.json(&json!({"audience": "backend"}))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_of_auth_service_ends_nothing_at_an_upstream() {
    let deployment = start();
    let mut ada = deployment.signed_in("ada").await;
    ask_backend(&deployment, &mut ada).await.assert_status(200);

    deployment.process(Service::Auth).signal("KILL");

    for _ in 0..5 {
        ask_backend(&deployment, &mut ada).await.assert_status(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_ends_is_refused_at_an_upstream() {
    let deployment = start();
    let mut ada = deployment.signed_in("ada").await;
    ask_backend(&deployment, &mut ada).await.assert_status(200);
    let token = ada.cookie("token").unwrap().to_owned();

    ada.post(&format!("{}/api/logout", deployment.frontend)).await.assert_status(200);
    ada.set_cookie("token", &token);
    let answer = ask_backend(&deployment, &mut ada).await;

    assert_eq!(
        answer.status_and_code(),
        (403, "missing_token".into()),
        "no token is sent for an ended session"
    );
}
