//! Every page in a real browser, narrow and wide, light and dark: pictures are kept in `target/screenshots`, and
//! no page is wider than the screen.

use serde_json::{Value, json};
use tests::{Browser, Scripts};

use crate::fake::Fake;

/// The pages of the account.
const ACCOUNT: [&str; 10] = [
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
];

async fn open(browser: &Browser, fake: &Fake, path: &str) {
    browser.client.goto(&fake.url(path)).await.unwrap();
}

async fn keep(browser: &Browser, fake: &Fake, path: &str, name: &str) {
    open(browser, fake, path).await;
    browser.keep_screenshots(name).await;
}

#[actix_web::test]
async fn pages_on_the_way_in() {
    let fake = Fake::start(&[]);
    let browser = Browser::start(Scripts::On).await;
    for (path, name) in [
        ("/", "home"),
        ("/login", "login"),
        ("/register", "register"),
        ("/register/sent", "register-sent"),
        ("/confirm-address?token=t", "confirm-address"),
        ("/forgot-password", "forgot-password"),
        ("/forgot-password/sent", "forgot-password-sent"),
        ("/reset-password?token=t", "reset-password"),
        ("/logout", "logout"),
        ("/nowhere", "not-found"),
    ] {
        keep(&browser, &fake, path, name).await;
    }
    open(&browser, &fake, "/register").await;
    browser.fill("#password", "correct horse").await;
    assert_eq!(browser.text(".strength[data-score] .word").await, "Strength: good");
    browser.click(".show").await;
    browser.keep_screenshots("register-shown").await;
    fake.answer(
        "POST /api/links/look",
        200,
        json!({"success": true, "data": {"kind": "change_address", "email": "ada@new.example"}}),
    );
    keep(&browser, &fake, "/confirm-address?token=t", "change-address").await;
    fake.refuse("POST /api/links/look", 410, "link_invalid");
    keep(&browser, &fake, "/confirm-address?token=t", "link-invalid").await;

    let factors = json!(["totp", "recovery_code", "passkey"]);
    for (factors, enrol, name) in [
        (factors, false, "second"),
        (json!([]), true, "enrol"),
        (json!(["passkey", "recovery_code"]), false, "second-passkey"),
    ] {
        let data = json!({"pending": "p1", "factors": factors, "enrol": enrol});
        fake.answer("POST /api/login", 202, json!({"success": true, "data": data}));
        open(&browser, &fake, "/login").await;
        browser.fill("#email", "ada@example.com").await;
        browser.fill("#password", "correct horse").await;
        browser.click("form[action='/login'] .button").await;
        browser.wait_for_path(if enrol { "/login/enrol" } else { "/login/second" }).await;
        browser.keep_screenshots(name).await;
        if name == "second" {
            keep(&browser, &fake, "/login/second?with=recovery_code", "second-recovery").await;
        }
        if enrol {
            browser.click("form .button").await;
            browser.wait_for_path("/login/enrol/authenticator/begin").await;
            browser.keep_screenshots("enrol-authenticator").await;
        }
    }
    browser.close().await;
}

#[actix_web::test]
async fn pages_of_the_account() {
    let fake = Fake::start(&[]);
    let browser = Browser::start(Scripts::On).await;
    open(&browser, &fake, "/login").await;
    browser.fill("#email", "ada@example.com").await;
    browser.fill("#password", "correct horse").await;
    browser.click("form[action='/login'] .button").await;
    browser.wait_for_path("/private").await;
    for path in ACCOUNT {
        keep(&browser, &fake, path, &path[1..].replace('/', "-")).await;
    }
    open(&browser, &fake, "/account/recovery-codes").await;
    browser.click("form[action='/account/recovery-codes'] .button").await;
    browser.text(".codes").await;
    browser.keep_screenshots("fresh-codes").await;
    fake.account("totp", json!(false));
    fake.account("passkeys", json!([]));
    fake.account("email_verified", json!(false));
    keep(&browser, &fake, "/account", "account-new").await;
    keep(&browser, &fake, "/account/passkeys", "passkeys-none").await;
    keep(&browser, &fake, "/account/recovery-codes", "recovery-codes-none").await;
    open(&browser, &fake, "/account/authenticator").await;
    browser.click("form[action='/account/authenticator/begin'] .button").await;
    browser.text(".qr").await;
    browser.keep_screenshots("authenticator-begun").await;
    fake.refuse("POST /api/totp/confirm", 401, "invalid_code");
    browser.fill("#code", "123456").await;
    browser.click("form[action='/account/authenticator/confirm'] .button").await;
    browser.text("#code-error").await;
    browser.keep_screenshots("authenticator-wrong").await;
    fake.account("confirmed_until", Value::Null);
    fake.account("totp", json!(true));
    fake.account(
        "passkeys",
        json!([{"id": "A", "name": "", "created_at": "2026-10-02T09:30:00Z", "last_used_at": null}]),
    );
    keep(&browser, &fake, "/account/email", "confirm").await;
    browser.wait_for_path("/account/confirm?next=/account/email").await;
    browser.close().await;
}
