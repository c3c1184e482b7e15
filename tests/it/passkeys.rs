//! Passkeys through the real pages, in the engines that have them, and the other ways on in the one that has not.

use fantoccini::Locator;
use tests::{Authenticator, AuthenticatorApp, Edge, Engine, PASSWORD, Stack};

use crate::person::{Person, SEND};

/// The button below which the browser asks for a passkey.
const PASSKEY: &str = "main [data-passkey] > button";

/// Enters address and password, and is asked for the second step. The person does not touch the device in the
/// meantime: Chromium would offer the passkey in the form, and its authenticator consents to whatever it is asked.
async fn enters_the_password(person: &Person<'_>, device: &Authenticator, email: &str) {
    device.set_user_verified(false).await;
    person.enters(email, PASSWORD).await;
    person.browser.wait_for_path("/login/second").await;
    device.set_user_verified(true).await;
}

async fn passkeys_in(engine: Engine, edge: &Edge) {
    let stack = Stack::three_programs();
    let email = stack.registered("ada").await;
    let ada = Person::with(engine.start(edge).await, &stack);
    let device = ada.browser.add_authenticator().await;
    let is_chromium = engine != Engine::Firefox;
    let examine = async |name: &str| {
        if is_chromium {
            ada.browser.examine(name).await;
        }
    };
    ada.signs_in(&email).await;
    ada.is_shown("/account/passkeys").await;
    examine("passkeys-none").await;
    ada.browser.fill("#name", "My laptop").await;
    ada.browser.click(PASSKEY).await;
    ada.browser.wait_for_path("/account/recovery-codes").await;
    ada.browser.click("main .actions a").await;
    ada.browser.wait_for_path("/account/passkeys").await;
    ada.reads("My laptop").await;
    ada.reads("Not used yet").await;
    assert_eq!(device.credentials().await.len(), 1);
    ada.browser.click(PASSKEY).await;
    ada.browser.wait_for_text("main [data-passkey] [role=alert]", "already").await;
    examine("passkeys-known").await;

    // As the second step.
    ada.signs_out().await;
    enters_the_password(&ada, &device, &email).await;
    examine("second-step-passkey").await;
    ada.browser.click(PASSKEY).await;
    ada.is_inside(&email).await;

    // Alone, by the button.
    ada.signs_out().await;
    device.set_user_verified(false).await;
    ada.is_shown("/login").await;
    examine("login-passkey").await;
    ada.browser.click(PASSKEY).await;
    ada.browser.wait_for_text("main [data-passkey] [role=alert]", "wasn’t completed").await;
    device.set_user_verified(true).await;
    ada.browser.click(PASSKEY).await;
    ada.is_inside(&email).await;
    ada.is_shown("/account/passkeys").await;
    ada.reads("Last used").await;

    // Alone, from the field's list: the person goes where they wanted to go. No driver picks from Firefox's.
    if is_chromium {
        ada.signs_out().await;
        ada.goes_to("/private?tab=2").await;
        ada.browser.wait_for_path("/private?tab=2").await;
    }

    ada.is_shown("/account/passkeys").await;
    ada.browser.click("main details summary").await;
    ada.browser.fill("main details input[name=name]", "My old laptop").await;
    ada.browser.click("main details button").await;
    ada.browser.wait_for_text(".flash", "renamed").await;
    ada.reads("My old laptop").await;
    examine("passkeys").await;
    ada.browser.click("main form[action$=remove] button").await;
    ada.browser.wait_for_text(".flash", "removed").await;
    ada.reads("You have no passkeys yet").await;

    // The device still has it, and nobody takes it.
    ada.signs_out().await;
    ada.is_shown("/login").await;
    ada.browser.click(PASSKEY).await;
    ada.browser.wait_for_text("main [data-passkey] [role=alert]", "wasn’t accepted").await;
    examine("login-passkey-error").await;
    device.set_user_verified(false).await;
    ada.signs_in(&email).await;
    ada.browser.close().await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_added_signs_in_is_renamed_and_removed() {
    let edge = Edge::start();
    for engine in [Engine::ChromiumBlocking, Engine::Firefox] {
        if engine.is_here() {
            passkeys_in(engine, &edge).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_second_step_is_required_a_passkey_will_do() {
    let stack = Stack::three_programs_with(|name, settings| {
        if name == "auth-service" {
            settings.insert("SECOND_FACTOR", "required".into());
        }
    });
    let email = stack.registered("ada").await;
    let ada = Person::arrives(&stack).await;
    let device = ada.browser.add_authenticator().await;
    ada.enters(&email, PASSWORD).await;
    ada.browser.wait_for_path("/login/enrol").await;
    ada.browser.click(PASSKEY).await;
    ada.browser.wait_for_path("/account/recovery-codes").await;
    ada.browser.click("main .actions a").await;
    ada.is_inside(&email).await;
    ada.is_shown("/account/passkeys").await;
    ada.browser.click("main form[action$=remove] button").await;
    ada.browser.wait_for_text(".flash", "only second factor").await;
    ada.signs_out().await;
    enters_the_password(&ada, &device, &email).await;
    ada.browser.click(PASSKEY).await;
    ada.is_inside(&email).await;
    ada.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_passkeys_the_pages_offer_none_and_an_app_will_do() {
    if !Engine::WebKit.is_here() {
        return;
    }
    let edge = Edge::start();
    let stack = Stack::three_programs();
    let email = stack.registered("ada").await;
    let ada = Person::with(Engine::WebKit.start(&edge).await, &stack);
    let is_offered = async || {
        let button = ada.browser.client.find(Locator::Css(PASSKEY)).await.unwrap();
        button.is_displayed().await.unwrap()
    };
    ada.is_shown("/login").await;
    assert!(!is_offered().await);
    ada.signs_in(&email).await;
    ada.is_shown("/account/passkeys").await;
    assert!(!is_offered().await);
    ada.reads("a browser that supports them").await;
    ada.is_shown("/account/authenticator").await;
    ada.browser.click(SEND).await;
    ada.browser.wait_for_text(".secret", " ").await;
    let mut app = AuthenticatorApp::scan(&ada.browser.text(".secret").await);
    ada.sends(&[("code", &app.next_code().await)]).await;
    ada.browser.wait_for_path("/account/recovery-codes").await;
    ada.signs_out().await;
    ada.enters(&email, PASSWORD).await;
    ada.browser.wait_for_path("/login/second").await;
    ada.sends(&[("code", &app.next_code().await)]).await;
    ada.is_inside(&email).await;
    ada.browser.close().await;
}
