//! What people do with a mail in their hand: confirm an address, replace a password, change an address.
//! Each page is judged by axe-core, and kept as a picture.

use futures_util::future::join_all;
use serde_json::json;
use tests::{Answer, Mailbox, PASSWORD, Stack, Visitor};

use crate::person::Person;

const NEW_PASSWORD: &str = "another horse, another battery";

async fn post(stack: &Stack, path: &str, body: serde_json::Value) -> Answer {
    Visitor::new().post_json(&format!("{}{path}", stack.auth), &body).await
}

async fn sign_in(stack: &Stack, email: &str, password: &str) -> Visitor {
    let mut visitor = Visitor::new();
    let body = json!({"email": email, "password": password});
    let answer = visitor.post_json(&format!("{}/api/login", stack.frontend), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    visitor
}

async fn status_of_sign_in(stack: &Stack, email: &str, password: &str) -> u16 {
    post(stack, "/api/login", json!({"email": email, "password": password})).await.status
}

/// What looks through mails before people do: it opens every link, more than once.
async fn scan(link: &url::Url) {
    for _ in 0..3 {
        let mut scanner = Visitor::new();
        assert_eq!(scanner.get(link.as_str()).await.status, 200);
        let head = scanner.request(reqwest::Method::HEAD, link.as_str());
        assert_eq!(scanner.send(head).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_made_by_a_link_and_the_password_and_the_link_works_once() {
    let mailbox = Mailbox::start();
    let stack = Stack::three_programs_mailing(&mailbox, |_, _| {});
    let email = "ada@example.com";
    let ada = Person::arrives(&stack).await;
    ada.is_shown("/register").await;
    ada.browser.examine("mail-register").await;
    ada.sends(&[("email", email), ("password", PASSWORD)]).await;
    ada.browser.wait_for_path("/register/sent").await;
    ada.reads(email).await;
    ada.browser.examine("register-sent").await;
    assert_eq!(status_of_sign_in(&stack, email, PASSWORD).await, 401, "there is no account yet");

    let mail = mailbox.next_to(email).await;
    assert_eq!(mail.header("auto-submitted"), "auto-generated");
    let link = mail.link("/confirm-address");
    scan(&link).await;
    ada.browser.client.goto(link.as_str()).await.unwrap();
    assert_eq!(ada.is_told().await, email);
    ada.browser.examine("confirm-address").await;
    ada.sends(&[("current", "a wrong horse battery")]).await;
    ada.browser.wait_for_text("main [role=alert]", "password").await;
    ada.browser.examine("confirm-address-error").await;
    ada.sends(&[("current", PASSWORD)]).await;
    ada.is_inside(email).await;
    ada.browser.client.goto(link.as_str()).await.unwrap();
    ada.reads("no longer valid").await;
    ada.browser.examine("link-used").await;

    // Whoever signs up once more is told nothing on the page, and the holder everything in a mail.
    let answer = post(&stack, "/api/register", json!({"email": email, "password": NEW_PASSWORD})).await;
    let unknown = json!({"email": "eve@example.com", "password": NEW_PASSWORD});
    let other = post(&stack, "/api/register", unknown).await;
    assert_eq!((answer.status, answer.text), (other.status, other.text));
    let mail = mailbox.next_to(email).await;
    assert!(mail.subject.contains("already have an account"), "{}", mail.subject);
    mail.link("/login");
    assert_eq!(status_of_sign_in(&stack, email, NEW_PASSWORD).await, 401);
    ada.browser.close().await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_many_follow_at_once_works_for_one() {
    let mailbox = Mailbox::start();
    let stack = Stack::three_programs_mailing(&mailbox, |_, _| {});
    post(&stack, "/api/register", json!({"email": "grace@example.com", "password": PASSWORD})).await;
    let token = mailbox.next_to("grace@example.com").await.token("/confirm-address");
    let body = json!({"token": token, "password": PASSWORD});
    let answers = join_all((0..8).map(|_| post(&stack, "/api/email/verify", body.clone()))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);

    post(&stack, "/api/password/forgot", json!({"email": "grace@example.com"})).await;
    let token = mailbox.next_to("grace@example.com").await.token("/reset-password");
    let resets = (0..8).map(|n| {
        post(
            &stack,
            "/api/password/reset",
            json!({"token": token, "password": format!("{NEW_PASSWORD} {n}")}),
        )
    });
    let answers = join_all(resets).await;
    let winners: Vec<_> = (0..8).filter(|n| answers[*n].status == 200).collect();
    assert_eq!(winners.len(), 1, "{answers:?}");
    for n in 0..8 {
        let expected = if n == winners[0] { 200 } else { 401 };
        let password = format!("{NEW_PASSWORD} {n}");
        assert_eq!(status_of_sign_in(&stack, "grace@example.com", &password).await, expected, "{n}");
    }
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_replaced_by_one_link_and_all_others_and_all_sessions_end() {
    let mailbox = Mailbox::start();
    let stack = Stack::three_programs_mailing(&mailbox, |_, _| {});
    let email = stack.confirmed(&mailbox, "ada").await;
    let mut elsewhere = sign_in(&stack, &email, PASSWORD).await;
    let ada = Person::arrives(&stack).await;
    ada.is_shown("/forgot-password").await;
    ada.browser.examine("forgot-password").await;
    let mut pages = Vec::new();
    for address in ["nobody@example.com", &email] {
        ada.is_shown("/forgot-password").await;
        ada.sends(&[("email", address)]).await;
        ada.browser.wait_for_path("/forgot-password/sent").await;
        pages.push(ada.browser.text("main").await.replace(address, "ADDRESS"));
    }
    assert_eq!(pages[0], pages[1], "the page does not say who has an account");
    ada.browser.examine("forgot-password-sent").await;
    let older = mailbox.next_to(&email).await.link("/reset-password");
    post(&stack, "/api/password/forgot", json!({"email": email})).await;
    let link = mailbox.next_to(&email).await.link("/reset-password");
    mailbox.assert_none_to("nobody@example.com");
    // Whoever asks for one in her name takes nothing from her.
    scan(&older).await;
    scan(&link).await;
    ada.browser.client.goto(link.as_str()).await.unwrap();
    ada.reads("Choose a new password").await;
    ada.browser.examine("reset-password").await;
    ada.sends(&[("password", "short")]).await;
    ada.browser.wait_for_text("#password-error", "at least 8 characters").await;
    ada.browser.examine("reset-password-error").await;
    ada.sends(&[("password", NEW_PASSWORD)]).await;
    ada.browser.wait_for_path("/login").await;
    ada.browser.wait_for_text(".flash", "password has been reset").await;
    ada.goes_to("/private").await;
    ada.browser.wait_for_path("/login?next=/private").await;
    assert_eq!(elsewhere.get(&format!("{}/api/me", stack.frontend)).await.status, 401, "all sessions ended");
    assert_eq!(status_of_sign_in(&stack, &email, PASSWORD).await, 401);
    for void in [&link, &older] {
        ada.browser.client.goto(void.as_str()).await.unwrap();
        ada.reads("no longer valid").await;
    }
    let mail = mailbox.next_to(&email).await;
    assert!(mail.subject.contains("password") && mail.subject.contains("was changed"), "{}", mail.subject);
    assert!(mail.text.contains("/forgot-password"), "the way to undo it: {}", mail.text);
    ada.enters(&email, NEW_PASSWORD).await;
    ada.is_inside(&email).await;
    let mail = mailbox.next_to(&email).await;
    assert!(mail.subject.contains("New sign-in"), "a device that is new: {}", mail.subject);
    assert!(mail.text.contains("127.0.0.1") && mail.text.contains("Linux"), "{}", mail.text);
    ada.browser.close().await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_changed_by_a_link_to_the_new_one_and_the_old_one_hears_of_it() {
    let mailbox = Mailbox::start();
    let stack = Stack::three_programs_mailing(&mailbox, |_, _| {});
    let (old, new) = (stack.confirmed(&mailbox, "ada").await, "countess@example.com");
    let ada = Person::arrives(&stack).await;
    ada.signs_in(&old).await;
    ada.is_shown("/account/email").await;
    ada.browser.examine("change-address").await;
    ada.sends(&[("email", new)]).await;
    ada.browser.wait_for_path("/account").await;
    ada.browser.wait_for_text(".flash", new).await;
    ada.browser.wait_for_text("#address", &old).await;
    let notice = mailbox.next_to(&old).await;
    assert!(notice.subject.contains("about to change") && notice.text.contains(new), "{}", notice.text);
    let link = mailbox.next_to(new).await.link("/confirm-address");

    scan(&link).await;
    ada.browser.client.goto(link.as_str()).await.unwrap();
    assert_eq!(ada.is_told().await, new);
    ada.browser.examine("confirm-new-address").await;
    ada.sends(&[("current", PASSWORD)]).await;
    ada.browser.wait_for_path("/account").await;
    ada.browser.wait_for_text("#address", new).await;
    let notice = mailbox.next_to(&old).await;
    assert!(notice.subject.contains("was changed") && notice.text.contains(new), "{}", notice.text);
    ada.browser.client.goto(link.as_str()).await.unwrap();
    ada.reads("no longer valid").await;
    ada.signs_out().await;
    assert_eq!(status_of_sign_in(&stack, &old, PASSWORD).await, 401);
    ada.signs_in(new).await;
    ada.browser.close().await;

    // An address that has an account is not taken over, and its holder alone is told.
    let grace = stack.confirmed(&mailbox, "grace").await;
    let mut visitor = sign_in(&stack, new, PASSWORD).await;
    let answer = visitor.post_json(&format!("{}/api/email", stack.frontend), &json!({"email": grace})).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let mail = mailbox.next_to(&grace).await;
    assert!(mail.subject.contains("already has an account"), "{}", mail.subject);
    assert!(!mail.text.contains("token="), "{}", mail.text);
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn mails_are_written_in_the_language_of_the_page() {
    let mailbox = Mailbox::start();
    let stack = Stack::three_programs_mailing(&mailbox, |_, _| {});
    let register = format!("{}/register", stack.frontend);
    for (language, subject) in [("de", "Bestätigen"), ("fr", "Confirmez"), ("en", "Confirm your")] {
        let mut person = Visitor::new();
        let request = person.request(reqwest::Method::GET, &register).header("accept-language", language);
        let csrf = person.send(request).await.hidden_field("csrf").unwrap().to_owned();
        let email = format!("{language}@example.com");
        let fields = [("csrf", csrf.as_str()), ("email", &email), ("password", PASSWORD)];
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        let body = form.extend_pairs(fields).finish();
        let request = person.request(reqwest::Method::POST, &register).header("accept-language", language);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
        assert_eq!(person.send(request).await.status, 303, "{language}");
        let mail = mailbox.next_to(&email).await;
        assert!(mail.subject.contains(subject), "{language}: {}", mail.subject);
        mail.link("/confirm-address");
    }
}
