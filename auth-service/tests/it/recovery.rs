//! Accounts by mail: confirming an address, a forgotten password, another address.

use serde_json::json;
use tests::{AuthenticatorApp, Mood, PASSWORD, Visitor};

use crate::helpers::TestApp;

const ANOTHER: &str = "a new horse battery";

#[actix_web::test]
async fn an_account_is_made_of_a_confirmed_address_alone_and_nobody_learns_of_it() {
    for (app, mailbox) in TestApp::mailing().await {
        let mut visitor = Visitor::new();
        let first = app.register("Ada@example.com", PASSWORD).await;
        assert_eq!(app.log_in("ada@example.com", PASSWORD).await.1.status, 401, "not confirmed");
        let token = mailbox.next_to("Ada@example.com").await.token("/confirm-address");

        let look = app.post(&mut visitor, "/api/links/look", json!({"token": token})).await;
        assert_eq!(look.json()["data"], json!({"kind": "register", "email": "Ada@example.com"}));
        let verify = async |password: &str| {
            let body = json!({"token": token, "password": password});
            app.post(&mut Visitor::new(), "/api/email/verify", body).await.status_and_code()
        };
        // Whoever chose another password did not ask for this account.
        assert_eq!(verify("a wrong horse").await, (401, "invalid_credentials".into()));
        assert_eq!(verify(PASSWORD).await, (200, String::new()));
        assert_eq!(verify(PASSWORD).await, (410, "link_invalid".into()), "once");
        let (mut ada, answer) = app.log_in("ada@example.com", PASSWORD).await;
        assert_eq!(answer.status, 200);
        assert_eq!(ada.get(&app.url("/api/me")).await.json()["data"]["user"]["email_verified"], true);

        let again = app.register("ada@example.com", "some other horse").await;
        assert_eq!((first.status, first.text), (again.status, again.text), "the same answer");
        let mail = mailbox.next_to("ada@example.com").await;
        assert!(mail.subject.contains("already have an account"), "{}", mail.subject);
        assert!(mail.text.contains("/login") && mail.html.contains("/login"), "{}", mail.text);
        assert_eq!(app.log_in("ada@example.com", "some other horse").await.1.status, 401);
    }
}

#[actix_web::test]
async fn of_two_who_want_an_address_the_one_gets_it_who_reads_its_mail() {
    for (app, mailbox) in TestApp::mailing().await {
        app.register("ada@example.com", "the horse of eve").await;
        let eves = mailbox.next_to("ada@example.com").await.token("/confirm-address");
        app.register("ada@example.com", PASSWORD).await;
        let adas = mailbox.next_to("ada@example.com").await.token("/confirm-address");
        let verify = async |token: &str| {
            let body = json!({"token": token, "password": PASSWORD});
            app.post(&mut Visitor::new(), "/api/email/verify", body).await.status
        };
        assert_eq!(verify(&eves).await, 401, "a link of eve's is of no use to ada, and so to nobody");
        assert_eq!(verify(&adas).await, 200);
        assert_eq!(app.log_in("ada@example.com", "the horse of eve").await.1.status, 401);
    }
}

#[actix_web::test]
async fn a_forgotten_password_is_replaced_by_a_link_that_works_once_and_ends_all_sessions() {
    for (app, mailbox) in TestApp::mailing().await {
        let mut ada = app.confirmed(&mailbox, "ada@example.com").await;
        let forgot = async |email: &str| {
            let answer = app.post(&mut Visitor::new(), "/api/password/forgot", json!({"email": email})).await;
            (answer.status, answer.text)
        };
        let known = forgot("ada@example.com").await;
        assert_eq!(known.0, 202);
        assert_eq!(forgot("nobody@example.com").await, known);
        let older = mailbox.next_to("ada@example.com").await.token("/reset-password");
        forgot("ADA@example.com").await;
        let mail = mailbox.next_to("ada@example.com").await;
        assert!(mail.text.contains("30 minutes") && !mail.header("message-id").is_empty());
        let token = mail.token("/reset-password");
        let reset = async |token: &str, password: &str| {
            let body = json!({"token": token, "password": password});
            app.post(&mut Visitor::new(), "/api/password/reset", body).await.status_and_code()
        };
        assert_eq!(reset(&token, "password1").await, (422, "password_too_common".into()));
        assert_eq!(reset(&token, ANOTHER).await, (200, String::new()));
        for used in [&token, &older] {
            assert_eq!(reset(used, ANOTHER).await, (410, "link_invalid".into()), "used, or replaced");
        }
        let me = ada.get(&app.url("/api/me")).await;
        assert_eq!(me.status_and_code(), (401, "session_revoked".into()));
        assert_eq!(app.log_in("ada@example.com", PASSWORD).await.1.status, 401);
        let (mut ada, answer) = app.log_in("ada@example.com", ANOTHER).await;
        assert_eq!(answer.status, 200);
        let notice = mailbox.next_to("ada@example.com").await;
        assert!(
            notice.subject.contains("password") && notice.subject.contains("changed"),
            "{}",
            notice.subject
        );
        let kinds = app.activity(&mut ada).await;
        assert_eq!(kinds[..2], ["signed_in", "sign_in_failed"], "{kinds:?}");
        assert!(kinds.contains(&"password_reset".to_owned()), "{kinds:?}");
        mailbox.assert_none_to("nobody@example.com");
    }
}

#[actix_web::test]
async fn another_address_needs_its_own_mail_and_both_are_told() {
    for (app, mailbox) in TestApp::mailing().await {
        let mut ada = app.confirmed(&mailbox, "ada@example.com").await;
        app.confirmed(&mailbox, "grace@example.com").await;
        let ask = async |ada: &mut Visitor, email: &str| {
            app.post(ada, "/api/email", json!({"email": email})).await.status
        };
        assert_eq!(ask(&mut ada, "grace@example.com").await, 202, "says nothing of grace");
        let refusal = mailbox.next_to("grace@example.com").await;
        assert!(refusal.subject.contains("already has an account"), "{}", refusal.subject);
        assert!(mailbox.next_to("ada@example.com").await.text.contains("grace@example.com"));

        assert_eq!(ask(&mut ada, "ada@new.example").await, 202);
        let token = mailbox.next_to("ada@new.example").await.token("/confirm-address");
        assert!(mailbox.next_to("ada@example.com").await.text.contains("ada@new.example"));
        let email = async |ada: &mut Visitor| {
            ada.get(&app.url("/api/me")).await.json()["data"]["user"]["email"].as_str().unwrap().to_owned()
        };
        assert_eq!(email(&mut ada).await, "ada@example.com", "not before the link is followed");
        // A slip of the pen sends the link to a stranger, who does not know the password.
        let strangers = app.post(&mut Visitor::new(), "/api/email/verify", json!({"token": token})).await;
        assert_eq!(strangers.status_and_code(), (401, "invalid_credentials".into()));
        let body = json!({"token": token, "password": PASSWORD});
        let used = app.post(&mut Visitor::new(), "/api/email/verify", body.clone()).await;
        assert_eq!(used.status, 200, "{}", used.text);
        assert_eq!(app.post(&mut Visitor::new(), "/api/email/verify", body).await.status, 410);
        assert_eq!(email(&mut ada).await, "ada@new.example");
        let word = mailbox.next_to("ada@example.com").await;
        assert!(word.subject.contains("was changed") && word.text.contains("ada@new.example"));
        assert_eq!(app.log_in("ada@new.example", PASSWORD).await.1.status, 200);
        assert_eq!(app.log_in("ada@example.com", PASSWORD).await.1.status, 401);
    }
}

#[actix_web::test]
async fn an_outage_of_the_mail_server_blocks_nobody_and_loses_nothing() {
    for (app, mailbox) in TestApp::mailing().await {
        mailbox.set(Mood::Down);
        for n in 0..3 {
            assert_eq!(app.register(&format!("ada{n}@example.com"), PASSWORD).await.status, 202);
        }
        mailbox.set(Mood::Refusing(451));
        mailbox.refusal_of("ada1@example.com").await;
        mailbox.set(Mood::Willing);
        for n in 0..3 {
            mailbox.next_to(&format!("ada{n}@example.com")).await.token("/confirm-address");
        }
        // What is refused for good is not tried again, and stands in nobody's way.
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
async fn a_new_password_voids_whatever_a_thief_has_begun() {
    for (app, mailbox) in TestApp::mailing().await {
        let mut thief = app.confirmed(&mailbox, "ada@example.com").await;
        let asked = app.post(&mut thief, "/api/email", json!({"email": "thief@example.com"})).await;
        assert_eq!(asked.status, 202);
        let change = mailbox.next_to("thief@example.com").await.token("/confirm-address");
        mailbox.next_to("ada@example.com").await;
        app.post(&mut Visitor::new(), "/api/password/forgot", json!({"email": "ada@example.com"})).await;
        let token = mailbox.next_to("ada@example.com").await.token("/reset-password");
        let body = json!({"token": token, "password": ANOTHER});
        assert_eq!(app.post(&mut Visitor::new(), "/api/password/reset", body).await.status, 200);
        for password in [PASSWORD, ANOTHER] {
            let body = json!({"token": change, "password": password});
            let used = app.post(&mut Visitor::new(), "/api/email/verify", body).await;
            assert_eq!(used.status_and_code(), (410, "link_invalid".into()));
        }
    }
}

#[actix_web::test]
async fn whoever_made_an_account_with_somebody_elses_address_is_out_after_a_reset() {
    for (app, mailbox) in TestApp::mailing_unverified().await {
        let mut eve = app.signed_in("ada@example.com").await;
        mailbox.next_to("ada@example.com").await.token("/confirm-address");
        let begun = app.post(&mut eve, "/api/totp/begin", json!({})).await.json();
        let phone = AuthenticatorApp::scan(begun["data"]["secret"].as_str().unwrap());
        let added = app.post(&mut eve, "/api/totp/confirm", json!({"code": phone.code(0)})).await;
        assert_eq!(added.status, 200, "{}", added.text);
        app.post(&mut Visitor::new(), "/api/password/forgot", json!({"email": "ada@example.com"})).await;
        let token = mailbox.next_to("ada@example.com").await.token("/reset-password");
        let body = json!({"token": token, "password": ANOTHER});
        assert_eq!(app.post(&mut Visitor::new(), "/api/password/reset", body).await.status, 200);
        assert_eq!(app.log_in("ada@example.com", ANOTHER).await.1.status, 200, "eve's app is not asked for");
        assert_eq!(eve.get(&app.url("/api/me")).await.status, 401);
    }
}

#[actix_web::test]
async fn a_mail_that_can_never_be_written_stands_in_nobodys_way() {
    for (app, mailbox) in TestApp::mailing().await {
        let mut ada = app.confirmed(&mailbox, "ada@example.com").await;
        mailbox.set(Mood::Down);
        app.post(&mut ada, "/api/email", json!({"email": "ada@new.example"})).await;
        assert_eq!(app.delete(&mut ada, "/api/me").await.status, 200);
        app.register("grace@example.com", PASSWORD).await;
        // A server that refuses everybody for now, whatever the code, loses nothing.
        mailbox.set(Mood::Refusing(554));
        mailbox.refusal_of("grace@example.com").await;
        mailbox.set(Mood::Willing);
        mailbox.next_to("grace@example.com").await.token("/confirm-address");
        let words = [mailbox.next_to("ada@example.com").await, mailbox.next_to("ada@example.com").await];
        for what in ["about to change", "was deleted"] {
            assert!(words.iter().any(|mail| mail.subject.contains(what)), "{words:?}");
        }
        mailbox.assert_none_to("ada@new.example");
    }
}
