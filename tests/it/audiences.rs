//! Frontends with sessions of their own.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::{Answer, Deployment, FrontendServer, Layout, PASSWORD, Visitor, credentials, register};

use crate::command::{drawbridge, succeeded};

const EMAIL: &str = "ada@example.com";

fn origin_of(name: &str) -> String {
    format!("https://{name}.example.com")
}

/// Registers a frontend and returns its server. Without a session audience, it shares that of the deployment.
fn add(deployment: &Deployment, name: &str, session_audience: Option<&str>) -> FrontendServer {
    let origin = origin_of(name);
    let mut arguments = vec!["frontend", "add", name, "--origin", &origin];
    arguments.extend(session_audience.into_iter().flat_map(|audience| ["--session-audience", audience]));
    let added = drawbridge(deployment, &arguments, "");
    succeeded(&added);
    FrontendServer::new(String::from_utf8(added.stdout).unwrap().trim(), &origin)
}

/// Signs in through a frontend, and returns the session token.
async fn sign_in(deployment: &Deployment, server: &mut FrontendServer) -> String {
    let url = format!("{}/api/login", deployment.auth);
    let answer = server.post_json(&url, &credentials(EMAIL, PASSWORD)).await;
    answer.assert_status(200);
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// Sends a request with a session token.
async fn ask(method: Method, url: &str, token: &str, body: Option<Value>) -> Answer {
    let mut visitor = Visitor::new();
    let request = visitor.request(method, url).bearer_auth(token);
    visitor.send(body.iter().fold(request, RequestBuilder::json)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_valid_only_at_frontends_that_share_its_audience() {
    let deployment = Deployment::builder().one_process().start();
    register(&deployment.auth, EMAIL).await;
    let mut shop = add(&deployment, "shop", Some("shops"));
    let mut outlet = add(&deployment, "outlet", Some("shops"));
    let mut blog = add(&deployment, "blog", Some("blog"));
    let mut news = add(&deployment, "news", None);
    let token = sign_in(&deployment, &mut shop).await;
    let me = format!("{}/api/me", deployment.auth);

    for (case, server, expected) in [
        ("its own", &mut shop, 200),
        ("one that shares the audience", &mut outlet, 200),
        ("one with another audience", &mut blog, 403),
        ("one with the deployment's audience", &mut news, 403),
    ] {
        server.visitor.set_cookie("token", &token);
        let answer = server.get(&me).await;
        assert_eq!(answer.status, expected, "{case}: {}", answer.text);
    }
    let direct = ask(Method::GET, &me, &token, None).await;
    assert_eq!(direct.status_and_code(), (403, "invalid_token".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn verifiers_accept_a_frontends_sessions_only_when_asked() {
    let deployment = Deployment::builder().one_process().start();
    register(&deployment.auth, EMAIL).await;
    let mut shop = add(&deployment, "shop", Some("shops"));
    let mut news = add(&deployment, "news", None);
    let of_shop = sign_in(&deployment, &mut shop).await;
    let of_deployment = sign_in(&deployment, &mut news).await;
    let verify = format!("{}/api/verify", deployment.verify);
    let own_audience = deployment.frontend.replace("127.0.0.1", "localhost");

    for (case, token, audience, expected) in [
        ("the shop's session, unasked", &of_shop, None, 403),
        ("the shop's session", &of_shop, Some("shops"), 200),
        ("the shop's session elsewhere", &of_shop, Some("blog"), 403),
        ("the deployment's session, unasked", &of_deployment, None, 200),
        ("the deployment's session at the shop", &of_deployment, Some("shops"), 403),
        ("the deployment's session", &of_deployment, Some(own_audience.as_str()), 200),
    ] {
        let body = audience.map(|audience| json!({"session_audience": audience}));
        let answer = ask(Method::POST, &verify, token, body).await;
        assert_eq!(answer.status, expected, "{case}: {}", answer.text);
    }
    let gateway = ask(Method::GET, &format!("{}/auth-request", deployment.verify), &of_shop, None).await;
    assert_eq!(gateway.status_and_code(), (401, "invalid_token".into()));
    let guarded = ask(Method::GET, &format!("{}/private", deployment.frontend), &of_shop, None).await;
    guarded.assert_redirect(302, "/login?next=/private");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_of_another_audience_is_not_signed_out() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        register(&deployment.auth, EMAIL).await;
        let mut shop = add(&deployment, "shop", Some("shops"));
        let mut blog = add(&deployment, "blog", Some("blog"));
        let mut news = add(&deployment, "news", None);
        let token = sign_in(&deployment, &mut shop).await;
        let [logout, me] = ["logout", "me"].map(|name| format!("{}/api/{name}", deployment.auth));
        shop.visitor.set_cookie("token", &token);

        for (case, server) in [("another audience", &mut blog), ("the deployment's audience", &mut news)] {
            server.visitor.set_cookie("token", &token);
            let answer = server.post_json(&logout, &json!({})).await;
            assert_eq!(answer.status_and_code(), (403, "invalid_token".into()), "{case}");
        }
        let direct = ask(Method::POST, &logout, &token, None).await;
        assert_eq!(direct.status_and_code(), (403, "invalid_token".into()));
        shop.get(&me).await.assert_status(200);

        shop.post_json(&logout, &json!({})).await.assert_status(200);
        shop.visitor.set_cookie("token", &token);
        shop.get(&me).await.assert_error(401, "session_revoked");
        shop.post_json(&logout, &json!({})).await.assert_status(200);
        Visitor::new().post(&logout).await.assert_status(200);
        ask(Method::POST, &logout, "no-token", None).await.assert_status(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn web_frontend_forgets_a_session_of_another_audience() {
    let deployment = Deployment::builder().one_process().start();
    register(&deployment.auth, EMAIL).await;
    let mut shop = add(&deployment, "shop", Some("shops"));
    let token = sign_in(&deployment, &mut shop).await;
    let url = |path: &str| format!("{}{path}", deployment.frontend);
    let mut script = Visitor::new();
    script.set_cookie("token", &token);
    let mut person = script.clone();

    let refused = script.post(&url("/api/logout")).await;
    let csrf = person.csrf(&url("/logout")).await;
    let signed_out = person.post_form(&url("/logout"), &[("csrf", &csrf)]).await;

    assert_eq!(refused.status_and_code(), (403, "invalid_token".into()));
    signed_out.assert_redirect(303, "/");
    assert_eq!((script.cookie("token"), person.cookie("token")), (None, None));
    shop.visitor.set_cookie("token", &token);
    shop.get(&format!("{}/api/me", deployment.auth)).await.assert_status(200);
}
