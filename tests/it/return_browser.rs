//! A real browser returns to a registered frontend on another origin. Chromium applies `form-action` to the redirect
//! that answers a form, so a policy without that origin would stop it on the sign-in page.

use std::time::{Duration, Instant};

use reqwest::Url;
use tests::{Browser, Deployment, PASSWORD, Pages, Scripts};

use crate::command::{drawbridge, succeeded};

/// How long the browser may take to reach a page.
const PAGE_WAIT: Duration = Duration::from_secs(20);

/// Waits until the address bar shows `url`.
async fn wait_for_url(browser: &Browser, url: &str) {
    let started = Instant::now();
    loop {
        let shown = browser.client.current_url().await.unwrap();
        if shown.as_str() == url {
            return;
        }
        assert!(started.elapsed() < PAGE_WAIT, "at {shown} instead of {url}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Opens the sign-in page that returns to `next`.
async fn open_sign_in(browser: &Browser, deployment: &Deployment, next: &str) {
    let page = Url::parse_with_params(&format!("{}/login", deployment.frontend), [("next", next)]).unwrap();
    browser.client.goto(page.as_str()).await.unwrap();
}

async fn submit(browser: &Browser, email: &str, password: &str) {
    browser.fill("#email", email).await;
    browser.fill("#password", password).await;
    browser.click("main form button.wide").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_ends_at_the_registered_frontend() {
    let deployment = Deployment::builder().one_process().start();
    let email = deployment.registered("ada").await;
    let shop = Pages::start("<!doctype html><title>Shop</title><h1>Cart</h1>");
    let origin = format!("http://localhost:{}", shop.port);
    let arguments = ["frontend", "add", "shop", "--origin", "https://shop.example.com", "--dev", &origin];
    succeeded(&drawbridge(&deployment, &arguments, ""));
    let cart = format!("{origin}/cart?item=1&size=m#pay");

    for scripts in [Scripts::On, Scripts::Off] {
        let browser = Browser::start(scripts).await;

        open_sign_in(&browser, &deployment, &cart).await;
        submit(&browser, &email, "wrong horse").await;
        browser.wait_for_text("main", "Incorrect email address or password").await;
        submit(&browser, &email, PASSWORD).await;

        wait_for_url(&browser, &cart).await;
        assert_eq!(browser.text("h1").await, "Cart", "{scripts:?}");
        open_sign_in(&browser, &deployment, &cart).await;
        wait_for_url(&browser, &cart).await;
        browser.close().await;
    }
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_stays_if_the_origin_is_not_registered() {
    let deployment = Deployment::builder().one_process().start();
    let email = deployment.registered("ada").await;
    let evil = Pages::start("<!doctype html><title>Evil</title><h1>Evil</h1>");
    let browser = Browser::start(Scripts::On).await;

    open_sign_in(&browser, &deployment, &format!("http://localhost:{}/", evil.port)).await;
    submit(&browser, &email, PASSWORD).await;

    wait_for_url(&browser, &format!("{}/private", deployment.frontend)).await;
    browser.close().await;
}
