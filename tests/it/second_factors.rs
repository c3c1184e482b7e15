//! The second step of a sign-in: codes of an app and recovery codes, each once, and the policy that asks for one.

use fantoccini::Locator;
use serde_json::json;
use tests::{AuthenticatorApp, PASSWORD, Settings, Stack, Visitor};

use crate::person::{Person, SEND};

/// Reads the key on the page and tells an app.
async fn app_on_the_page(person: &Person<'_>) -> AuthenticatorApp {
    person.browser.wait_for_text(".secret", " ").await;
    let key = person.browser.text(".secret").await;
    assert_eq!(key.split(' ').map(str::len).collect::<Vec<_>>(), [4; 8], "as people type it: {key}");
    AuthenticatorApp::scan(&key)
}

/// The codes on the page that shows them once.
async fn codes_on_the_page(person: &Person<'_>) -> Vec<String> {
    person.browser.wait_for_path("/account/recovery-codes").await;
    person.browser.wait_for_text("main", "Save your recovery codes").await;
    let mut codes = Vec::new();
    for element in person.browser.client.find_all(Locator::Css(".codes code")).await.unwrap() {
        codes.push(element.text().await.unwrap());
    }
    assert_eq!(codes.len(), 10);
    codes
}

/// Sends a code as the second step of another sign-in, without a browser; the answer's status and code.
async fn try_code(stack: &Stack, email: &str, code: &str) -> (u16, String) {
    let mut visitor = Visitor::new();
    let body = json!({"email": email, "password": PASSWORD});
    let first = visitor.post_json(&format!("{}/api/login", stack.auth), &body).await;
    assert_eq!(first.status, 202, "{}", first.text);
    let body = json!({"pending": first.json()["data"]["pending"], "code": code});
    visitor.post_json(&format!("{}/api/login/second", stack.auth), &body).await.status_and_code()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_is_set_up_and_asked_and_each_code_works_once() {
    let stack = Stack::three_programs();
    let email = stack.registered("ada").await;
    let ada = Person::arrives(&stack).await;
    ada.signs_in(&email).await;
    ada.is_shown("/account/authenticator").await;
    ada.browser.examine("authenticator").await;
    ada.browser.click(SEND).await;
    let mut app = app_on_the_page(&ada).await;
    ada.browser.examine("authenticator-set-up").await;
    ada.sends(&[("code", "000000")]).await;
    ada.browser.wait_for_text("#code-error", "code").await;
    ada.browser.examine("authenticator-error").await;
    let code = app.next_code().await;
    ada.sends(&[("code", &code)]).await;
    let recovery_codes = codes_on_the_page(&ada).await;
    ada.browser.examine("recovery-codes-fresh").await;
    ada.is_shown("/account/recovery-codes").await;
    assert!(!ada.browser.text("main").await.contains(&recovery_codes[0]), "they are shown once");
    ada.browser.examine("recovery-codes").await;
    assert_eq!(try_code(&stack, &email, &code).await, (401, "invalid_code".into()), "it set the app up");

    ada.signs_out().await;
    ada.enters(&email, PASSWORD).await;
    ada.browser.wait_for_path("/login/second").await;
    ada.browser.examine("second-step").await;
    ada.goes_to("/private").await;
    ada.browser.wait_for_path("/login?next=/private").await;
    ada.is_shown("/login/second").await;
    ada.sends(&[("code", "000000")]).await;
    ada.browser.wait_for_text("main [role=alert]", "code").await;
    ada.browser.examine("second-step-error").await;
    let code = app.next_code().await;
    ada.sends(&[("code", &code)]).await;
    ada.is_inside(&email).await;
    assert_eq!(try_code(&stack, &email, &code).await, (401, "invalid_code".into()), "a second time");

    ada.signs_out().await;
    ada.enters(&email, PASSWORD).await;
    ada.browser.wait_for_path("/login/second").await;
    ada.is_shown("/login/second?with=recovery_code").await;
    ada.browser.examine("second-step-recovery").await;
    ada.sends(&[("code", &recovery_codes[0].to_uppercase().replace('-', " "))]).await;
    ada.is_inside(&email).await;
    for used in [&recovery_codes[0], "0000-0000-0000"] {
        assert_eq!(try_code(&stack, &email, used).await, (401, "invalid_code".into()), "{used}");
    }
    ada.is_shown("/account/recovery-codes").await;
    ada.reads("9 codes left").await;
    ada.browser.click(SEND).await;
    let newer = codes_on_the_page(&ada).await;
    assert_eq!(try_code(&stack, &email, &recovery_codes[1]).await, (401, "invalid_code".into()), "replaced");
    assert_eq!(try_code(&stack, &email, &newer[1]).await.0, 200);

    ada.is_shown("/account/authenticator").await;
    ada.browser.examine("authenticator-on").await;
    ada.browser.click(SEND).await;
    ada.browser.wait_for_path("/account").await;
    ada.browser.wait_for_text(".flash", "removed").await;
    ada.signs_out().await;
    ada.signs_in(&email).await;
    ada.browser.close().await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_many_send_at_once_works_for_one() {
    let stack = Stack::three_programs();
    let (mut ada, email) = (stack.signed_in("ada").await, "ada@example.com");
    let begun = ada.post_json(&format!("{}/api/totp/begin", stack.frontend), &json!({})).await;
    let mut app = AuthenticatorApp::scan(begun.json()["data"]["secret"].as_str().unwrap());
    let body = json!({"code": app.next_code().await});
    let confirmed = ada.post_json(&format!("{}/api/totp/confirm", stack.frontend), &body).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    let recovery_code = confirmed.json()["data"]["recovery_codes"][0].as_str().unwrap().to_owned();
    for code in [app.next_code().await, recovery_code] {
        let tries = (0..6).map(|_| try_code(&stack, email, &code));
        let statuses = futures_util::future::join_all(tries).await;
        assert_eq!(statuses.iter().filter(|(status, _)| *status == 200).count(), 1, "{code}: {statuses:?}");
    }
    stack.assert_no_panic();
}

fn required(name: &str, settings: &mut Settings) {
    if name == "auth-service" {
        settings.insert("SECOND_FACTOR", "required".into());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_second_step_is_required_nobody_gets_in_before_they_have_set_one_up() {
    let stack = Stack::three_programs_with(required);
    let email = stack.registered("ada").await;
    let body = json!({"email": email, "password": PASSWORD});
    let mut visitor = Visitor::new();
    let answer = visitor.post_json(&format!("{}/api/login", stack.frontend), &body).await;
    assert_eq!((answer.status, &answer.json()["data"]["enrol"]), (202, &json!(true)), "{}", answer.text);
    assert!(visitor.cookie("token").is_none());

    let ada = Person::arrives(&stack).await;
    ada.is_shown("/login?next=/account").await;
    ada.sends(&[("email", &email), ("password", PASSWORD)]).await;
    ada.browser.wait_for_path("/login/enrol").await;
    ada.browser.examine("enrol").await;
    ada.goes_to("/private").await;
    ada.browser.wait_for_path("/login?next=/private").await;
    ada.is_shown("/login/enrol").await;
    ada.browser.click(SEND).await;
    let mut app = app_on_the_page(&ada).await;
    ada.browser.examine("enrol-authenticator").await;
    ada.sends(&[("code", "000000")]).await;
    ada.browser.wait_for_text("#code-error", "code").await;
    ada.sends(&[("code", &app.next_code().await)]).await;
    codes_on_the_page(&ada).await;
    ada.browser.click("main .actions a").await;
    ada.browser.wait_for_path("/account").await;

    ada.is_shown("/account/authenticator").await;
    ada.browser.click(SEND).await;
    ada.browser.wait_for_text(".flash", "only second factor").await;
    ada.signs_out().await;
    ada.enters(&email, PASSWORD).await;
    ada.browser.wait_for_path("/login/second").await;
    ada.sends(&[("code", &app.next_code().await)]).await;
    ada.is_inside(&email).await;
    ada.browser.close().await;
    stack.assert_no_panic();
}
