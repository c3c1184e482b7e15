//! What users do with an e-mail: confirm an address, reset a password, change an address. axe-core checks each page,
//! and a screenshot of it is saved.

use futures_util::future::join_all;
use reqwest::{Method, header};
use serde_json::{Value, json};
use tests::{Answer, Deployment, Mailbox, PASSWORD, Visitor, credentials};
use url::Url;

use crate::person::Person;

const NEW_PASSWORD: &str = "another horse, another battery";

async fn post(deployment: &Deployment, path: &str, body: Value) -> Answer {
    Visitor::new().post_json(&format!("{}{path}", deployment.auth), &body).await
}

async fn sign_in(deployment: &Deployment, email: &str, password: &str) -> Visitor {
    let mut visitor = Visitor::new();
    visitor.log_in(&deployment.frontend, email, password).await.assert_status(200);
    visitor
}

async fn login_status(deployment: &Deployment, email: &str, password: &str) -> u16 {
    Visitor::new().log_in(&deployment.auth, email, password).await.status
}

/// Opens the link several times, as mail scanners do before the user sees the e-mail.
async fn scan(link: &Url) {
    for _ in 0..3 {
        let mut scanner = Visitor::new();
        scanner.get(link.as_str()).await.assert_status(200);
        let head = scanner.request(Method::HEAD, link.as_str());
        scanner.send(head).await.assert_status(200);
    }
}

async fn open(person: &Person<'_>, link: &Url) {
    person.browser.client.goto(link.as_str()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_confirmed_with_a_link_and_the_password() {
    let mailbox = Mailbox::start();
    let deployment = Deployment::builder().mail(&mailbox).start();
    let email = "ada@example.com";
    let ada = Person::with_chromium(&deployment).await;
    ada.opens("/register").await;
    ada.browser.examine("mail-register").await;
    ada.submits(&[("email", email), ("password", PASSWORD)]).await;
    ada.browser.wait_for_path("/register/sent").await;
    ada.sees(email).await;
    ada.browser.examine("register-sent").await;
    assert_eq!(login_status(&deployment, email, PASSWORD).await, 401, "the account does not exist yet");

    let mail = mailbox.next_to(email).await;
    assert_eq!(mail.header("auto-submitted"), "auto-generated");
    let link = mail.link("/confirm-address");
    scan(&link).await;
    open(&ada, &link).await;
    assert_eq!(ada.shown_address().await, email);
    ada.browser.examine("confirm-address").await;
    ada.submits(&[("current", "a wrong horse battery")]).await;
    ada.browser.wait_for_text("main [role=alert]", "password").await;
    ada.browser.examine("confirm-address-error").await;
    ada.submits(&[("current", PASSWORD)]).await;
    ada.is_signed_in(email).await;

    open(&ada, &link).await;
    ada.sees("no longer valid").await;
    ada.browser.examine("link-used").await;
    ada.browser.close().await;
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_with_a_known_address_informs_its_owner_only() {
    let mailbox = Mailbox::start();
    let deployment = Deployment::builder().mail(&mailbox).start();
    let email = deployment.confirmed(&mailbox, "ada").await;

    let known = post(&deployment, "/api/register", credentials(&email, NEW_PASSWORD)).await;
    let unknown = post(&deployment, "/api/register", credentials("eve@example.com", NEW_PASSWORD)).await;

    assert_eq!(known.status, unknown.status);
    assert_eq!(known.text, unknown.text);
    let mail = mailbox.next_to(&email).await;
    assert!(mail.subject.contains("already have an account"), "{}", mail.subject);
    mail.link("/login");
    assert_eq!(login_status(&deployment, &email, NEW_PASSWORD).await, 401);
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_works_for_one_of_many_concurrent_requests() {
    let mailbox = Mailbox::start();
    let deployment = Deployment::builder().mail(&mailbox).start();
    let email = "grace@example.com";
    post(&deployment, "/api/register", credentials(email, PASSWORD)).await;

    let token = mailbox.next_to(email).await.token("/confirm-address");
    let body = json!({"token": token, "password": PASSWORD});
    let confirmations = (0..8).map(|_| post(&deployment, "/api/email/verify", body.clone()));
    let answers = join_all(confirmations).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");

    post(&deployment, "/api/password/forgot", json!({"email": email})).await;
    let token = mailbox.next_to(email).await.token("/reset-password");
    let passwords: Vec<_> = (0..8).map(|n| format!("{NEW_PASSWORD} {n}")).collect();
    let resets = passwords.iter().map(|password| {
        post(&deployment, "/api/password/reset", json!({"token": token, "password": password}))
    });
    let answers = join_all(resets).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");

    for (password, answer) in passwords.iter().zip(&answers) {
        let expected = if answer.status == 200 { 200 } else { 401 };
        assert_eq!(login_status(&deployment, email, password).await, expected, "{password}");
    }
    deployment.assert_no_panic();
}

/// Requests a reset link on the page, and returns the text of the next page without the address.
async fn request_reset(person: &Person<'_>, email: &str) -> String {
    person.opens("/forgot-password").await;
    person.submits(&[("email", email)]).await;
    person.browser.wait_for_path("/forgot-password/sent").await;
    person.browser.text("main").await.replace(email, "ADDRESS")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_reset_page_does_not_say_who_has_an_account() {
    let mailbox = Mailbox::start();
    let deployment = Deployment::builder().mail(&mailbox).start();
    let email = deployment.confirmed(&mailbox, "ada").await;
    let ada = Person::with_chromium(&deployment).await;
    ada.opens("/forgot-password").await;
    ada.browser.examine("forgot-password").await;

    let unknown = request_reset(&ada, "nobody@example.com").await;
    let known = request_reset(&ada, &email).await;

    assert_eq!(unknown, known);
    ada.browser.examine("forgot-password-sent").await;
    mailbox.next_to(&email).await.link("/reset-password");
    mailbox.assert_none_to("nobody@example.com");
    ada.browser.close().await;
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_reset_ends_all_sessions_and_voids_all_links() {
    let mailbox = Mailbox::start();
    let deployment = Deployment::builder().mail(&mailbox).start();
    let email = deployment.confirmed(&mailbox, "ada").await;
    let mut other_device = sign_in(&deployment, &email, PASSWORD).await;
    let ada = Person::with_chromium(&deployment).await;
    request_reset(&ada, &email).await;
    let older = mailbox.next_to(&email).await.link("/reset-password");
    post(&deployment, "/api/password/forgot", json!({"email": email})).await;
    let link = mailbox.next_to(&email).await.link("/reset-password");
    scan(&older).await;
    scan(&link).await;

    open(&ada, &link).await;
    ada.sees("Choose a new password").await;
    ada.browser.examine("reset-password").await;
    ada.submits(&[("password", "short")]).await;
    ada.browser.wait_for_text("#password-error", "at least 8 characters").await;
    ada.browser.examine("reset-password-error").await;
    ada.submits(&[("password", NEW_PASSWORD)]).await;
    ada.browser.wait_for_path("/login").await;
    ada.sees_message("password has been reset").await;

    ada.goes_to("/private").await;
    ada.browser.wait_for_path("/login?next=/private").await;
    let me = other_device.get(&format!("{}/api/me", deployment.frontend)).await;
    assert_eq!(me.status, 401, "all sessions have ended");
    assert_eq!(login_status(&deployment, &email, PASSWORD).await, 401);
    for void in [&link, &older] {
        open(&ada, void).await;
        ada.sees("no longer valid").await;
    }
    ada.browser.close().await;
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_notified_of_a_reset_and_of_a_new_device() {
    let mailbox = Mailbox::start();
    let deployment = Deployment::builder().mail(&mailbox).start();
    let email = deployment.confirmed(&mailbox, "ada").await;
    sign_in(&deployment, &email, PASSWORD).await;
    post(&deployment, "/api/password/forgot", json!({"email": email})).await;
    let token = mailbox.next_to(&email).await.token("/reset-password");
    let ada = Person::with_chromium(&deployment).await;

    let body = json!({"token": token, "password": NEW_PASSWORD});
    post(&deployment, "/api/password/reset", body).await.assert_status(200);
    let reset = mailbox.next_to(&email).await;
    ada.enters(&email, NEW_PASSWORD).await;
    ada.is_signed_in(&email).await;
    let new_device = mailbox.next_to(&email).await;

    assert!(reset.subject.contains("password") && reset.subject.contains("was changed"), "{}", reset.subject);
    assert!(reset.text.contains("/forgot-password"), "a way to undo it: {}", reset.text);
    assert!(new_device.subject.contains("New sign-in"), "{}", new_device.subject);
    let is_loopback = ["127.0.0.1", "::1"].iter().any(|address| new_device.text.contains(address));
    assert!(is_loopback, "{}", new_device.text);
    assert!(new_device.text.contains("Linux"), "{}", new_device.text);
    ada.browser.close().await;
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_changed_with_a_link_to_the_new_one() {
    let mailbox = Mailbox::start();
    let deployment = Deployment::builder().mail(&mailbox).start();
    let old = deployment.confirmed(&mailbox, "ada").await;
    let new = "countess@example.com";
    let ada = Person::with_chromium(&deployment).await;
    ada.signs_in(&old).await;

    ada.opens("/account/email").await;
    ada.browser.examine("change-address").await;
    ada.submits(&[("email", new)]).await;
    ada.browser.wait_for_path("/account").await;
    ada.sees_message(new).await;
    ada.browser.wait_for_text("#address", &old).await;
    let notice = mailbox.next_to(&old).await;
    assert!(notice.subject.contains("about to change"), "{}", notice.subject);
    assert!(notice.text.contains(new), "{}", notice.text);
    let link = mailbox.next_to(new).await.link("/confirm-address");
    scan(&link).await;

    open(&ada, &link).await;
    assert_eq!(ada.shown_address().await, new);
    ada.browser.examine("confirm-new-address").await;
    ada.submits(&[("current", PASSWORD)]).await;
    ada.browser.wait_for_path("/account").await;
    ada.browser.wait_for_text("#address", new).await;
    let notice = mailbox.next_to(&old).await;
    assert!(notice.subject.contains("was changed"), "{}", notice.subject);
    assert!(notice.text.contains(new), "{}", notice.text);

    open(&ada, &link).await;
    ada.sees("no longer valid").await;
    ada.signs_out().await;
    assert_eq!(login_status(&deployment, &old, PASSWORD).await, 401);
    ada.signs_in(new).await;
    ada.browser.close().await;
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_another_account_is_not_taken_over() {
    let mailbox = Mailbox::start();
    let deployment = Deployment::builder().mail(&mailbox).start();
    let ada = deployment.confirmed(&mailbox, "ada").await;
    let grace = deployment.confirmed(&mailbox, "grace").await;
    let mut visitor = sign_in(&deployment, &ada, PASSWORD).await;

    let url = format!("{}/api/email", deployment.frontend);
    let answer = visitor.post_json(&url, &json!({"email": grace})).await;

    answer.assert_status(202);
    let mail = mailbox.next_to(&grace).await;
    assert!(mail.subject.contains("already has an account"), "{}", mail.subject);
    assert!(!mail.text.contains("token="), "{}", mail.text);
    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_is_in_the_language_of_the_page() {
    let mailbox = Mailbox::start();
    let deployment = Deployment::builder().mail(&mailbox).start();
    let register = format!("{}/register", deployment.frontend);

    for (language, subject) in [("de", "Bestätigen"), ("fr", "Confirmez"), ("en", "Confirm your")] {
        let email = format!("{language}@example.com");
        let mut person = Visitor::new();
        let page = person.request(Method::GET, &register).header(header::ACCEPT_LANGUAGE, language);
        let csrf = person.send(page).await.hidden_field("csrf").unwrap().to_owned();
        let fields = [("csrf", csrf.as_str()), ("email", &email), ("password", PASSWORD)];
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let form = person
            .request(Method::POST, &register)
            .header(header::ACCEPT_LANGUAGE, language)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        let answer = person.send(form).await;

        assert_eq!(answer.status, 303, "{language}: {}", answer.text);
        let mail = mailbox.next_to(&email).await;
        assert!(mail.subject.contains(subject), "{language}: {}", mail.subject);
        mail.link("/confirm-address");
    }
}
