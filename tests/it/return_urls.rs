//! Returning to a registered frontend after signing in, and to no other origin.

use std::time::{Duration, Instant};

use reqwest::{Method, Url};
use serde_json::{Value, json};
use tests::{Answer, AuthenticatorApp, Deployment, FrontendServer, Layout, PASSWORD, Service, Visitor};

use crate::command::{drawbridge, succeeded};

const EMAIL: &str = "ada@example.com";
const SHOP: &str = "https://shop.example.com";
const SHOP_CART: &str = "https://shop.example.com/cart?item=1&size=m#pay";

/// URLs that look like those of the shop, or that browsers could take for another origin.
const FOREIGN_URLS: [&str; 20] = [
    "https://evil.example/",
    "https://shop.example.com.evil.example/",
    "https://evilshop.example.com/",
    "https://a.shop.example.com/",
    "https://shop.example.com:8443/",
    "http://shop.example.com/",
    "https://a.b.preview.example.com/",
    "https://preview.example.com/",
    "https://shop.example.com@evil.example/",
    "https://ada:secret@shop.example.com/",
    "javascript:alert(1)//https://shop.example.com",
    "//shop.example.com/",
    "//evil.example/",
    "/\\evil.example/",
    "https:\\\\shop.example.com\\",
    "https:shop.example.com",
    "HTTPS://EVIL.EXAMPLE/",
    "HTTP://SHOP.EXAMPLE.COM/",
    "HTTPS://SHOP.EXAMPLE.COM@EVIL.EXAMPLE/",
    "JAVASCRIPT:alert(1)//https://shop.example.com",
];

/// A deployment with the account of Ada, and the key of the frontend `shop`.
async fn start(layout: Layout) -> (Deployment, String) {
    let deployment = Deployment::builder().layout(layout).start();
    deployment.registered("ada").await;
    let development = ["--dev", "http://localhost:3000", "--preview", "*.preview.example.com"];
    let key = run(&deployment, &[&["add", "shop", "--origin", SHOP], &development[..]].concat());
    (deployment, key)
}

fn run(deployment: &Deployment, arguments: &[&str]) -> String {
    let output = drawbridge(deployment, &[&["frontend"], arguments].concat(), "");
    succeeded(&output);
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The URL of a page with `?next=`.
fn page_url(deployment: &Deployment, path: &str, next: &str) -> String {
    Url::parse_with_params(&format!("{}{path}", deployment.frontend), [("next", next)]).unwrap().into()
}

/// Where the sign-in form of a page returns to. The language form at the bottom has a field with the same name.
fn return_target(page: &Answer) -> Option<&str> {
    let is_form = |next: &&str| !next.starts_with("/login") && !next.starts_with("/register");
    page.hidden_field("next").filter(is_form)
}

/// Submits the sign-in form with `next`.
async fn submit_password(visitor: &mut Visitor, deployment: &Deployment, next: &str) -> Answer {
    let login = format!("{}/login", deployment.frontend);
    let csrf = visitor.csrf(&login).await;
    let fields = [("csrf", csrf.as_str()), ("email", EMAIL), ("password", PASSWORD), ("next", next)];
    visitor.post_form(&login, &fields).await
}

/// Adds an authenticator app to Ada's account and returns her recovery codes.
async fn add_second_factor(deployment: &Deployment) -> Vec<Value> {
    let url = |path: &str| format!("{}{path}", deployment.frontend);
    let mut ada = Visitor::new();
    ada.log_in(&deployment.frontend, EMAIL, PASSWORD).await.assert_status(200);
    let begun = ada.post_json(&url("/api/totp/begin"), &json!({})).await;
    let mut app = AuthenticatorApp::scan(begun.json()["data"]["secret"].as_str().unwrap());
    let code = app.next_code().await;
    let confirmed = ada.post_json(&url("/api/totp/confirm"), &json!({"code": code})).await;
    confirmed.assert_status(200);
    confirmed.json()["data"]["recovery_codes"].as_array().unwrap().clone()
}

/// Submits the form of the second step.
async fn submit_code(visitor: &mut Visitor, deployment: &Deployment, code: &Value) -> Answer {
    let page = format!("{}/login/second", deployment.frontend);
    let csrf = visitor.csrf(&page).await;
    visitor.post_form(&page, &[("csrf", &csrf), ("code", code.as_str().unwrap())]).await
}

/// Waits until the sign-in page no longer returns to the shop.
async fn wait_for_refusal(deployment: &Deployment) {
    let url = page_url(deployment, "/login", SHOP_CART);
    let started = Instant::now();
    while return_target(&Visitor::new().get(&url).await).is_some() {
        assert!(started.elapsed() < Duration::from_secs(4), "a removed frontend is still returned to");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_returns_to_a_registered_origin() {
    for layout in Layout::ON_EACH_DATABASE {
        let (deployment, _) = start(layout).await;

        for next in [SHOP_CART, "http://localhost:3000/cart", "https://a.preview.example.com/cart"] {
            let mut visitor = Visitor::new();
            let page = visitor.get(&page_url(&deployment, "/login", next)).await;
            let origin = Url::parse(next).unwrap().origin().ascii_serialization();
            let signed_in = submit_password(&mut visitor, &deployment, next).await;
            let again = visitor.get(&page_url(&deployment, "/login", next)).await;

            assert!(return_target(&page).is_some(), "{layout:?} {next}: {}", page.text);
            let policy = page.header("content-security-policy");
            assert!(policy.contains(&format!("form-action 'self' {origin};")), "{layout:?}: {policy}");
            signed_in.assert_redirect(303, next);
            again.assert_redirect(303, next);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_return_url_in_upper_case_is_normalized() {
    let (deployment, _) = start(Layout::OneProcess).await;

    for (next, expected) in [
        ("HTTPS://SHOP.EXAMPLE.COM/Cart?Item=1", "https://shop.example.com/Cart?Item=1"),
        ("HTTPS://shop.example.com:443", "https://shop.example.com/"),
        ("HTTPS://A.Preview.Example.Com/cart", "https://a.preview.example.com/cart"),
        ("Http://LocalHost:3000/cart", "http://localhost:3000/cart"),
    ] {
        let mut visitor = Visitor::new();
        let page = visitor.get(&page_url(&deployment, "/login", next)).await;
        let signed_in = submit_password(&mut visitor, &deployment, next).await;
        let again = visitor.get(&page_url(&deployment, "/login", next)).await;

        assert_eq!(return_target(&page), Some(expected), "{next}");
        let origin = Url::parse(expected).unwrap().origin().ascii_serialization();
        let policy = page.header("content-security-policy");
        assert!(policy.contains(&format!("form-action 'self' {origin};")), "{next}: {policy}");
        signed_in.assert_redirect(303, expected);
        again.assert_redirect(303, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_announced_preview_is_returned_to() {
    let (deployment, _) = start(Layout::OneProcess).await;
    let preview = "https://shop-git-cart-ada.vercel.app";
    let key = run(&deployment, &["preview-key", "shop"]);
    let url = format!("{}/api/frontends/preview", deployment.auth);
    let announced = FrontendServer::new(&key, preview).post_json(&url, &json!({"origin": preview})).await;
    announced.assert_status(200);

    let own = submit_password(&mut Visitor::new(), &deployment, &format!("{preview}/cart")).await;
    let other = submit_password(&mut Visitor::new(), &deployment, "https://other.vercel.app/").await;

    own.assert_redirect(303, &format!("{preview}/cart"));
    other.assert_redirect(303, "/private");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_origin_is_returned_to() {
    let (deployment, _) = start(Layout::OneProcess).await;
    let mut signed_in = Visitor::new();
    signed_in.log_in(&deployment.frontend, EMAIL, PASSWORD).await.assert_status(200);

    for next in FOREIGN_URLS {
        let mut visitor = Visitor::new();
        for path in ["/login", "/register"] {
            let page = visitor.get(&page_url(&deployment, path, next)).await;
            assert_eq!(return_target(&page), None, "{path} {next}");
            let policy = page.header("content-security-policy");
            assert!(policy.contains("form-action 'self';"), "{path} {next}: {policy}");
            let redirect = signed_in.get(&page_url(&deployment, path, next)).await;
            assert_eq!(redirect.header("location"), "/private", "{path} {next}");
        }
        let submitted = submit_password(&mut visitor, &deployment, next).await;
        assert_eq!((submitted.status, submitted.header("location")), (303, "/private"), "{next}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_step_returns_to_a_registered_origin() {
    let (deployment, _) = start(Layout::OneProcess).await;
    let codes = add_second_factor(&deployment).await;
    let mut visitor = Visitor::new();
    let mut foreign = Visitor::new();

    submit_password(&mut visitor, &deployment, SHOP_CART).await.assert_redirect(303, "/login/second");
    submit_password(&mut foreign, &deployment, FOREIGN_URLS[0]).await.assert_redirect(303, "/login/second");
    let page = visitor.get(&format!("{}/login/second", deployment.frontend)).await;
    let returned = submit_code(&mut visitor, &deployment, &codes[0]).await;
    let stayed = submit_code(&mut foreign, &deployment, &codes[1]).await;

    let policy = page.header("content-security-policy");
    assert!(policy.contains(&format!("form-action 'self' {SHOP};")), "{policy}");
    returned.assert_redirect(303, SHOP_CART);
    stayed.assert_redirect(303, "/private");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_removed_frontend_is_refused_within_seconds() {
    let (deployment, _) = start(Layout::OneProcess).await;
    let codes = add_second_factor(&deployment).await;
    let mut visitor = Visitor::new();
    submit_password(&mut visitor, &deployment, SHOP_CART).await.assert_redirect(303, "/login/second");

    run(&deployment, &["remove", "shop"]);
    wait_for_refusal(&deployment).await;
    let second_step = submit_code(&mut visitor, &deployment, &codes[0]).await;
    let signed_in = visitor.get(&page_url(&deployment, "/login", SHOP_CART)).await;

    second_step.assert_redirect(303, "/private");
    signed_in.assert_redirect(303, "/private");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_auth_service_no_other_origin_is_returned_to() {
    let (deployment, _) = start(Layout::SeparateProcesses).await;
    let mut ada = Visitor::new();
    ada.log_in(&deployment.frontend, EMAIL, PASSWORD).await.assert_status(200);
    let registered = ada.get(&page_url(&deployment, "/login", SHOP_CART)).await;
    registered.assert_redirect(303, SHOP_CART);

    deployment.process(Service::Auth).signal("KILL");
    wait_for_refusal(&deployment).await;
    let page = Visitor::new().get(&page_url(&deployment, "/login", SHOP_CART)).await;
    let redirect = ada.get(&page_url(&deployment, "/login", SHOP_CART)).await;

    page.assert_status(200);
    redirect.assert_redirect(303, "/private");
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_of_another_host_is_returned_to() {
    let (deployment, _) = start(Layout::OneProcess).await;
    let forward_auth = format!("{}/forward-auth", deployment.verify);

    for (host, expected) in
        [("shop.example.com", "https://shop.example.com/cart?item=1"), ("evil.example", "/private")]
    {
        let mut visitor = Visitor::new();
        let request = visitor.request(Method::GET, &forward_auth).header("accept", "text/html");
        let request = request.header("x-forwarded-proto", "https").header("x-forwarded-host", host);
        let refused = visitor.send(request.header("x-forwarded-uri", "/cart?item=1")).await;
        refused.assert_status(302);

        let sign_in_page = visitor.get(refused.header("location")).await;
        let next = return_target(&sign_in_page).unwrap_or_default().to_owned();
        let signed_in = submit_password(&mut visitor, &deployment, &next).await;

        signed_in.assert_redirect(303, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_web_frontend_may_list_the_origins() {
    let (deployment, key) = start(Layout::OneProcess).await;
    let url = format!("{}/api/frontends/origins", deployment.auth);

    let direct = Visitor::new().get(&url).await;
    let shop = FrontendServer::new(&key, SHOP).get(&url).await;
    let through_web_frontend =
        Visitor::new().get(&format!("{}/api/frontends/origins", deployment.frontend)).await;

    direct.assert_error(401, "proof_required");
    shop.assert_error(401, "proof_required");
    through_web_frontend.assert_error(404, "not_found");
}
