//! People look after their account: where they are signed in, their password, what happened, their data.

use serde_json::json;
use tests::{PASSWORD, Stack, Visitor};

use crate::person::{Person, SEND};

const NEW_PASSWORD: &str = "another horse, another battery";

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";

/// Signs in from elsewhere.
async fn elsewhere(stack: &Stack, email: &str, password: &str) -> Visitor {
    let mut visitor = Visitor::new();
    let body = json!({"email": email, "password": password});
    let request = visitor.request(reqwest::Method::POST, &format!("{}/api/login", stack.frontend));
    let answer = visitor.send(request.header("user-agent", FIREFOX).json(&body)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    visitor
}

async fn status_of(stack: &Stack, visitor: &mut Visitor) -> u16 {
    visitor.get(&format!("{}/api/me", stack.frontend)).await.status
}

/// Lets the time pass after which a session must show again who it is.
async fn let_confirmations_grow_old(stack: &Stack) {
    stack.execute("UPDATE session_details SET confirmed_at = confirmed_at - interval '11 minutes'").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_and_ended_one_by_one_and_all_at_once() {
    let stack = Stack::three_programs();
    let email = stack.registered("ada").await;
    let mut others = Vec::new();
    for _ in 0..3 {
        others.push(elsewhere(&stack, &email, PASSWORD).await);
    }
    let ada = Person::arrives(&stack).await;
    ada.signs_in(&email).await;
    ada.is_shown("/account").await;
    ada.browser.examine("account").await;
    ada.reads("Signed in on 4 devices").await;
    ada.is_shown("/account/sessions").await;
    ada.reads("This device").await;
    ada.reads("Firefox on Linux").await;
    ada.reads("127.0.0.1").await;
    ada.browser.examine("sessions").await;

    // The first that is not this one is the newest of the others.
    ada.browser.click("main form[action$='/end'] button").await;
    ada.browser.wait_for_text(".flash", "signed out").await;
    let mut statuses = Vec::new();
    for other in &mut others {
        statuses.push(status_of(&stack, other).await);
    }
    assert_eq!(statuses, [200, 200, 401]);
    ada.browser.click("#end-others").await;
    ada.browser.wait_for_text(".flash", "2 other devices").await;
    for other in &mut others {
        assert_eq!(status_of(&stack, other).await, 401);
    }
    ada.is_shown("/private").await;

    // And nobody ends a session of somebody else's.
    let mut eve = stack.signed_in("eve").await;
    let sessions = eve.get(&format!("{}/api/sessions", stack.frontend)).await.json();
    let hers = sessions["data"]["sessions"][0]["id"].as_str().unwrap().to_owned();
    let mut mallory = stack.signed_in("mallory").await;
    let url = format!("{}/api/sessions/{hers}", stack.frontend);
    let request = mallory.request(reqwest::Method::DELETE, &url);
    mallory.send(request).await;
    assert_eq!(status_of(&stack, &mut eve).await, 200);
    ada.browser.close().await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_changed_by_whoever_knows_it_and_ends_other_sessions_if_wished() {
    let stack = Stack::three_programs();
    let email = stack.registered("ada").await;
    let mut other = elsewhere(&stack, &email, PASSWORD).await;
    let ada = Person::arrives(&stack).await;
    ada.signs_in(&email).await;
    ada.is_shown("/account/password").await;
    ada.browser.examine("password").await;
    ada.sends(&[("current", "a wrong horse battery"), ("password", NEW_PASSWORD)]).await;
    ada.browser.wait_for_text("#current-error", "Incorrect password").await;
    ada.browser.examine("password-error").await;
    ada.sends(&[("current", PASSWORD), ("password", "password")]).await;
    ada.browser.wait_for_text("#password-error", "easy to guess").await;
    assert_eq!(status_of(&stack, &mut other).await, 200, "nothing has changed yet");
    ada.sends(&[("current", PASSWORD), ("password", NEW_PASSWORD)]).await;
    ada.browser.wait_for_path("/account").await;
    ada.browser.wait_for_text(".flash", "password has been changed").await;
    assert_eq!(status_of(&stack, &mut other).await, 401, "the box was ticked");

    let mut other = elsewhere(&stack, &email, NEW_PASSWORD).await;
    ada.is_shown("/account/password").await;
    ada.browser.click("#end_others").await;
    ada.sends(&[("current", NEW_PASSWORD), ("password", PASSWORD)]).await;
    ada.browser.wait_for_path("/account").await;
    assert_eq!(status_of(&stack, &mut other).await, 200, "the box was not");
    ada.browser.close().await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sensitive_change_asks_once_more_who_one_is() {
    let stack = Stack::three_programs();
    let email = stack.registered("ada").await;
    let ada = Person::arrives(&stack).await;
    ada.signs_in(&email).await;
    let_confirmations_grow_old(&stack).await;
    ada.goes_to("/account/delete").await;
    ada.browser.wait_for_path("/account/confirm?next=/account/delete").await;
    ada.browser.examine("confirm").await;
    ada.sends(&[("current", "a wrong horse battery")]).await;
    ada.browser.wait_for_text("main [role=alert]", "Incorrect").await;
    ada.browser.examine("confirm-error").await;
    ada.sends(&[("current", PASSWORD)]).await;
    ada.browser.wait_for_path("/account/delete").await;

    // Not the page alone asks.
    let_confirmations_grow_old(&stack).await;
    ada.is_shown("/account").await;
    for (method, path) in [
        ("DELETE", "/api/me"),
        ("POST", "/api/totp/begin"),
        ("POST", "/api/passkeys/begin"),
        ("POST", "/api/recovery-codes"),
        ("DELETE", "/api/totp"),
    ] {
        let body = (method == "POST").then(|| json!({}));
        let (status, answer) = ada.browser.fetch(method, &format!("{}{path}", stack.frontend), body).await;
        assert_eq!((status, &answer["code"]), (403, &json!("confirmation_required")), "{path}: {answer}");
    }
    ada.is_shown("/account/authenticator").await;
    ada.browser.click(SEND).await;
    ada.browser.wait_for_path("/account/confirm?next=/account/authenticator").await;
    ada.browser.close().await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_shown_and_what_is_kept_is_handed_out_and_deleted() {
    let stack = Stack::three_programs();
    let email = stack.registered("ada").await;
    let wrong = json!({"email": email, "password": "a wrong horse battery"});
    let mut stranger = Visitor::new();
    assert_eq!(stranger.post_json(&format!("{}/api/login", stack.frontend), &wrong).await.status, 401);
    let ada = Person::arrives(&stack).await;
    ada.signs_in(&email).await;
    ada.is_shown("/account/activity").await;
    for words in ["Account created", "Incorrect password", "Signed in", "127.0.0.1", "Chrom"] {
        ada.reads(words).await;
    }
    ada.browser.examine("activity").await;
    ada.is_shown("/account/data").await;
    ada.browser.examine("data").await;
    let (status, export) = ada.browser.fetch("GET", &format!("{}/api/me/export", stack.frontend), None).await;
    assert_eq!((status, &export["account"]["email"]), (200, &json!(email)), "{export}");
    let text = export.to_string();
    assert!(!text.contains("$2") && !text.contains("hash"), "{text}");
    assert!(export["sessions"].as_array().unwrap().len() == 1 && text.contains("sign_in_failed"), "{text}");

    let mut other = elsewhere(&stack, &email, PASSWORD).await;
    ada.is_shown("/account/delete").await;
    ada.browser.examine("delete").await;
    ada.browser.click(SEND).await;
    ada.browser.wait_for_text("#sure-error", "Select").await;
    ada.browser.examine("delete-error").await;
    ada.browser.click("#sure").await;
    ada.browser.click(SEND).await;
    ada.browser.wait_for_path("/").await;
    ada.browser.wait_for_text(".flash", "deleted").await;
    assert!(ada.browser.client.get_named_cookie("token").await.is_err(), "the cookie is gone");
    assert_eq!(status_of(&stack, &mut other).await, 401);
    ada.enters(&email, PASSWORD).await;
    ada.browser.wait_for_text("main [role=alert]", "Incorrect").await;
    ada.browser.close().await;
    // The address is free again, for somebody who gets nothing of what was there.
    let mut newer = stack.signed_in("ada").await;
    let activity = newer.get(&format!("{}/api/activity", stack.frontend)).await.text;
    assert!(!activity.contains("sign_in_failed"), "{activity}");
    stack.assert_no_panic();
}
