//! The client of the article that Drawbridge started from: a route of a Next.js application signs in at the backend,
//! keeps the token in a cookie of its own, and its middleware asks the backend about that cookie on every request.

use reqwest::Client;
use serde_json::{Value, json};
use tests::{Deployment, PASSWORD, Service};

/// What the route handler does: it forwards the credentials and reads `token` from the body.
async fn log_in(client: &Client, auth: &str) -> Value {
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let response = client.post(format!("{auth}/api/login")).json(&body).send().await.unwrap();
    response.json().await.unwrap()
}

/// What the middleware does: it sends the cookie that the browser sent to it.
async fn is_authenticated(client: &Client, verify: &str, token: &str) -> (u16, Value) {
    let request = client.post(format!("{verify}/api/verify")).header("cookie", format!("token={token}"));
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_of_the_article_works_with_a_token_in_the_body() {
    let deployment =
        Deployment::builder().setting_for(Service::Auth, "TOKEN_IN_BODY", "true").one_process().start();
    tests::register(&deployment.frontend, "ada@example.com").await;
    let client = Client::new();

    let login = log_in(&client, &deployment.auth).await;
    let token = login["token"].as_str().unwrap();
    let (status, verified) = is_authenticated(&client, &deployment.verify, token).await;
    let log_out =
        client.post(format!("{}/api/logout", deployment.auth)).header("cookie", format!("token={token}"));
    let log_out = log_out.send().await.unwrap().status();
    let (status_after, verified_after) = is_authenticated(&client, &deployment.verify, token).await;

    assert_eq!((status, &verified["authenticated"]), (200, &json!(true)));
    assert_eq!(verified["data"]["user"]["email"], "ada@example.com");
    assert_eq!(log_out, 200);
    assert_eq!((status_after, &verified_after["authenticated"]), (401, &json!(false)));
    assert!(deployment.log().contains("TOKEN_IN_BODY=true gives every client"), "{}", deployment.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_setting_the_body_has_no_token() {
    let deployment = Deployment::builder().one_process().start();
    tests::register(&deployment.frontend, "ada@example.com").await;

    let login = log_in(&Client::new(), &deployment.auth).await;

    assert_eq!(login["success"], true);
    assert!(login.get("token").is_none(), "{login}");
}
