//! Links in mail: sign-up with a confirmed address, and changing the address.

use serde_json::json;
use tests::{Answer, Mailbox, PASSWORD, Visitor};

use crate::helpers::{TestApp, TestDatabase};

/// Uses up a link that confirms an address.
async fn verify(app: &TestApp, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    app.post(&mut Visitor::new(), "/api/email/verify", body).await
}

async fn next_confirmation(mailbox: &Mailbox, email: &str) -> String {
    mailbox.next_to(email).await.token("/confirm-address")
}

#[actix_web::test]
async fn the_link_of_a_sign_up_creates_the_account_once() {
    for (app, mailbox) in TestApp::with_verification().await {
        app.register("Ada@example.com", PASSWORD).await.assert_status(202);
        let token = next_confirmation(&mailbox, "Ada@example.com").await;

        let (_, before) = app.log_in("ada@example.com", PASSWORD).await;
        let looked = app.post(&mut Visitor::new(), "/api/links/look", json!({"token": token})).await;
        let wrong = verify(&app, &token, "a wrong horse").await;
        let right = verify(&app, &token, PASSWORD).await;
        let reused = verify(&app, &token, PASSWORD).await;
        let (mut ada, after) = app.log_in("ada@example.com", PASSWORD).await;

        before.assert_status(401);
        let expected = json!({"kind": "register", "email": "Ada@example.com", "email_verified": false});
        assert_eq!(looked.json()["data"], expected);
        wrong.assert_error(401, "invalid_credentials");
        right.assert_status(200);
        reused.assert_error(410, "link_invalid");
        after.assert_status(200);
        assert_eq!(app.me(&mut ada).await.json()["data"]["user"]["email_verified"], true);
    }
}

#[actix_web::test]
async fn a_sign_up_does_not_reveal_that_an_account_exists() {
    for (app, mailbox) in TestApp::with_verification().await {
        let new = app.register("ada@example.com", PASSWORD).await;
        let token = next_confirmation(&mailbox, "ada@example.com").await;
        verify(&app, &token, PASSWORD).await.assert_status(200);

        let existing = app.register("ada@example.com", "some other horse").await;

        assert_eq!((new.status, new.text), (existing.status, existing.text));
        let hint = mailbox.next_to("ada@example.com").await;
        assert!(hint.subject.contains("already have an account"), "{}", hint.subject);
        assert!(hint.text.contains("/login") && hint.html.contains("/login"), "{}", hint.text);
        app.log_in("ada@example.com", "some other horse").await.1.assert_status(401);
    }
}

#[actix_web::test]
async fn a_link_works_only_with_the_password_of_its_sign_up() {
    for (app, mailbox) in TestApp::with_verification().await {
        app.register("ada@example.com", "the horse of eve").await;
        let eves = next_confirmation(&mailbox, "ada@example.com").await;
        app.register("ada@example.com", PASSWORD).await;
        let adas = next_confirmation(&mailbox, "ada@example.com").await;

        let with_eves = verify(&app, &eves, PASSWORD).await;
        let with_adas = verify(&app, &adas, PASSWORD).await;

        with_eves.assert_error(401, "invalid_credentials");
        with_adas.assert_status(200);
        app.log_in("ada@example.com", "the horse of eve").await.1.assert_status(401);
    }
}

/// Requests a change of the address.
async fn request_change(app: &TestApp, visitor: &mut Visitor, email: &str) -> Answer {
    app.post(visitor, "/api/email", json!({"email": email})).await
}

async fn current_email(app: &TestApp, visitor: &mut Visitor) -> String {
    app.me(visitor).await.json()["data"]["user"]["email"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn an_address_changes_when_its_link_is_used() {
    for (app, mailbox) in TestApp::with_verification().await {
        let mut ada = app.confirmed(&mailbox, "ada@example.com").await;

        request_change(&app, &mut ada, "ada@new.example").await.assert_status(202);
        let token = next_confirmation(&mailbox, "ada@new.example").await;
        let announcement = mailbox.next_to("ada@example.com").await;
        let before = current_email(&app, &mut ada).await;
        verify(&app, &token, PASSWORD).await.assert_status(200);
        let notice = mailbox.next_to("ada@example.com").await;

        assert!(announcement.text.contains("ada@new.example"), "{}", announcement.text);
        assert_eq!(before, "ada@example.com");
        assert_eq!(current_email(&app, &mut ada).await, "ada@new.example");
        assert!(notice.subject.contains("was changed"), "{}", notice.subject);
        assert!(notice.text.contains("ada@new.example"), "{}", notice.text);
        verify(&app, &token, PASSWORD).await.assert_error(410, "link_invalid");
        app.log_in("ada@new.example", PASSWORD).await.1.assert_status(200);
        app.log_in("ada@example.com", PASSWORD).await.1.assert_status(401);
    }
}

#[actix_web::test]
async fn a_stranger_cannot_use_a_misdirected_link() {
    for (app, mailbox) in TestApp::with_verification().await {
        let mut ada = app.confirmed(&mailbox, "ada@example.com").await;
        request_change(&app, &mut ada, "stranger@example.com").await.assert_status(202);
        let token = next_confirmation(&mailbox, "stranger@example.com").await;

        let answer = app.post(&mut Visitor::new(), "/api/email/verify", json!({"token": token})).await;

        answer.assert_error(401, "invalid_credentials");
        assert_eq!(current_email(&app, &mut ada).await, "ada@example.com");
    }
}

#[actix_web::test]
async fn an_unconfirmed_address_gets_no_notices() {
    for database in TestDatabase::BOTH {
        let (app, mailbox) = TestApp::with_mail(database, false).await;
        let mut ada = app.signed_in("ada@example.com").await;
        let mut grace = app.signed_in("typo@example.com").await;
        for address in ["ada@example.com", "typo@example.com"] {
            mailbox.next_to(address).await.token("/confirm-address");
        }

        app.delete(&mut ada, "/api/me").await.assert_status(200);
        request_change(&app, &mut grace, "grace@example.com").await.assert_status(202);
        let token = next_confirmation(&mailbox, "grace@example.com").await;
        verify(&app, &token, PASSWORD).await.assert_status(200);

        // The second one is claimed after the batch of the first one, and so after every older e-mail.
        for later in ["first@example.com", "second@example.com"] {
            app.register(later, PASSWORD).await.assert_status(201);
            mailbox.next_to(later).await;
        }
        mailbox.assert_none_to("ada@example.com");
        mailbox.assert_none_to("typo@example.com");
    }
}

#[actix_web::test]
async fn a_taken_address_is_not_revealed_to_the_requester() {
    for (app, mailbox) in TestApp::with_verification().await {
        let mut ada = app.confirmed(&mailbox, "ada@example.com").await;
        app.confirmed(&mailbox, "grace@example.com").await;

        let answer = request_change(&app, &mut ada, "grace@example.com").await;

        answer.assert_status(202);
        let hint = mailbox.next_to("grace@example.com").await;
        assert!(hint.subject.contains("already has an account"), "{}", hint.subject);
        let announcement = mailbox.next_to("ada@example.com").await;
        assert!(announcement.text.contains("grace@example.com"), "{}", announcement.text);
    }
}
