use fantoccini::Locator;
use tests::{Browser, PASSWORD, Scripts, Stack};

/// The button that sends a page's form; others show what was typed, or choose a language.
pub(crate) const SEND: &str = "main form button.button";

/// Somebody at a browser, on the pages of a deployment.
pub(crate) struct Person<'a> {
    pub(crate) browser: Browser,
    stack: &'a Stack,
}

impl<'a> Person<'a> {
    /// Somebody with Chromium.
    pub(crate) async fn arrives(stack: &'a Stack) -> Self {
        Self::with(Browser::start(Scripts::On).await, stack)
    }

    /// Somebody with another browser.
    pub(crate) fn with(browser: Browser, stack: &'a Stack) -> Self {
        Self { browser, stack }
    }

    /// Opens a page of the frontend.
    pub(crate) async fn goes_to(&self, path: &str) {
        self.browser.client.goto(&format!("{}{path}", self.stack.frontend)).await.unwrap();
    }

    /// Opens a page, and is on it.
    pub(crate) async fn is_shown(&self, path: &str) {
        self.goes_to(path).await;
        self.browser.wait_for_path(path).await;
    }

    /// Fills the form in and sends it.
    pub(crate) async fn sends(&self, fields: &[(&str, &str)]) {
        for (name, value) in fields {
            self.browser.fill(&format!("main form [name={name}]"), value).await;
        }
        self.browser.click(SEND).await;
    }

    /// Enters address and password at the sign-in page.
    pub(crate) async fn enters(&self, email: &str, password: &str) {
        self.is_shown("/login").await;
        self.sends(&[("email", email), ("password", password)]).await;
    }

    /// Signs in with a password alone, and is inside.
    pub(crate) async fn signs_in(&self, email: &str) {
        self.enters(email, PASSWORD).await;
        self.is_inside(email).await;
    }

    /// Is on the guarded page, as who they are.
    pub(crate) async fn is_inside(&self, email: &str) {
        self.browser.wait_for_path("/private").await;
        self.browser.wait_for_text("dd#email", email).await;
    }

    /// Signs out.
    pub(crate) async fn signs_out(&self) {
        self.is_shown("/private").await;
        self.browser.click("#sign-out").await;
        self.browser.wait_for_path("/").await;
    }

    /// The address that a form says it is about.
    pub(crate) async fn is_told(&self) -> String {
        let field = self.browser.client.wait().for_element(Locator::Css("#told")).await.unwrap();
        field.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Reads it on the page, or on the next.
    pub(crate) async fn reads(&self, words: &str) {
        self.browser.wait_for_text("main", words).await;
    }
}
