//! Every page is accessible: axe-core checks it in light and dark, and it fits on a narrow screen in every language.

use fantoccini::Locator;
use tests::{Browser, Deployment, PASSWORD, Pages, Scripts};

/// The pages for visitors who are not signed in.
const PUBLIC: [&str; 10] = [
    "/",
    "/login",
    "/login?next=/private",
    "/register",
    "/register/sent",
    "/forgot-password",
    "/forgot-password/sent",
    "/confirm-address?token=none",
    "/logout",
    "/nowhere",
];

/// The pages for visitors who are signed in.
const SIGNED_IN: [&str; 14] = [
    "/",
    "/private",
    "/account",
    "/account/email",
    "/account/password",
    "/account/passkeys",
    "/account/authenticator",
    "/account/recovery-codes",
    "/account/sessions",
    "/account/activity",
    "/account/data",
    "/account/delete",
    "/logout",
    "/nowhere",
];

/// A browser on the pages of a deployment.
struct Tour<'a> {
    browser: &'a Browser,
    deployment: &'a Deployment,
}

impl Tour<'_> {
    async fn goto(&self, path: &str) {
        self.browser.client.goto(&format!("{}{path}", self.deployment.frontend)).await.unwrap();
    }

    async fn sign_in(&self, email: &str) {
        self.browser.fill("#email", email).await;
        self.browser.fill("#password", PASSWORD).await;
        self.browser.click("main form button.button").await;
        self.browser.wait_for_path("/private").await;
    }

    async fn sign_out(&self) {
        self.goto("/logout").await;
        self.browser.click("main form button.button").await;
        self.browser.wait_for_path("/").await;
    }

    async fn choose_language(&self, language: &str) {
        let button = format!("//footer//button[.='{language}']");
        self.browser.client.find(Locator::XPath(&button)).await.unwrap().click().await.unwrap();
        self.browser.wait_for_text("footer [aria-current=true]", language).await;
    }

    /// The violations on these pages.
    async fn violations(&self, paths: &[&str]) -> Vec<String> {
        let mut all = Vec::new();
        for path in paths {
            self.goto(path).await;
            let found = self.browser.violations().await;
            all.extend(found.into_iter().map(|violation| format!("{path} {violation}")));
        }
        all
    }

    /// The violations on a form with an error message.
    async fn violations_after_error(&self, path: &str) -> Vec<String> {
        self.goto(path).await;
        self.browser.fill("#email", "nobody").await;
        self.browser.click("main form button.wide").await;
        self.browser.text("[role=alert]").await;
        self.browser.violations().await
    }

    /// Saves screenshots of these pages. Fails if a page is wider than the screen or not in the language.
    async fn keep_screenshots(&self, language: &str, paths: &[&str]) {
        for path in paths {
            self.goto(path).await;
            assert_eq!(self.browser.text("footer [aria-current=true]").await, language, "{path}");
            let name = path.replace(['/', '?', '='], "-");
            self.browser.keep_screenshots(&format!("{}{name}", language.to_lowercase())).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_no_accessibility_violations() {
    let deployment = Deployment::builder().one_process().start();
    let email = deployment.registered("ada").await;
    let browser = Browser::start(Scripts::On).await;
    let tour = Tour { browser: &browser, deployment: &deployment };

    let mut found = tour.violations(&PUBLIC).await;
    for path in ["/register", "/login"] {
        found.extend(tour.violations_after_error(path).await);
    }
    tour.sign_in(&email).await;
    found.extend(tour.violations(&SIGNED_IN).await);

    assert!(found.is_empty(), "{}", found.join("\n"));
    browser.close().await;
}

/// German and French words are longer than English ones, so a page that fits in English may be too wide in
/// them.
#[tokio::test(flavor = "multi_thread")]
async fn pages_fit_on_a_narrow_screen_in_every_language() {
    let deployment = Deployment::builder().one_process().start();
    let email = deployment.registered("ada").await;
    let browser = Browser::start(Scripts::On).await;
    let tour = Tour { browser: &browser, deployment: &deployment };

    for language in ["Deutsch", "Français"] {
        tour.goto("/login").await;
        tour.choose_language(language).await;
        tour.keep_screenshots(language, &PUBLIC).await;

        tour.goto("/login").await;
        tour.sign_in(&email).await;
        tour.keep_screenshots(language, &SIGNED_IN).await;
        tour.sign_out().await;
    }

    browser.close().await;
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_finds_violations_in_light_and_in_dark() {
    let page = Pages::start(
        "<!doctype html><html lang=en><meta name=color-scheme content='light dark'><title>Bad</title>\
         <style>@media (prefers-color-scheme: dark) { p { color: #333; background: #222 } }</style>\
         <main><h1>Bad</h1><img src='data:,'><p>Who reads this?</p></main>",
    );
    let browser = Browser::start(Scripts::On).await;

    browser.client.goto(&format!("http://localhost:{}/", page.port)).await.unwrap();
    let violations = browser.violations().await;

    let rules: Vec<_> = violations.iter().filter_map(|line| line.split(" (").next()).collect();
    assert_eq!(rules, ["light: image-alt", "dark: color-contrast", "dark: image-alt"], "{violations:?}");
    browser.close().await;
}
