//! The whole way in a real browser, with scripts and without. Screenshots of every page, narrow and
//! wide, light and dark, are kept in `target/screenshots`.

use serde_json::json;
use tests::{Browser, PASSWORD, Scripts, Stack};

async fn sign_up_sign_in_and_out(scripts: Scripts) {
    let stack = Stack::three_programs();
    let browser = Browser::start(scripts).await;
    let page = |path: &str| format!("{}{path}", stack.frontend);
    let email = "ada@example.com";

    browser.client.goto(&page("/")).await.unwrap();
    browser.keep_screenshots("home").await;
    browser.click("a.button[href='/register']").await;
    browser.wait_for_path("/register").await;
    browser.keep_screenshots("register").await;
    browser.fill("#email", "nobody").await;
    browser.fill("#password", "short").await;
    browser.click("main form button.wide").await;
    assert!(browser.text("#email-error").await.contains("name@domain"));
    browser.keep_screenshots("register-error").await;
    browser.fill("#email", email).await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form button.wide").await;
    browser.wait_for_path("/login").await;
    assert!(browser.text(".flash").await.contains("Your account is ready"));

    browser.client.goto(&page("/private?tab=2")).await.unwrap();
    browser.wait_for_path("/login?next=/private?tab=2").await;
    browser.keep_screenshots("login").await;
    browser.fill("#email", email).await;
    browser.fill("#password", "wrong horse").await;
    browser.click("main form button.wide").await;
    browser.wait_for_text("main", "Incorrect email address or password").await;
    browser.keep_screenshots("login-error").await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form button.wide").await;
    browser.wait_for_path("/private?tab=2").await;
    assert_eq!(browser.text("#email").await, email);
    browser.keep_screenshots("private").await;

    let cookie = browser.client.get_named_cookie("token").await.unwrap();
    assert_eq!(cookie.http_only(), Some(true));
    if scripts == Scripts::On {
        let visible = browser.client.execute("return document.cookie", vec![]).await.unwrap();
        assert_eq!(visible, json!(""), "a script sees no cookie");
    }
    browser.client.refresh().await.unwrap();
    assert_eq!(browser.text("#email").await, email, "a reload stays inside");
    browser.client.goto(&page("/login")).await.unwrap();
    browser.wait_for_path("/private").await;
    browser.client.goto(&page("/")).await.unwrap();
    browser.keep_screenshots("home-signed-in").await;

    browser.client.goto(&page("/private")).await.unwrap();
    browser.click("#sign-out").await;
    browser.wait_for_path("/").await;
    assert!(browser.text(".flash").await.contains("signed out"));
    browser.keep_screenshots("signed-out").await;
    browser.client.goto(&page("/private")).await.unwrap();
    browser.wait_for_path("/login?next=/private").await;
    for _ in 0..2 {
        browser.client.goto(&page("/private")).await.unwrap();
        browser.wait_for_path("/login?next=/private").await;
    }
    browser.client.goto(&page("/private")).await.unwrap();
    assert!(browser.text("h1").await.contains("does not arrive"), "after three redirects");
    browser.keep_screenshots("sent-round").await;
    browser.client.goto(&page("/logout")).await.unwrap();
    browser.keep_screenshots("logout").await;
    browser.client.goto(&page("/nowhere")).await.unwrap();
    browser.keep_screenshots("not-found").await;
    browser.close().await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn with_scripts() {
    sign_up_sign_in_and_out(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_scripts() {
    sign_up_sign_in_and_out(Scripts::Off).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_signs_in_and_the_guard_sees_its_cookie() {
    let stack = Stack::one_process();
    let email = stack.registered("grace").await;
    let browser = Browser::start(Scripts::On).await;
    browser.client.goto(&format!("{}/health/live", stack.frontend)).await.unwrap();
    let call = "const done = arguments[arguments.length - 1]; \
        fetch(arguments[0], {method: 'POST', headers: {'content-type': 'application/json'}, body: arguments[1]}) \
        .then(r => r.text().then(t => done([r.status, t])), e => done([0, String(e)]))";
    let body = json!({"email": email, "password": PASSWORD}).to_string();
    let answer = browser.client.execute_async(call, vec![json!("/api/login"), json!(body)]).await.unwrap();
    assert_eq!(answer[0], 200, "{answer}");
    assert!(!answer[1].as_str().unwrap().contains("eyJ"), "a script sees no token: {answer}");
    browser.client.goto(&format!("{}/private", stack.frontend)).await.unwrap();
    assert_eq!(browser.text("#email").await, email);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_is_a_page_that_says_so() {
    let stack = Stack::three_programs();
    let email = stack.registered("ada").await;
    let browser = Browser::start(Scripts::Off).await;
    let private = format!("{}/private", stack.frontend);
    browser.client.goto(&private).await.unwrap();
    browser.fill("#email", &email).await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form button.wide").await;
    browser.wait_for_path("/private").await;
    stack.processes()[1].signal("KILL");
    browser.client.goto(&private).await.unwrap();
    browser.wait_for_path("/private").await;
    assert_eq!(browser.text(".badge").await, "503");
    browser.keep_screenshots("outage").await;
    assert!(browser.client.get_named_cookie("token").await.is_ok(), "the cookie is still there");
    browser.close().await;
}
