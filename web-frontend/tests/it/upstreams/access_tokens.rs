//! What an upstream can do with the access token it receives, and what it cannot.

use reqwest::Method;
use serde_json::json;
use tests::{Answer, Visitor};

use super::{
    servers::header_values,
    setup::{UpstreamSetup, received},
};

/// Sends a request with a bearer token.
async fn with_bearer(method: Method, url: &str, token: &str) -> Answer {
    let mut program = Visitor::new();
    let request = program.request(method, url).bearer_auth(token);
    program.send(request).await
}

/// Asks verify-service whether a token is valid for an audience.
async fn verify_for(setup: &UpstreamSetup, token: &str, audience: &str) -> Answer {
    let mut backend = Visitor::new();
    let url = format!("{}/api/verify", setup.app.verify);
    let request = backend.request(Method::POST, &url).bearer_auth(token);
    backend.send(request.json(&json!({ "audience": audience }))).await
}

/// The access token that the upstream receives for this visitor.
async fn access_token(setup: &UpstreamSetup, visitor: &mut Visitor) -> String {
    let echoed = received(visitor, Method::GET, &setup.url("/backend/x"), &[]).await;
    header_values(&echoed, "x-auth-token").concat()
}

#[actix_web::test]
async fn an_upstream_verifies_its_token_and_learns_of_a_sign_out() {
    let setup = UpstreamSetup::start().await;
    let mut ada = setup.app.signed_in("ada@example.com").await;
    let token = access_token(&setup, &mut ada).await;

    let valid = verify_for(&setup, &token, &setup.upstream).await;
    ada.post(&setup.app.url("/api/logout")).await.assert_status(200);
    let ended = verify_for(&setup, &token, &setup.upstream).await;

    valid.assert_status(200);
    assert_eq!(valid.json()["data"]["user"]["email"], "ada@example.com");
    assert_eq!(ended.status_and_code(), (401, "session_revoked".into()));
}

#[actix_web::test]
async fn an_access_token_opens_nothing_else() {
    let setup = UpstreamSetup::start().await;
    let mut ada = setup.app.signed_in("ada@example.com").await;
    let token = access_token(&setup, &mut ada).await;
    let at = |service: &str, path: &str| format!("{service}{path}");

    for (case, method, url) in [
        ("the account at auth-service", Method::GET, at(&setup.app.auth, "/api/me")),
        ("a renewal", Method::POST, at(&setup.app.auth, "/api/refresh")),
        ("the list of sessions", Method::GET, at(&setup.app.auth, "/api/sessions")),
        ("the account through web-frontend", Method::GET, at(&setup.frontend, "/api/me")),
        ("verification as a session", Method::POST, at(&setup.app.verify, "/api/verify")),
    ] {
        let answer = with_bearer(method, &url, &token).await;

        assert_eq!(answer.status_and_code(), (403, "invalid_token".into()), "{case}");
    }
    let page = with_bearer(Method::GET, &at(&setup.frontend, "/private"), &token).await;
    page.assert_redirect(302, "/login?next=/private");
    let nginx = with_bearer(Method::GET, &at(&setup.app.verify, "/auth-request"), &token).await;
    assert_eq!(nginx.status_and_code(), (401, "invalid_token".into()));
    let traefik = with_bearer(Method::GET, &at(&setup.app.verify, "/forward-auth"), &token).await;
    traefik.assert_redirect(302, "http://localhost:8080/login");
}

#[actix_web::test]
async fn an_access_token_does_not_end_the_session() {
    let setup = UpstreamSetup::start().await;
    let mut ada = setup.app.signed_in("ada@example.com").await;
    let token = access_token(&setup, &mut ada).await;

    with_bearer(Method::POST, &format!("{}/api/logout", setup.app.auth), &token).await;

    ada.get(&setup.app.url("/api/me")).await.assert_status(200);
}

#[actix_web::test]
async fn a_token_is_refused_at_another_audience() {
    let setup = UpstreamSetup::start().await;
    let mut ada = setup.app.signed_in("ada@example.com").await;
    let access_token = access_token(&setup, &mut ada).await;
    let session_token = ada.cookie("token").unwrap().to_owned();

    for (case, token, audience) in [
        ("an access token elsewhere", &access_token, "https://other.example.com"),
        ("an access token as the deployment's", &access_token, "http://localhost:8080"),
        ("a session token at the upstream", &session_token, setup.upstream.as_str()),
        ("a session token as the deployment's", &session_token, "http://localhost:8080"),
    ] {
        let answer = verify_for(&setup, token, audience).await;

        assert_eq!(answer.status_and_code(), (403, "invalid_token".into()), "{case}");
    }
}

#[actix_web::test]
async fn only_a_frontend_can_exchange_tokens() {
    let setup = UpstreamSetup::start().await;
    let ada = setup.app.signed_in("ada@example.com").await;
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", ada.cookie("token").unwrap()),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:jwt"),
        ("audience", setup.upstream.as_str()),
    ];

    let answer = Visitor::new().post_form(&format!("{}/api/token", setup.app.auth), &form).await;

    assert_eq!(answer.status_and_code(), (401, "proof_required".into()));
    assert_eq!(answer.json()["error"], "invalid_client");
}

#[actix_web::test]
async fn a_question_that_verify_service_does_not_understand_is_refused() {
    let setup = UpstreamSetup::start().await;
    let mut ada = setup.app.signed_in("ada@example.com").await;
    let url = format!("{}/api/verify", setup.app.verify);

    for (case, content_type, body, expected) in [
        ("a misspelled field", "application/json", r#"{"aud":"x"}"#, (422, "invalid_body")),
        ("an empty audience", "application/json", r#"{"audience":""}"#, (422, "invalid_body")),
        (
            "two questions",
            "application/json",
            r#"{"audience":"a","session_audience":"b"}"#,
            (422, "invalid_body"),
        ),
        ("an array", "application/json", r#"["x"]"#, (422, "invalid_body")),
        ("no JSON", "application/json", "audience", (400, "malformed_json")),
        ("a form", "application/x-www-form-urlencoded", "audience=x", (415, "unsupported_media_type")),
    ] {
        let request = ada.request(Method::POST, &url).header("content-type", content_type).body(body);
        let answer = ada.send(request).await;

        assert_eq!(answer.status_and_code(), (expected.0, expected.1.into()), "{case}");
    }
}
