//! What happens to real people on the way through the sign-in pages: double clicks, restored tabs, applications that
//! redirect elsewhere, and other programs on the same host.

use std::{
    io::{Read, Write},
    net::TcpListener,
    thread,
    time::{Duration, Instant},
};

use fantoccini::{
    Locator,
    actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction},
};
use tests::{Browser, Deployment, Layout, Mailbox, PASSWORD, Pages, Scripts, Service};

use crate::person::{Person, SUBMIT};

const EMAIL: &str = "ada@example.com";

/// Clicks an element twice, with this pause in between.
async fn click_twice(browser: &Browser, css: &str, pause: Duration) {
    let element = browser.client.wait().for_element(Locator::Css(css)).await.unwrap();
    let to_element = PointerAction::MoveToElement { element, duration: None, x: 0.0, y: 0.0 };
    let down = || PointerAction::Down { button: MOUSE_BUTTON_LEFT };
    let up = || PointerAction::Up { button: MOUSE_BUTTON_LEFT };
    let mouse = MouseActions::new("mouse".to_owned())
        .then(to_element)
        .then(down())
        .then(up())
        .then(PointerAction::Pause { duration: pause })
        .then(down())
        .then(up());
    browser.client.perform_actions(mouse).await.unwrap();
}

async fn fill_credentials(browser: &Browser) {
    browser.fill("#email", EMAIL).await;
    browser.fill("#password", PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_click_signs_up_and_in_once() {
    for layout in Layout::ON_EACH_DATABASE {
        for pause in [Duration::from_millis(50), Duration::from_millis(200), Duration::from_millis(400)] {
            let deployment = Deployment::builder()
                .layout(layout)
                .setting_for(Service::Auth, "BCRYPT_COST", "12")
                .setting_for(Service::Auth, "SESSIONS_PER_USER", "1")
                .start();
            let ada = Person::with_chromium(&deployment).await;

            ada.opens("/register").await;
            fill_credentials(&ada.browser).await;
            click_twice(&ada.browser, SUBMIT, pause).await;
            ada.browser.wait_for_path("/login").await;
            ada.sees_message("Your account is ready").await;

            ada.browser.fill("#password", PASSWORD).await;
            click_twice(&ada.browser, SUBMIT, pause).await;
            ada.is_signed_in(EMAIL).await;
            // A later answer would replace the cookie.
            tokio::time::sleep(Duration::from_secs(1)).await;
            ada.goes_to("/private").await;
            ada.is_signed_in(EMAIL).await;

            ada.browser.close().await;
            deployment.assert_no_panic();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn restored_tabs_show_five_forms() {
    let deployment = Deployment::builder().one_process().start();
    let ada = Person::with_chromium(&deployment).await;
    let client = &ada.browser.client;

    for page in ["/private", "/account", "/account/sessions", "/account/data", "/private"] {
        let tab = client.new_window(true).await.unwrap();
        client.switch_to_window(tab.handle).await.unwrap();
        ada.goes_to(page).await;
        ada.browser.wait_for_path(&format!("/login?next={page}")).await;
        client.find(Locator::Css("#password")).await.unwrap();
    }

    ada.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_program_with_the_same_cookie_is_named() {
    let deployment = Deployment::builder().one_process().start();
    let email = deployment.registered("ada").await;
    let ada = Person::with_chromium(&deployment).await;
    let other = start_program_with_same_cookie();

    for _ in 0..3 {
        ada.goes_to("/private").await;
        ada.browser.wait_for_path("/login?next=/private").await;
        ada.submits(&[("email", &email), ("password", PASSWORD)]).await;
        ada.browser.wait_for_path("/private").await;
        ada.browser.client.goto(&other).await.unwrap();
    }
    let shown = loop {
        ada.goes_to("/private").await;
        let shown = ada.browser.text("main").await;
        if shown.contains("COOKIE_NAME") {
            break shown;
        }
        ada.browser.wait_for_path("/login?next=/private").await;
    };

    assert!(shown.contains("another program on localhost"), "{shown}");
    ada.browser.click("main a[href='/login?next=/private']").await;
    ada.submits(&[("email", &email), ("password", PASSWORD)]).await;
    ada.is_signed_in(&email).await;
    ada.browser.close().await;
}

/// Starts a program that answers every request with this status line and header. Returns its port.
fn start_program(status_and_header: &str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = format!("HTTP/1.1 {status_and_header}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 8192]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

/// Starts another program on this host, whose cookie has the name of the session cookie. Returns its URL.
pub(crate) fn start_program_with_same_cookie() -> String {
    let port = start_program("200 OK\r\nset-cookie: token=s%3Aj2.dGhlIG90aGVy; Path=/; HttpOnly");
    format!("http://localhost:{port}/")
}

/// Starts an application that redirects every request to `target`, as the start of a single sign-on does.
fn start_redirecting_application(target: &str) -> String {
    format!("http://127.0.0.1:{}", start_program(&format!("302 Found\r\nlocation: {target}")))
}

/// Waits until the browser has left for this URL.
async fn wait_for_url(browser: &Browser, url: &str) {
    let started = Instant::now();
    loop {
        let shown = browser.client.current_url().await.unwrap();
        if shown.as_str() == url {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(10), "at {shown} instead of {url}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_leads_to_an_application_that_redirects_elsewhere() {
    let elsewhere = Pages::start("<h1>The identity provider</h1>");
    let target = format!("http://127.0.0.1:{}/start?state=1", elsewhere.port);
    let application = start_redirecting_application(&target);
    let deployment = Deployment::builder()
        .one_process()
        .setting_for(Service::Frontend, "UPSTREAMS", format!("/backend={application}"))
        .start();
    deployment.registered("ada").await;

    for scripts in [Scripts::On, Scripts::Off] {
        let browser = Browser::start(scripts).await;
        let page = format!("{}/login?next=/backend/elsewhere", deployment.frontend);
        browser.client.goto(&page).await.unwrap();
        fill_credentials(&browser).await;
        browser.click(SUBMIT).await;

        wait_for_url(&browser, &target).await;
        browser.client.back().await.unwrap();
        browser.client.goto(&format!("{}/private", deployment.frontend)).await.unwrap();
        assert_eq!(browser.text("dd#email").await, EMAIL, "{scripts:?}");
        browser.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailed_link_leads_to_the_wanted_page() {
    let mailbox = Mailbox::start();
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder()
            .layout(layout)
            .mail(&mailbox)
            .setting_for(Service::Auth, "EMAIL_VERIFICATION", "true")
            .start();
        let email = format!("{layout:?}@example.com").to_lowercase();
        let ada = Person::with_chromium(&deployment).await;
        ada.opens("/register?next=/account/sessions").await;
        ada.submits(&[("email", &email), ("password", PASSWORD)]).await;
        ada.browser.wait_for_path("/register/sent").await;
        let link = mailbox.next_to(&email).await.link("/confirm-address");
        ada.browser.close().await;

        // The mail may be read on another device.
        let ada = Person::with_chromium(&deployment).await;
        ada.browser.client.goto(link.as_str()).await.unwrap();
        ada.submits(&[("current", PASSWORD)]).await;

        ada.browser.wait_for_path("/account/sessions").await;
        ada.browser.close().await;
    }
}
