//! Whether an address is verified, wherever the API states it.

use serde_json::{Value, json};
use tests::{Answer, AuthenticatorApp, Mailbox, PASSWORD, Visitor};

use crate::helpers::{TestApp, TestDatabase};

const ADA: &str = "ada@example.com";

/// The flag beside each address in an answer; `None` for an address without one.
fn flags(answer: &Answer) -> Vec<Option<bool>> {
    let mut flags = Vec::new();
    collect_flags(&answer.json(), &mut flags);
    flags
}

fn collect_flags(value: &Value, flags: &mut Vec<Option<bool>>) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("email") {
                flags.push(fields.get("email_verified").and_then(Value::as_bool));
            }
            fields.values().for_each(|value| collect_flags(value, flags));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_flags(value, flags)),
        _ => {}
    }
}

/// Signs in and asks for everything that contains the user's address.
async fn answers_with_the_address(app: &TestApp) -> Vec<(&'static str, Answer)> {
    let (mut ada, login) = app.log_in(ADA, PASSWORD).await;
    let refresh = ada.post(&app.url("/api/refresh")).await;
    let me = app.me(&mut ada).await;
    let account = ada.get(&app.url("/api/account")).await;
    let export = ada.get(&app.url("/api/me/export")).await;
    vec![("login", login), ("refresh", refresh), ("me", me), ("account", account), ("export", export)]
}

/// Looks at a link without using it up.
async fn look(app: &TestApp, token: &str) -> Answer {
    app.post(&mut Visitor::new(), "/api/links/look", json!({"token": token})).await
}

/// Uses up a link that confirms an address.
async fn verify(app: &TestApp, token: &str) -> Answer {
    let body = json!({"token": token, "password": PASSWORD});
    app.post(&mut Visitor::new(), "/api/email/verify", body).await
}

async fn next_confirmation(mailbox: &Mailbox, email: &str) -> String {
    mailbox.next_to(email).await.token("/confirm-address")
}

#[actix_web::test]
async fn every_address_has_its_flag() {
    for database in TestDatabase::BOTH {
        let (app, mailbox) = TestApp::with_mail(database, false).await;

        let registered = app.register(ADA, PASSWORD).await;
        let token = next_confirmation(&mailbox, ADA).await;
        let before = answers_with_the_address(&app).await;
        let looked = look(&app, &token).await;
        let verified = verify(&app, &token).await;
        let after = answers_with_the_address(&app).await;

        assert_eq!(flags(&registered), [Some(false)]);
        assert_eq!(flags(&looked), [Some(false)]);
        assert_eq!(flags(&verified), [Some(true)]);
        for (answers, expected) in [(before, false), (after, true)] {
            for (case, answer) in answers {
                answer.assert_status(200);
                assert_eq!(flags(&answer), [Some(expected)], "{case}: {}", answer.text);
            }
        }
    }
}

#[actix_web::test]
async fn a_second_step_states_what_is_true_by_then() {
    for database in TestDatabase::BOTH {
        let (app, mailbox) = TestApp::with_mail(database, false).await;
        app.register(ADA, PASSWORD).await.assert_status(201);
        let token = next_confirmation(&mailbox, ADA).await;
        let (mut ada, _) = app.log_in(ADA, PASSWORD).await;
        let begun = app.post(&mut ada, "/api/totp/begin", json!({})).await.json();
        let phone = AuthenticatorApp::scan(begun["data"]["secret"].as_str().unwrap());
        let added = app.post(&mut ada, "/api/totp/confirm", json!({"code": phone.code(-1)})).await;
        added.assert_status(200);

        let (mut visitor, first) = app.log_in(ADA, PASSWORD).await;
        verify(&app, &token).await.assert_status(200);
        let body = json!({"pending": first.json()["data"]["pending"], "code": phone.code(0)});
        let second = app.post(&mut visitor, "/api/login/second", body).await;

        first.assert_status(202);
        second.assert_status(200);
        assert_eq!(flags(&second), [Some(true)], "{}", second.text);
    }
}

#[actix_web::test]
async fn a_link_says_whether_its_address_is_verified() {
    for (app, mailbox) in TestApp::with_verification().await {
        let mut ada = app.confirmed(&mailbox, ADA).await;
        let body = json!({"email": "ada@new.example"});
        app.post(&mut ada, "/api/email", body).await.assert_status(202);
        let change = next_confirmation(&mailbox, "ada@new.example").await;
        mailbox.next_to(ADA).await;
        let body = json!({"email": ADA});
        app.post(&mut Visitor::new(), "/api/password/forgot", body).await.assert_status(202);
        let reset = mailbox.next_to(ADA).await.token("/reset-password");

        assert_eq!(flags(&look(&app, &change).await), [Some(false)], "a new address");
        assert_eq!(flags(&look(&app, &reset).await), [Some(true)], "the account's address");
    }
}
