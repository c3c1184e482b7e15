//! Codes of an authenticator app and recovery codes, as a person has them.

use auth_service::{
    caller::Caller,
    config::SecondFactorPolicy,
    domain::{Email, EventKind},
    storage::{self, NewEvent},
};
use drawbridge_core::clock::{Clock, SystemClock};
use serde_json::{Value, json};
use tests::{AuthenticatorApp, PASSWORD, Visitor};

use crate::helpers::{Database, TestApp};

async fn add_app(app: &TestApp, visitor: &mut Visitor) -> (AuthenticatorApp, Vec<String>) {
    let begun = app.post(visitor, "/api/totp/begin", json!({})).await.json();
    assert!(begun["data"]["svg"].as_str().unwrap().starts_with("<svg"), "{begun}");
    assert!(begun["data"]["uri"].as_str().unwrap().starts_with("otpauth://totp/Drawbridge:"), "{begun}");
    let phone = AuthenticatorApp::scan(begun["data"]["secret"].as_str().unwrap());
    let wrong = app.post(visitor, "/api/totp/confirm", json!({"code": "000000"})).await;
    assert_eq!(wrong.status_and_code(), (401, "invalid_code".into()));
    let added = app.post(visitor, "/api/totp/confirm", json!({"code": phone.code(-1)})).await;
    assert_eq!(added.status, 200, "{}", added.text);
    (phone, codes(&added.json()))
}

fn codes(answer: &Value) -> Vec<String> {
    let codes = answer["data"]["recovery_codes"].as_array().unwrap().iter();
    codes.map(|code| code.as_str().unwrap().to_owned()).collect()
}

async fn first_step(app: &TestApp, email: &str) -> (Visitor, Value) {
    let (visitor, answer) = app.log_in(email, PASSWORD).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    assert!(visitor.cookie("token").is_none(), "no session yet");
    (visitor, answer.json()["data"].clone())
}

#[actix_web::test]
async fn each_code_is_good_once_and_the_password_alone_is_not_enough() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in("ada@example.com").await;
        let (phone, recovery) = add_app(&app, &mut ada).await;
        assert_eq!(recovery.len(), 10);

        let (mut visitor, step) = first_step(&app, "ada@example.com").await;
        assert_eq!(step["factors"], json!(["totp", "recovery_code"]));
        let second = async |visitor: &mut Visitor, code: &str| {
            let body = json!({"pending": step["pending"], "code": code});
            app.post(visitor, "/api/login/second", body).await.status_and_code()
        };
        assert_eq!(second(&mut visitor, "000000").await, (401, "invalid_code".into()));
        let code = phone.code(0);
        assert_eq!(second(&mut visitor, &code).await, (200, String::new()));
        assert_eq!(visitor.get(&app.url("/api/me")).await.status, 200);
        assert_eq!(second(&mut Visitor::new(), &code).await, (401, "invalid_code".into()), "once");

        let typed = recovery[0].to_uppercase().replace('-', " ");
        assert_eq!(second(&mut Visitor::new(), &typed).await, (200, String::new()));
        assert_eq!(second(&mut Visitor::new(), &typed).await, (401, "invalid_code".into()), "once");
        let account = ada.get(&app.url("/api/account")).await.json();
        assert_eq!(account["data"]["recovery_codes_left"], 9);
        assert_eq!(account["data"]["totp"], true);
        let forged = json!({"pending": "AAAA", "code": phone.code(1)});
        let answer = app.post(&mut Visitor::new(), "/api/login/second", forged).await;
        assert_eq!(answer.status_and_code(), (401, "login_expired".into()));

        let renewed = app.post(&mut ada, "/api/recovery-codes", json!({})).await.json();
        assert_eq!(second(&mut Visitor::new(), &recovery[1]).await.0, 401, "the old ones are void");
        assert_eq!(second(&mut Visitor::new(), &codes(&renewed)[1]).await.0, 200);
        assert_eq!(app.delete(&mut ada, "/api/totp").await.status, 200);
        assert_eq!(app.log_in("ada@example.com", PASSWORD).await.1.status, 200, "not asked for any more");
        let kinds = app.activity(&mut ada).await;
        for kind in ["totp_added", "second_factor_failed", "recovery_code_used", "totp_removed"] {
            assert!(kinds.contains(&kind.to_owned()), "{kind}: {kinds:?}");
        }
    }
}

#[actix_web::test]
async fn where_a_factor_is_required_whoever_has_none_sets_one_up_first_and_keeps_one() {
    let app = TestApp::start(Database::Sqlite, |config| {
        config.second_factor = SecondFactorPolicy::Required;
    })
    .await;
    app.register("ada@example.com", PASSWORD).await;
    let (mut ada, step) = first_step(&app, "ada@example.com").await;
    assert_eq!((&step["enrol"], &step["factors"]), (&json!(true), &json!([])));
    let pending = &step["pending"];
    let guess = json!({"pending": pending, "code": "123456"});
    assert_eq!(app.post(&mut ada, "/api/login/second", guess).await.status, 401, "there is none to be shown");
    let begun = app.post(&mut ada, "/api/totp/begin", json!({"pending": pending})).await.json();
    let phone = AuthenticatorApp::scan(begun["data"]["secret"].as_str().unwrap());
    let body = json!({"pending": pending, "code": phone.code(0)});
    let confirmed = app.post(&mut ada, "/api/totp/confirm", body).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text);
    assert_eq!(codes(&confirmed.json()).len(), 10);
    assert_eq!(ada.get(&app.url("/api/me")).await.status, 200, "signed in");
    // The same half sign-in adds no second app past the first.
    let again = app.post(&mut Visitor::new(), "/api/totp/begin", json!({"pending": pending})).await;
    assert_eq!(again.status_and_code(), (401, "second_factor_required".into()));
    let removed = app.delete(&mut ada, "/api/totp").await;
    assert_eq!(removed.status_and_code(), (409, "last_factor".into()));
}

#[actix_web::test]
async fn where_factors_are_off_nobody_is_asked_for_one() {
    let app = TestApp::start(Database::Sqlite, |config| {
        config.second_factor = SecondFactorPolicy::Off;
    })
    .await;
    let mut ada = app.signed_in("ada@example.com").await;
    let begun = app.post(&mut ada, "/api/totp/begin", json!({})).await;
    assert_eq!(begun.status_and_code(), (409, "factor_not_possible".into()));
    let passkey = app.post(&mut Visitor::new(), "/api/login/passkey/begin", json!({})).await;
    assert_eq!(passkey.status_and_code(), (409, "factor_not_possible".into()));
}

#[actix_web::test]
async fn a_sign_in_that_waits_adds_nothing_once_the_password_is_another() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::start(database, |config| {
            config.second_factor = SecondFactorPolicy::Required;
        })
        .await;
        app.register("ada@example.com", PASSWORD).await;
        let (mut thief, step) = first_step(&app, "ada@example.com").await;
        let pending = &step["pending"];
        let begun = app.post(&mut thief, "/api/totp/begin", json!({"pending": pending})).await.json();
        let phone = AuthenticatorApp::scan(begun["data"]["secret"].as_str().unwrap());
        app.query(|c| {
            let ada = storage::find_account(c, &Email::parse("ada@example.com").unwrap()).unwrap().unwrap();
            let now = SystemClock.now();
            let event = NewEvent::new(EventKind::PasswordChanged, &Caller::operator(), now).to(ada.id);
            storage::set_password(c, ada.id, "another", now, &event).unwrap();
        })
        .await;
        let body = json!({"pending": pending, "code": phone.code(0)});
        let added = app.post(&mut thief, "/api/totp/confirm", body).await;
        assert_eq!(added.status_and_code(), (401, "login_expired".into()));
        let has = app.query(|c| {
            let ada = storage::find_account(c, &Email::parse("ada@example.com").unwrap()).unwrap().unwrap();
            storage::find_second_factors(c, ada.id).unwrap()
        });
        assert!(!has.await.any(), "nothing of the thief's is left");
    }
}
