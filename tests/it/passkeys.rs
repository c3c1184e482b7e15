//! Passkeys on the real pages, in the engines that support them, and the alternative in the engine that does not.

use fantoccini::Locator;
use tests::{Authenticator, AuthenticatorApp, Deployment, Edge, Engine, PASSWORD, Service};

use crate::person::{Person, SUBMIT};

/// The button that makes the browser ask for a passkey.
const PASSKEY: &str = "main [data-passkey] > button";

/// A user with a device that stores passkeys.
struct PasskeyUser<'a> {
    person: Person<'a>,
    device: Authenticator,
    email: String,
    engine: Engine,
}

impl<'a> PasskeyUser<'a> {
    async fn start(engine: Engine, edge: &Edge, deployment: &'a Deployment) -> Self {
        let email = deployment.registered("ada").await;
        let person = Person::with_browser(engine.start(edge).await, deployment);
        let device = person.browser.add_authenticator().await;
        person.signs_in(&email).await;
        Self { person, device, email, engine }
    }

    /// Checks the page with axe-core, which needs Chromium.
    async fn examine(&self, name: &str) {
        if self.engine != Engine::Firefox {
            self.person.browser.examine(name).await;
        }
    }

    async fn click_passkey(&self) {
        self.person.browser.click(PASSKEY).await;
    }

    async fn sees_passkey_error(&self, words: &str) {
        self.person.browser.wait_for_text("main [data-passkey] [role=alert]", words).await;
    }

    async fn adds_a_passkey(&self) {
        let ada = &self.person;
        ada.opens("/account/passkeys").await;
        self.examine("passkeys-none").await;
        ada.browser.fill("#name", "My laptop").await;
        self.click_passkey().await;
        ada.browser.wait_for_path("/account/recovery-codes").await;
        ada.browser.click("main .actions a").await;
        ada.browser.wait_for_path("/account/passkeys").await;
        ada.sees("My laptop").await;
        ada.sees("Not used yet").await;
        assert_eq!(self.device.credentials().await.len(), 1);

        self.click_passkey().await;
        self.sees_passkey_error("already").await;
        self.examine("passkeys-known").await;
    }

    async fn uses_it_as_the_second_step(&self) {
        self.person.signs_out().await;
        enter_password(&self.person, &self.device, &self.email).await;
        self.examine("second-step-passkey").await;
        self.click_passkey().await;
        self.person.is_signed_in(&self.email).await;
    }

    async fn signs_in_with_the_passkey_only(&self) {
        let ada = &self.person;
        ada.signs_out().await;
        self.device.set_user_verified(false).await;
        ada.opens("/login").await;
        self.examine("login-passkey").await;
        self.click_passkey().await;
        self.sees_passkey_error("wasn’t completed").await;

        self.device.set_user_verified(true).await;
        self.click_passkey().await;
        ada.is_signed_in(&self.email).await;
        ada.opens("/account/passkeys").await;
        ada.sees("Last used").await;
    }

    /// Picks the passkey in the address field. No driver can do that in Firefox.
    async fn signs_in_with_autofill(&self) {
        if self.engine == Engine::Firefox {
            return;
        }
        self.person.signs_out().await;
        self.person.goes_to("/private?tab=2").await;
        self.person.browser.wait_for_path("/private?tab=2").await;
    }

    async fn renames_and_removes_it(&self) {
        let ada = &self.person;
        ada.opens("/account/passkeys").await;
        ada.browser.click("main details summary").await;
        ada.browser.fill("main details input[name=name]", "My old laptop").await;
        ada.browser.click("main details button").await;
        ada.sees_message("renamed").await;
        ada.sees("My old laptop").await;
        self.examine("passkeys").await;

        ada.browser.click("main form[action$=remove] button").await;
        ada.sees_message("removed").await;
        ada.sees("You have no passkeys yet").await;
    }

    /// The device still has the removed passkey.
    async fn cannot_use_the_removed_one(&self) {
        let ada = &self.person;
        ada.signs_out().await;
        ada.opens("/login").await;
        self.click_passkey().await;
        self.sees_passkey_error("wasn’t accepted").await;
        self.examine("login-passkey-error").await;

        self.device.set_user_verified(false).await;
        ada.signs_in(&self.email).await;
    }
}

/// Enters the address and the password, which leads to the second step. User verification fails in the meantime.
/// Otherwise, Chromium would offer the passkey in the form, and the virtual authenticator would accept, because it
/// consents to every request.
async fn enter_password(person: &Person<'_>, device: &Authenticator, email: &str) {
    device.set_user_verified(false).await;
    person.enters(email, PASSWORD).await;
    person.browser.wait_for_path("/login/second").await;
    device.set_user_verified(true).await;
}

async fn use_passkeys(engine: Engine) {
    let edge = Edge::start();
    let deployment = Deployment::builder().start();
    let user = PasskeyUser::start(engine, &edge, &deployment).await;

    user.adds_a_passkey().await;
    user.uses_it_as_the_second_step().await;
    user.signs_in_with_the_passkey_only().await;
    user.signs_in_with_autofill().await;
    user.renames_and_removes_it().await;
    user.cannot_use_the_removed_one().await;

    user.person.browser.close().await;
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium_users_manage_and_use_passkeys() {
    use_passkeys(Engine::ChromiumBlocking).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn firefox_users_manage_and_use_passkeys() {
    if Engine::Firefox.is_installed() {
        use_passkeys(Engine::Firefox).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_passkey_is_enough_where_a_second_step_is_required() {
    let deployment = Deployment::builder().setting_for(Service::Auth, "SECOND_FACTOR", "required").start();
    let email = deployment.registered("ada").await;
    let ada = Person::with_chromium(&deployment).await;
    let device = ada.browser.add_authenticator().await;

    ada.enters(&email, PASSWORD).await;
    ada.browser.wait_for_path("/login/enrol").await;
    ada.browser.click(PASSKEY).await;
    ada.browser.wait_for_path("/account/recovery-codes").await;
    ada.browser.click("main .actions a").await;
    ada.is_signed_in(&email).await;

    ada.opens("/account/passkeys").await;
    ada.browser.click("main form[action$=remove] button").await;
    ada.sees_message("only second factor").await;

    ada.signs_out().await;
    enter_password(&ada, &device, &email).await;
    ada.browser.click(PASSKEY).await;
    ada.is_signed_in(&email).await;
    ada.browser.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_passkey_support_pages_offer_an_app_instead() {
    if !Engine::WebKit.is_installed() {
        return;
    }
    let edge = Edge::start();
    let deployment = Deployment::builder().start();
    let email = deployment.registered("ada").await;
    let ada = Person::with_browser(Engine::WebKit.start(&edge).await, &deployment);
    let is_offered = async || {
        let button = ada.browser.client.find(Locator::Css(PASSKEY)).await.unwrap();
        button.is_displayed().await.unwrap()
    };

    ada.opens("/login").await;
    assert!(!is_offered().await);
    ada.signs_in(&email).await;
    ada.opens("/account/passkeys").await;
    assert!(!is_offered().await);
    ada.sees("a browser that supports them").await;

    ada.opens("/account/authenticator").await;
    ada.browser.click(SUBMIT).await;
    ada.browser.wait_for_text(".secret", " ").await;
    let mut app = AuthenticatorApp::scan(&ada.browser.text(".secret").await);
    ada.submits(&[("code", &app.next_code().await)]).await;
    ada.browser.wait_for_path("/account/recovery-codes").await;

    ada.signs_out().await;
    ada.enters(&email, PASSWORD).await;
    ada.browser.wait_for_path("/login/second").await;
    ada.submits(&[("code", &app.next_code().await)]).await;
    ada.is_signed_in(&email).await;
    ada.browser.close().await;
}
