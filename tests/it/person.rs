use fantoccini::Locator;
use tests::{Browser, Deployment, PASSWORD, Scripts};

/// The button that submits the form of a page. Other buttons show the password or change the language.
pub(crate) const SUBMIT: &str = "main form button.button";

/// A user at a browser, on the pages of a deployment.
pub(crate) struct Person<'a> {
    pub(crate) browser: Browser,
    deployment: &'a Deployment,
}

impl<'a> Person<'a> {
    /// A user of Chromium.
    pub(crate) async fn with_chromium(deployment: &'a Deployment) -> Self {
        Self::with_browser(Browser::start(Scripts::On).await, deployment)
    }

    /// A user of this browser.
    pub(crate) fn with_browser(browser: Browser, deployment: &'a Deployment) -> Self {
        Self { browser, deployment }
    }

    /// Opens a page of the frontend, which may redirect.
    pub(crate) async fn goes_to(&self, path: &str) {
        self.browser.client.goto(&format!("{}{path}", self.deployment.frontend)).await.unwrap();
    }

    /// Opens a page of the frontend and stays on it.
    pub(crate) async fn opens(&self, path: &str) {
        self.goes_to(path).await;
        self.browser.wait_for_path(path).await;
    }

    /// Fills in the form and submits it.
    pub(crate) async fn submits(&self, fields: &[(&str, &str)]) {
        for (name, value) in fields {
            self.browser.fill(&format!("main form [name={name}]"), value).await;
        }
        self.browser.click(SUBMIT).await;
    }

    /// Submits an address and a password on the sign-in page.
    pub(crate) async fn enters(&self, email: &str, password: &str) {
        self.opens("/login").await;
        self.submits(&[("email", email), ("password", password)]).await;
    }

    /// Signs in with the password only.
    pub(crate) async fn signs_in(&self, email: &str) {
        self.enters(email, PASSWORD).await;
        self.is_signed_in(email).await;
    }

    /// Waits for the guarded page with this address.
    pub(crate) async fn is_signed_in(&self, email: &str) {
        self.browser.wait_for_path("/private").await;
        self.browser.wait_for_text("dd#email", email).await;
    }

    /// Signs out.
    pub(crate) async fn signs_out(&self) {
        self.opens("/private").await;
        self.browser.click("#sign-out").await;
        self.browser.wait_for_path("/").await;
    }

    /// The address in the read-only field of a form.
    pub(crate) async fn shown_address(&self) -> String {
        let field = self.browser.client.wait().for_element(Locator::Css("#told")).await.unwrap();
        field.prop("value").await.unwrap().unwrap_or_default()
    }

    /// Waits until this page or the next one shows these words.
    pub(crate) async fn sees(&self, words: &str) {
        self.browser.wait_for_text("main", words).await;
    }

    /// Waits for a flash message with these words.
    pub(crate) async fn sees_message(&self, words: &str) {
        self.browser.wait_for_text(".flash", words).await;
    }
}
