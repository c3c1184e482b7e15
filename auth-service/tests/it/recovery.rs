//! Forgotten passwords, and outages of the mail server.

use serde_json::json;
use tests::{Answer, AuthenticatorApp, Mailbox, Mood, PASSWORD, Visitor};

use crate::helpers::{TestApp, TestDatabase};

const NEW_PASSWORD: &str = "a new horse battery";

async fn forgot(app: &TestApp, email: &str) -> Answer {
    app.post(&mut Visitor::new(), "/api/password/forgot", json!({"email": email})).await
}

async fn reset(app: &TestApp, token: &str, password: &str) -> Answer {
    let body = json!({"token": token, "password": password});
    app.post(&mut Visitor::new(), "/api/password/reset", body).await
}

async fn next_reset(mailbox: &Mailbox, email: &str) -> String {
    mailbox.next_to(email).await.token("/reset-password")
}

#[actix_web::test]
async fn a_forgotten_password_does_not_reveal_accounts() {
    for (app, mailbox) in TestApp::with_verification().await {
        app.confirmed(&mailbox, "ada@example.com").await;

        let known = forgot(&app, "ada@example.com").await;
        let unknown = forgot(&app, "nobody@example.com").await;

        known.assert_status(202);
        assert_eq!((known.status, known.text), (unknown.status, unknown.text));
        mailbox.next_to("ada@example.com").await;
        mailbox.assert_none_to("nobody@example.com");
    }
}

#[actix_web::test]
async fn a_reset_link_works_once_and_ends_all_sessions() {
    for (app, mailbox) in TestApp::with_verification().await {
        let mut ada = app.confirmed(&mailbox, "ada@example.com").await;
        forgot(&app, "ada@example.com").await;
        let older = next_reset(&mailbox, "ada@example.com").await;
        forgot(&app, "ADA@example.com").await;
        let mail = mailbox.next_to("ada@example.com").await;
        let token = mail.token("/reset-password");

        let common = reset(&app, &token, "password1").await;
        let changed = reset(&app, &token, NEW_PASSWORD).await;
        let reused = reset(&app, &token, NEW_PASSWORD).await;
        let replaced = reset(&app, &older, NEW_PASSWORD).await;

        assert!(mail.text.contains("30 minutes"), "{}", mail.text);
        assert!(!mail.header("message-id").is_empty());
        common.assert_error(422, "password_too_common");
        changed.assert_status(200);
        reused.assert_error(410, "link_invalid");
        replaced.assert_error(410, "link_invalid");
        app.me(&mut ada).await.assert_error(401, "session_revoked");
        app.log_in("ada@example.com", PASSWORD).await.1.assert_status(401);
        app.log_in("ada@example.com", NEW_PASSWORD).await.1.assert_status(200);
    }
}

#[actix_web::test]
async fn a_reset_is_recorded_and_notified() {
    for (app, mailbox) in TestApp::with_verification().await {
        app.confirmed(&mailbox, "ada@example.com").await;
        forgot(&app, "ada@example.com").await;
        let token = next_reset(&mailbox, "ada@example.com").await;

        reset(&app, &token, NEW_PASSWORD).await.assert_status(200);
        let notice = mailbox.next_to("ada@example.com").await;
        let (mut ada, _) = app.log_in("ada@example.com", NEW_PASSWORD).await;
        let kinds = app.activity(&mut ada).await;

        assert!(notice.subject.contains("password"), "{}", notice.subject);
        assert!(notice.subject.contains("changed"), "{}", notice.subject);
        assert_eq!(kinds[..2], ["signed_in", "password_reset"], "{kinds:?}");
    }
}

#[actix_web::test]
async fn a_new_password_invalidates_other_links() {
    for (app, mailbox) in TestApp::with_verification().await {
        let mut thief = app.confirmed(&mailbox, "ada@example.com").await;
        app.post(&mut thief, "/api/email", json!({"email": "thief@example.com"})).await.assert_status(202);
        let change = mailbox.next_to("thief@example.com").await.token("/confirm-address");
        mailbox.next_to("ada@example.com").await;
        forgot(&app, "ada@example.com").await;
        let token = next_reset(&mailbox, "ada@example.com").await;

        reset(&app, &token, NEW_PASSWORD).await.assert_status(200);

        for password in [PASSWORD, NEW_PASSWORD] {
            let body = json!({"token": change, "password": password});
            let used = app.post(&mut Visitor::new(), "/api/email/verify", body).await;
            used.assert_error(410, "link_invalid");
        }
    }
}

#[actix_web::test]
async fn a_reset_evicts_a_stranger_with_the_users_address() {
    for database in TestDatabase::BOTH {
        let (app, mailbox) = TestApp::with_mail(database, false).await;
        let mut eve = app.signed_in("ada@example.com").await;
        mailbox.next_to("ada@example.com").await.token("/confirm-address");
        let begun = app.post(&mut eve, "/api/totp/begin", json!({})).await.json();
        let phone = AuthenticatorApp::scan(begun["data"]["secret"].as_str().unwrap());
        app.post(&mut eve, "/api/totp/confirm", json!({"code": phone.code(0)})).await.assert_status(200);
        forgot(&app, "ada@example.com").await;
        let token = next_reset(&mailbox, "ada@example.com").await;

        reset(&app, &token, NEW_PASSWORD).await.assert_status(200);

        let (_, login) = app.log_in("ada@example.com", NEW_PASSWORD).await;
        assert_eq!(login.status, 200, "the stranger's authenticator app is not requested");
        app.me(&mut eve).await.assert_status(401);
    }
}

#[actix_web::test]
async fn an_outage_of_the_mail_server_loses_no_mail() {
    for (app, mailbox) in TestApp::with_verification().await {
        mailbox.set(Mood::Down);
        for n in 0..3 {
            app.register(&format!("ada{n}@example.com"), PASSWORD).await.assert_status(202);
        }

        mailbox.set(Mood::Refusing(451));
        mailbox.refusal_of("ada1@example.com").await;
        mailbox.set(Mood::Willing);

        for n in 0..3 {
            mailbox.next_to(&format!("ada{n}@example.com")).await.token("/confirm-address");
        }
    }
}

#[actix_web::test]
async fn a_permanently_refused_mail_is_not_retried() {
    for (app, mailbox) in TestApp::with_verification().await {
        mailbox.set(Mood::Refusing(550));
        app.register("gone@example.com", PASSWORD).await;
        mailbox.refusal_of("gone@example.com").await;

        mailbox.set(Mood::Willing);
        app.register("there@example.com", PASSWORD).await;

        mailbox.next_to("there@example.com").await;
        mailbox.assert_none_to("gone@example.com");
    }
}

#[actix_web::test]
async fn mail_about_a_deleted_account_blocks_no_other_mail() {
    for (app, mailbox) in TestApp::with_verification().await {
        let mut ada = app.confirmed(&mailbox, "ada@example.com").await;
        mailbox.set(Mood::Down);
        app.post(&mut ada, "/api/email", json!({"email": "ada@new.example"})).await;
        app.delete(&mut ada, "/api/me").await.assert_status(200);
        app.register("grace@example.com", PASSWORD).await;

        // A reply code that refuses the sending server, not the recipient, counts as temporary.
        mailbox.set(Mood::Refusing(554));
        mailbox.refusal_of("grace@example.com").await;
        mailbox.set(Mood::Willing);

        mailbox.next_to("grace@example.com").await.token("/confirm-address");
        let notices = [mailbox.next_to("ada@example.com").await, mailbox.next_to("ada@example.com").await];
        for subject in ["about to change", "was deleted"] {
            assert!(notices.iter().any(|mail| mail.subject.contains(subject)), "{subject}: {notices:?}");
        }
        mailbox.assert_none_to("ada@new.example");
    }
}
