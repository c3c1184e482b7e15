//! Signing up, in and out in a real browser, with and without scripts. A screenshot of every page, on narrow and wide
//! screens, in light and dark, is saved in `target/screenshots`.

use serde_json::json;
use tests::{Browser, Deployment, PASSWORD, Scripts};

use crate::sign_in_browser::start_program_with_same_cookie;

const EMAIL: &str = "ada@example.com";

/// A browser on the pages of a deployment.
struct Session {
    deployment: Deployment,
    browser: Browser,
}

impl Session {
    async fn start(scripts: Scripts) -> Self {
        Self { deployment: Deployment::builder().start(), browser: Browser::start(scripts).await }
    }

    async fn goto(&self, path: &str) {
        self.browser.client.goto(&format!("{}{path}", self.deployment.frontend)).await.unwrap();
    }

    async fn submit(&self, email: &str, password: &str) {
        self.browser.fill("#email", email).await;
        self.browser.fill("#password", password).await;
        self.browser.click("main form button.wide").await;
    }

    async fn sign_up(&self) {
        self.goto("/").await;
        self.browser.keep_screenshots("home").await;
        self.browser.click("a.button[href='/register']").await;
        self.browser.wait_for_path("/register").await;
        self.browser.keep_screenshots("register").await;

        self.submit("nobody", "short").await;
        assert!(self.browser.text("#email-error").await.contains("name@domain"));
        self.browser.keep_screenshots("register-error").await;

        self.submit(EMAIL, PASSWORD).await;
        self.browser.wait_for_path("/login").await;
        assert!(self.browser.text(".flash").await.contains("Your account is ready"));
    }

    async fn sign_in(&self) {
        self.goto("/private?tab=2").await;
        self.browser.wait_for_path("/login?next=/private?tab=2").await;
        self.browser.keep_screenshots("login").await;

        self.submit(EMAIL, "wrong horse").await;
        self.browser.wait_for_text("main", "Incorrect email address or password").await;
        self.browser.keep_screenshots("login-error").await;

        self.browser.fill("#password", PASSWORD).await;
        self.browser.click("main form button.wide").await;
        self.browser.wait_for_path("/private?tab=2").await;
        assert_eq!(self.browser.text("#email").await, EMAIL);
        self.browser.keep_screenshots("private").await;
    }

    async fn stay_signed_in(&self, scripts: Scripts) {
        let cookie = self.browser.client.get_named_cookie("token").await.unwrap();
        assert_eq!(cookie.http_only(), Some(true));
        if scripts == Scripts::On {
            let visible = self.browser.client.execute("return document.cookie", vec![]).await.unwrap();
            assert_eq!(visible, json!(""), "a script sees no cookie");
        }

        self.browser.client.refresh().await.unwrap();
        assert_eq!(self.browser.text("#email").await, EMAIL, "still signed in after a reload");

        self.goto("/login").await;
        self.browser.wait_for_path("/private").await;
        self.goto("/").await;
        self.browser.keep_screenshots("home-signed-in").await;
    }

    async fn sign_out(&self) {
        self.goto("/private").await;
        self.browser.click("#sign-out").await;
        self.browser.wait_for_path("/").await;
        assert!(self.browser.text(".flash").await.contains("signed out"));
        self.browser.keep_screenshots("signed-out").await;
    }

    /// Opens the guarded page again and again with the cookie of another program.
    async fn run_into_the_loop_page(&self) {
        self.browser.client.goto(&start_program_with_same_cookie()).await.unwrap();
        for _ in 0..3 {
            self.goto("/private").await;
            self.browser.wait_for_path("/login?next=/private").await;
        }

        self.goto("/private").await;
        assert!(self.browser.text("main").await.contains("COOKIE_NAME"), "after three redirects");
        self.browser.keep_screenshots("sent-round").await;
        self.browser.client.delete_cookie("token").await.unwrap();
    }

    async fn close(self) {
        self.browser.close().await;
        self.deployment.assert_no_panic();
    }
}

async fn sign_up_in_and_out(scripts: Scripts) {
    let session = Session::start(scripts).await;

    session.sign_up().await;
    session.sign_in().await;
    session.stay_signed_in(scripts).await;
    session.sign_out().await;
    session.run_into_the_loop_page().await;

    for (path, name) in [("/logout", "logout"), ("/nowhere", "not-found")] {
        session.goto(path).await;
        session.browser.keep_screenshots(name).await;
    }
    session.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_with_scripts_signs_up_in_and_out() {
    sign_up_in_and_out(Scripts::On).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_without_scripts_signs_up_in_and_out() {
    sign_up_in_and_out(Scripts::Off).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_signs_in_and_the_guard_sees_its_cookie() {
    let deployment = Deployment::builder().one_process().start();
    let email = deployment.registered("grace").await;
    let browser = Browser::start(Scripts::On).await;
    browser.client.goto(&format!("{}/health/live", deployment.frontend)).await.unwrap();

    let credentials = tests::credentials(&email, PASSWORD);
    let (status, answer) = browser.fetch("POST", "/api/login", Some(credentials)).await;

    assert_eq!(status, 200, "{answer}");
    assert!(!answer.to_string().contains("eyJ"), "a script sees no token: {answer}");
    browser.client.goto(&format!("{}/private", deployment.frontend)).await.unwrap();
    assert_eq!(browser.text("#email").await, email);
    browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_shows_an_error_page() {
    let session = Session::start(Scripts::Off).await;
    let email = session.deployment.registered("ada").await;
    session.goto("/private").await;
    session.submit(&email, PASSWORD).await;
    session.browser.wait_for_path("/private").await;

    session.deployment.process(tests::Service::Verify).signal("KILL");
    session.goto("/private").await;

    session.browser.wait_for_path("/private").await;
    assert_eq!(session.browser.text(".badge").await, "503");
    session.browser.keep_screenshots("outage").await;
    let cookie = session.browser.client.get_named_cookie("token").await;
    assert!(cookie.is_ok(), "the browser still has the cookie");
    session.browser.close().await;
}
