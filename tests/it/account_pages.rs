//! Users manage their account: sessions, password, activity and data.

use serde_json::{Value, json};
use tests::{Deployment, PASSWORD, Visitor, credentials};

use crate::person::{Person, SUBMIT};

const NEW_PASSWORD: &str = "another horse, another battery";

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";

/// Signs in on another device.
async fn other_device(deployment: &Deployment, email: &str, password: &str) -> Visitor {
    let mut visitor = Visitor::new();
    let request = visitor.request(reqwest::Method::POST, &format!("{}/api/login", deployment.frontend));
    let request = request.header("user-agent", FIREFOX).json(&credentials(email, password));
    visitor.send(request).await.assert_status(200);
    visitor
}

/// Whether the visitor is signed in, as the status of `/api/me`.
async fn status_of(deployment: &Deployment, visitor: &mut Visitor) -> u16 {
    visitor.get(&format!("{}/api/me", deployment.frontend)).await.status
}

/// Makes the last confirmation of every session too old for a sensitive change.
async fn expire_confirmations(deployment: &Deployment) {
    deployment
        .execute("UPDATE session_details SET confirmed_at = confirmed_at - interval '11 minutes'")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended_one_by_one_or_all() {
    let deployment = Deployment::builder().start();
    let email = deployment.registered("ada").await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(other_device(&deployment, &email, PASSWORD).await);
    }
    let ada = Person::with_chromium(&deployment).await;
    ada.signs_in(&email).await;

    ada.opens("/account").await;
    ada.browser.examine("account").await;
    ada.sees("Signed in on 4 devices").await;
    ada.opens("/account/sessions").await;
    for words in ["This device", "Firefox on Linux", "127.0.0.1"] {
        ada.sees(words).await;
    }
    ada.browser.examine("sessions").await;

    // The first one below this device is the newest of the others.
    ada.browser.click("main form[action$='/end'] button").await;
    ada.sees_message("signed out").await;
    let mut statuses = Vec::new();
    for other in &mut others {
        statuses.push(status_of(&deployment, other).await);
    }
    assert_eq!(statuses, [200, 200, 401]);

    ada.browser.click("#end-others").await;
    ada.sees_message("2 other devices").await;
    for other in &mut others {
        assert_eq!(status_of(&deployment, other).await, 401);
    }
    ada.opens("/private").await;
    ada.browser.close().await;
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_cannot_end_the_session_of_another_user() {
    let deployment = Deployment::builder().start();
    let sessions_url = format!("{}/api/sessions", deployment.frontend);
    let mut eve = deployment.signed_in("eve").await;
    let sessions = eve.get(&sessions_url).await.json();
    let id = sessions["data"]["sessions"][0]["id"].as_str().unwrap().to_owned();
    let mut mallory = deployment.signed_in("mallory").await;

    let request = mallory.request(reqwest::Method::DELETE, &format!("{sessions_url}/{id}"));
    mallory.send(request).await;

    assert_eq!(status_of(&deployment, &mut eve).await, 200);
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_change_needs_the_current_password() {
    let deployment = Deployment::builder().start();
    let email = deployment.registered("ada").await;
    let mut other = other_device(&deployment, &email, PASSWORD).await;
    let ada = Person::with_chromium(&deployment).await;
    ada.signs_in(&email).await;
    ada.opens("/account/password").await;
    ada.browser.examine("password").await;

    ada.submits(&[("current", "a wrong horse battery"), ("password", NEW_PASSWORD)]).await;
    ada.browser.wait_for_text("#current-error", "Incorrect password").await;
    ada.browser.examine("password-error").await;
    ada.submits(&[("current", PASSWORD), ("password", "password")]).await;
    ada.browser.wait_for_text("#password-error", "easy to guess").await;

    assert_eq!(status_of(&deployment, &mut other).await, 200, "nothing has changed yet");
    ada.browser.close().await;
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_change_ends_other_sessions_on_request() {
    let deployment = Deployment::builder().start();
    let email = deployment.registered("ada").await;
    let mut other = other_device(&deployment, &email, PASSWORD).await;
    let ada = Person::with_chromium(&deployment).await;
    ada.signs_in(&email).await;

    ada.opens("/account/password").await;
    ada.submits(&[("current", PASSWORD), ("password", NEW_PASSWORD)]).await;
    ada.browser.wait_for_path("/account").await;
    ada.sees_message("password has been changed").await;
    assert_eq!(status_of(&deployment, &mut other).await, 401, "the box was checked");

    let mut other = other_device(&deployment, &email, NEW_PASSWORD).await;
    ada.opens("/account/password").await;
    ada.browser.click("#end_others").await;
    ada.submits(&[("current", NEW_PASSWORD), ("password", PASSWORD)]).await;
    ada.browser.wait_for_path("/account").await;
    assert_eq!(status_of(&deployment, &mut other).await, 200, "the box was not checked");
    ada.browser.close().await;
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sensitive_change_asks_for_the_password_again() {
    let deployment = Deployment::builder().start();
    let email = deployment.registered("ada").await;
    let ada = Person::with_chromium(&deployment).await;
    ada.signs_in(&email).await;

    expire_confirmations(&deployment).await;
    ada.goes_to("/account/delete").await;
    ada.browser.wait_for_path("/account/confirm?next=/account/delete").await;
    ada.browser.examine("confirm").await;
    ada.submits(&[("current", "a wrong horse battery")]).await;
    ada.browser.wait_for_text("main [role=alert]", "Incorrect").await;
    ada.browser.examine("confirm-error").await;
    ada.submits(&[("current", PASSWORD)]).await;
    ada.browser.wait_for_path("/account/delete").await;

    expire_confirmations(&deployment).await;
    ada.opens("/account").await;
    for (method, path) in [
        ("DELETE", "/api/me"),
        ("POST", "/api/totp/begin"),
        ("POST", "/api/passkeys/begin"),
        ("POST", "/api/recovery-codes"),
        ("DELETE", "/api/totp"),
    ] {
        let body = (method == "POST").then(|| json!({}));
        let url = format!("{}{path}", deployment.frontend);
        let (status, answer) = ada.browser.fetch(method, &url, body).await;
        assert_eq!(status, 403, "{method} {path}: {answer}");
        assert_eq!(answer["code"], "confirmation_required", "{method} {path}: {answer}");
    }
    ada.opens("/account/authenticator").await;
    ada.browser.click(SUBMIT).await;
    ada.browser.wait_for_path("/account/confirm?next=/account/authenticator").await;
    ada.browser.close().await;
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn activity_is_shown_and_stored_data_are_exported() {
    let deployment = Deployment::builder().start();
    let email = deployment.registered("ada").await;
    let answer = Visitor::new().log_in(&deployment.frontend, &email, "a wrong horse battery").await;
    answer.assert_status(401);
    let ada = Person::with_chromium(&deployment).await;
    ada.signs_in(&email).await;

    ada.opens("/account/activity").await;
    for words in ["Account created", "Failed sign-in or password check", "Signed in", "127.0.0.1", "Chrom"] {
        ada.sees(words).await;
    }
    ada.browser.examine("activity").await;
    ada.opens("/account/data").await;
    ada.browser.examine("data").await;
    let export_url = format!("{}/api/me/export", deployment.frontend);
    let (status, export) = ada.browser.fetch("GET", &export_url, None).await;

    assert_eq!(status, 200, "{export}");
    assert_eq!(export["account"]["email"], Value::from(email), "{export}");
    assert_eq!(export["sessions"].as_array().unwrap().len(), 1, "{export}");
    let text = export.to_string();
    assert!(text.contains("sign_in_failed"), "{text}");
    assert!(!text.contains("$2") && !text.contains("hash"), "{text}");
    ada.browser.close().await;
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_leaves_nothing_behind() {
    let deployment = Deployment::builder().start();
    let email = deployment.registered("ada").await;
    let answer = Visitor::new().log_in(&deployment.frontend, &email, "a wrong horse battery").await;
    answer.assert_status(401);
    let ada = Person::with_chromium(&deployment).await;
    ada.signs_in(&email).await;
    let mut other = other_device(&deployment, &email, PASSWORD).await;

    ada.opens("/account/delete").await;
    ada.browser.examine("delete").await;
    ada.browser.click(SUBMIT).await;
    ada.browser.wait_for_text("#sure-error", "Select").await;
    ada.browser.examine("delete-error").await;
    ada.browser.click("#sure").await;
    ada.browser.click(SUBMIT).await;
    ada.browser.wait_for_path("/").await;
    ada.sees_message("deleted").await;

    assert!(ada.browser.client.get_named_cookie("token").await.is_err(), "the cookie is deleted");
    assert_eq!(status_of(&deployment, &mut other).await, 401);
    ada.enters(&email, PASSWORD).await;
    ada.browser.wait_for_text("main [role=alert]", "Incorrect").await;
    ada.browser.close().await;
    // A new account with the same address does not inherit the data.
    let mut newer = deployment.signed_in("ada").await;
    let activity = newer.get(&format!("{}/api/activity", deployment.frontend)).await.text;
    assert!(!activity.contains("sign_in_failed"), "{activity}");
    deployment.assert_no_panic();
}
