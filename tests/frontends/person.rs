use std::time::{Duration, Instant};

use fantoccini::wd::WindowHandle;
use serde_json::Value;
use tests::{Browser, PASSWORD};

/// The button that submits the form of one of Drawbridge's pages.
const SUBMIT: &str = "main form button.button";

/// How long a script may take until its condition holds. Development servers compile pages on demand.
const SCRIPT_TIMEOUT: Duration = Duration::from_secs(30);

/// A user at a browser, on the pages of an application behind Drawbridge.
pub(crate) struct Person<'a> {
    pub(crate) browser: Browser,
    origin: &'a str,
}

impl<'a> Person<'a> {
    pub(crate) fn new(browser: Browser, origin: &'a str) -> Self {
        Self { browser, origin }
    }

    /// Opens a page with the address bar.
    pub(crate) async fn goes_to(&self, path: &str) {
        self.browser.client.goto(&format!("{}{path}", self.origin)).await.unwrap();
    }

    /// Waits until the address bar shows this path and query.
    pub(crate) async fn arrives_at(&self, path: &str) {
        self.browser.wait_for_path(path).await;
    }

    /// Waits until an element contains these words.
    pub(crate) async fn sees(&self, css: &str, words: &str) {
        self.browser.wait_for_text(css, words).await;
    }

    pub(crate) async fn clicks(&self, css: &str) {
        self.browser.click(css).await;
    }

    /// On the sign-in page that leads to `next`, creates an account and signs in.
    pub(crate) async fn signs_up_and_in(&self, email: &str, next: &str) {
        self.clicks("p.other a[href^='/auth/register']").await;
        self.arrives_at(&format!("/auth/register?next={next}")).await;
        self.submits(email).await;
        self.arrives_at(&format!("/auth/login?next={next}")).await;
        self.submits(email).await;
        self.arrives_at(next).await;
    }

    /// Submits an address and the password.
    pub(crate) async fn submits(&self, email: &str) {
        self.browser.fill("#email", email).await;
        self.browser.fill("#password", PASSWORD).await;
        self.clicks(SUBMIT).await;
    }

    /// Opens another tab and returns the previous one.
    pub(crate) async fn opens_tab(&self) -> WindowHandle {
        let client = &self.browser.client;
        let previous = client.window().await.unwrap();
        let tab = client.new_window(true).await.unwrap();
        client.switch_to_window(tab.handle).await.unwrap();
        previous
    }

    pub(crate) async fn switches_to(&self, tab: WindowHandle) {
        self.browser.client.switch_to_window(tab).await.unwrap();
    }

    /// Waits until a script returns true.
    pub(crate) async fn waits_for(&self, script: &str) {
        let started = Instant::now();
        while self.runs(script).await != Value::Bool(true) {
            assert!(started.elapsed() < SCRIPT_TIMEOUT, "never true: {script}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn runs(&self, script: &str) -> Value {
        // A script that runs while a page is replaced fails.
        self.browser.client.execute(script, vec![]).await.unwrap_or_default()
    }

    /// Marks this document, to find out later whether it has been replaced.
    pub(crate) async fn marks_document(&self) {
        self.runs("window.isMarked = true").await;
    }

    /// Fails if another document has been loaded since [`Self::marks_document`].
    pub(crate) async fn is_on_marked_document(&self) {
        assert_eq!(self.runs("return window.isMarked === true").await, true, "the page was loaded again");
    }
}
