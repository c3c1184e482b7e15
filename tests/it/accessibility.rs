//! No page keeps anybody out: each is judged by axe-core, in light and in dark.

use fantoccini::Locator;
use tests::{Browser, PASSWORD, Pages, Scripts, Stack};

/// What everybody sees.
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

/// What those see who are signed in.
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

/// All that is wrong with these pages.
async fn violations(browser: &Browser, stack: &Stack, paths: &[&str]) -> Vec<String> {
    let mut all = Vec::new();
    for path in paths {
        browser.client.goto(&format!("{}{path}", stack.frontend)).await.unwrap();
        all.extend(browser.violations().await.into_iter().map(|violation| format!("{path} {violation}")));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_can_be_used_by_everybody() {
    let stack = Stack::one_process();
    let email = stack.registered("ada").await;
    let browser = Browser::start(Scripts::On).await;
    let mut found = violations(&browser, &stack, &PUBLIC).await;
    // Pages that say what is wrong with a form.
    for path in ["/register", "/login"] {
        browser.client.goto(&format!("{}{path}", stack.frontend)).await.unwrap();
        browser.fill("#email", "nobody").await;
        browser.click("main form button.wide").await;
        browser.text("[role=alert]").await;
        found.extend(browser.violations().await);
    }
    browser.fill("#email", &email).await;
    browser.fill("#password", PASSWORD).await;
    browser.click("main form button.wide").await;
    browser.wait_for_path("/private").await;
    found.extend(violations(&browser, &stack, &SIGNED_IN).await);
    assert!(found.is_empty(), "{}", found.join("\n"));
    browser.close().await;
}

/// Words are longer elsewhere, and screens are not.
#[tokio::test(flavor = "multi_thread")]
async fn every_page_fits_on_a_narrow_screen_in_every_language() {
    let stack = Stack::one_process();
    let email = stack.registered("ada").await;
    let browser = Browser::start(Scripts::On).await;
    let go = async |path: &str| browser.client.goto(&format!("{}{path}", stack.frontend)).await.unwrap();
    let keep = async |language: &str, paths: &[&str]| {
        for path in paths {
            go(path).await;
            assert_eq!(browser.text("footer [aria-current=true]").await, language, "{path}");
            let name = path.replace(['/', '?', '='], "-");
            browser.keep_screenshots(&format!("{}{name}", language.to_lowercase())).await;
        }
    };
    for language in ["Deutsch", "Français"] {
        go("/login").await;
        let button = format!("//footer//button[.='{language}']");
        browser.client.find(Locator::XPath(&button)).await.unwrap().click().await.unwrap();
        browser.wait_for_text("footer [aria-current=true]", language).await;
        keep(language, &PUBLIC).await;
        go("/login").await;
        browser.fill("#email", &email).await;
        browser.fill("#password", PASSWORD).await;
        browser.click("main form button.button").await;
        browser.wait_for_path("/private").await;
        keep(language, &SIGNED_IN).await;
        go("/logout").await;
        browser.click("main form button.button").await;
        browser.wait_for_path("/").await;
    }
    browser.close().await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_found_in_light_and_in_dark() {
    let page = Pages::start(
        "<!doctype html><html lang=en><meta name=color-scheme content='light dark'><title>Bad</title>\
         <style>@media (prefers-color-scheme: dark) { p { color: #333; background: #222 } }</style>\
         <main><h1>Bad</h1><img src='data:,'><p>Who reads this?</p></main>",
    );
    let browser = Browser::start(Scripts::On).await;
    browser.client.goto(&format!("http://localhost:{}/", page.port)).await.unwrap();
    let violations = browser.violations().await;
    let rules: Vec<_> = violations.iter().filter_map(|told| told.split(" (").next()).collect();
    assert_eq!(rules, ["light: image-alt", "dark: color-contrast", "dark: image-alt"], "{violations:?}");
    browser.close().await;
}
