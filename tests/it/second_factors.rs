//! The second step of a login: codes from an app and recovery codes, each of which works once, and the policy that
//! requires a second factor.

use fantoccini::Locator;
use serde_json::json;
use tests::{AuthenticatorApp, Deployment, PASSWORD, Service, Visitor};

use crate::person::{Person, SUBMIT};

/// Scans the secret on the page.
async fn scan_secret(person: &Person<'_>) -> AuthenticatorApp {
    person.browser.wait_for_text(".secret", " ").await;
    let secret = person.browser.text(".secret").await;
    assert_eq!(secret.split(' ').map(str::len).collect::<Vec<_>>(), [4; 8], "in groups: {secret}");
    AuthenticatorApp::scan(&secret)
}

/// The recovery codes on the page that shows them once.
async fn recovery_codes(person: &Person<'_>) -> Vec<String> {
    person.browser.wait_for_path("/account/recovery-codes").await;
    person.sees("Save your recovery codes").await;
    let mut codes = Vec::new();
    for element in person.browser.client.find_all(Locator::Css(".codes code")).await.unwrap() {
        codes.push(element.text().await.unwrap());
    }
    assert_eq!(codes.len(), 10);
    codes
}

/// Logs in at auth-service with this code as the second step. Returns the status and the error code.
async fn log_in_with(deployment: &Deployment, email: &str, code: &str) -> (u16, String) {
    let mut visitor = Visitor::new();
    let first = visitor.log_in(&deployment.auth, email, PASSWORD).await;
    first.assert_status(202);
    let body = json!({"pending": first.json()["data"]["pending"], "code": code});
    visitor.post_json(&format!("{}/api/login/second", deployment.auth), &body).await.status_and_code()
}

async fn assert_invalid_code(deployment: &Deployment, email: &str, code: &str, case: &str) {
    assert_eq!(log_in_with(deployment, email, code).await, (401, "invalid_code".into()), "{case}");
}

/// An account with an authenticator app.
struct Enrolled<'a> {
    person: Person<'a>,
    deployment: &'a Deployment,
    email: String,
    app: AuthenticatorApp,
    recovery_codes: Vec<String>,
    /// The code that confirmed the app.
    confirmation_code: String,
}

impl<'a> Enrolled<'a> {
    async fn start(deployment: &'a Deployment) -> Self {
        let email = deployment.registered("ada").await;
        let person = Person::with_chromium(deployment).await;
        person.signs_in(&email).await;
        person.opens("/account/authenticator").await;
        person.browser.examine("authenticator").await;
        person.browser.click(SUBMIT).await;
        let mut app = scan_secret(&person).await;
        person.browser.examine("authenticator-set-up").await;
        person.submits(&[("code", "000000")]).await;
        person.browser.wait_for_text("#code-error", "code").await;
        person.browser.examine("authenticator-error").await;
        let confirmation_code = app.next_code().await;
        person.submits(&[("code", &confirmation_code)]).await;
        let recovery_codes = recovery_codes(&person).await;
        person.browser.examine("recovery-codes-fresh").await;
        Self { person, deployment, email, app, recovery_codes, confirmation_code }
    }

    /// Signs out, then enters the address and the password, which leads to the second step.
    async fn goes_to_second_step(&self) {
        self.person.signs_out().await;
        self.person.enters(&self.email, PASSWORD).await;
        self.person.browser.wait_for_path("/login/second").await;
    }

    async fn assert_invalid(&self, code: &str, case: &str) {
        assert_invalid_code(self.deployment, &self.email, code, case).await;
    }

    async fn end(self) {
        self.person.browser.close().await;
        self.deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_the_second_step_and_each_code_works_once() {
    let deployment = Deployment::builder().start();
    let mut user = Enrolled::start(&deployment).await;
    user.assert_invalid(&user.confirmation_code, "the code that confirmed the app").await;

    user.goes_to_second_step().await;
    user.person.browser.examine("second-step").await;
    user.person.goes_to("/private").await;
    user.person.browser.wait_for_path("/login?next=/private").await;

    user.person.opens("/login/second").await;
    user.person.submits(&[("code", "000000")]).await;
    user.person.browser.wait_for_text("main [role=alert]", "code").await;
    user.person.browser.examine("second-step-error").await;

    let code = user.app.next_code().await;
    user.person.submits(&[("code", &code)]).await;
    user.person.is_signed_in(&user.email).await;
    user.assert_invalid(&code, "a used code").await;
    user.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recovery_code_is_shown_once_and_works_once() {
    let deployment = Deployment::builder().start();
    let user = Enrolled::start(&deployment).await;
    let first = user.recovery_codes[0].clone();
    user.person.opens("/account/recovery-codes").await;
    assert!(!user.person.browser.text("main").await.contains(&first), "the codes are shown once");
    user.person.browser.examine("recovery-codes").await;

    user.goes_to_second_step().await;
    user.person.opens("/login/second?with=recovery_code").await;
    user.person.browser.examine("second-step-recovery").await;
    user.person.submits(&[("code", &first.to_uppercase().replace('-', " "))]).await;
    user.person.is_signed_in(&user.email).await;

    user.assert_invalid(&first, "a used code").await;
    user.assert_invalid("0000-0000-0000", "an unknown code").await;
    user.person.opens("/account/recovery-codes").await;
    user.person.sees("9 codes left").await;
    user.person.browser.click(SUBMIT).await;
    let newer = recovery_codes(&user.person).await;
    user.assert_invalid(&user.recovery_codes[1], "a replaced code").await;
    assert_eq!(log_in_with(&deployment, &user.email, &newer[1]).await.0, 200);
    user.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_removing_the_app_the_password_is_enough() {
    let deployment = Deployment::builder().start();
    let user = Enrolled::start(&deployment).await;

    user.person.opens("/account/authenticator").await;
    user.person.browser.examine("authenticator-on").await;
    user.person.browser.click(SUBMIT).await;
    user.person.browser.wait_for_path("/account").await;
    user.person.sees_message("removed").await;

    user.person.signs_out().await;
    user.person.signs_in(&user.email).await;
    user.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_works_for_one_of_many_concurrent_logins() {
    let deployment = Deployment::builder().start();
    let url = |path: &str| format!("{}{path}", deployment.frontend);
    let email = "ada@example.com";
    let mut ada = deployment.signed_in("ada").await;
    let begun = ada.post_json(&url("/api/totp/begin"), &json!({})).await;
    let mut app = AuthenticatorApp::scan(begun.json()["data"]["secret"].as_str().unwrap());
    let body = json!({"code": app.next_code().await});
    let confirmed = ada.post_json(&url("/api/totp/confirm"), &body).await;
    confirmed.assert_status(200);
    let recovery_code = confirmed.json()["data"]["recovery_codes"][0].as_str().unwrap().to_owned();

    for (case, code) in [("app", app.next_code().await), ("recovery code", recovery_code)] {
        let logins = (0..6).map(|_| log_in_with(&deployment, email, &code));
        let results = futures_util::future::join_all(logins).await;

        let accepted = results.iter().filter(|(status, _)| *status == 200).count();
        assert_eq!(accepted, 1, "{case}: {results:?}");
    }
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_required_second_factor_is_set_up_before_the_first_login() {
    let deployment = Deployment::builder().setting_for(Service::Auth, "SECOND_FACTOR", "required").start();
    let email = deployment.registered("ada").await;
    let mut visitor = Visitor::new();
    let answer = visitor.log_in(&deployment.frontend, &email, PASSWORD).await;
    answer.assert_status(202);
    assert_eq!(answer.json()["data"]["enrol"], true, "{}", answer.text);
    assert!(visitor.cookie("token").is_none());

    let ada = Person::with_chromium(&deployment).await;
    ada.opens("/login?next=/account").await;
    ada.submits(&[("email", &email), ("password", PASSWORD)]).await;
    ada.browser.wait_for_path("/login/enrol").await;
    ada.browser.examine("enrol").await;
    ada.goes_to("/private").await;
    ada.browser.wait_for_path("/login?next=/private").await;

    ada.opens("/login/enrol").await;
    ada.browser.click(SUBMIT).await;
    let mut app = scan_secret(&ada).await;
    ada.browser.examine("enrol-authenticator").await;
    ada.submits(&[("code", "000000")]).await;
    ada.browser.wait_for_text("#code-error", "code").await;
    ada.submits(&[("code", &app.next_code().await)]).await;
    recovery_codes(&ada).await;
    ada.browser.click("main .actions a").await;
    ada.browser.wait_for_path("/account").await;

    ada.opens("/account/authenticator").await;
    ada.browser.click(SUBMIT).await;
    ada.sees_message("only second factor").await;
    ada.signs_out().await;
    ada.enters(&email, PASSWORD).await;
    ada.browser.wait_for_path("/login/second").await;
    ada.submits(&[("code", &app.next_code().await)]).await;
    ada.is_signed_in(&email).await;
    ada.browser.close().await;
    deployment.assert_no_panic();
}
