//! Authenticator apps and recovery codes.

use auth_service::{
    domain::{Email, SecondFactorPolicy},
    storage,
};
use serde_json::{Value, json};
use tests::{Answer, AuthenticatorApp, PASSWORD, Visitor};

use crate::helpers::{TestApp, TestDatabase};

const ADA: &str = "ada@example.com";

/// Adds an authenticator app. Returns the app and the recovery codes.
async fn add_app(app: &TestApp, visitor: &mut Visitor) -> (AuthenticatorApp, Vec<String>) {
    let begun = app.post(visitor, "/api/totp/begin", json!({})).await.json();
    let phone = AuthenticatorApp::scan(begun["data"]["secret"].as_str().unwrap());
    let added = app.post(visitor, "/api/totp/confirm", json!({"code": phone.code(-1)})).await;
    added.assert_status(200);
    (phone, recovery_codes(&added))
}

fn recovery_codes(answer: &Answer) -> Vec<String> {
    let answer = answer.json();
    let codes = answer["data"]["recovery_codes"].as_array().unwrap().iter();
    codes.map(|code| code.as_str().unwrap().to_owned()).collect()
}

/// Signs in with the password. Returns the visitor and the data of the response that requests a second factor.
async fn first_step(app: &TestApp) -> (Visitor, Value) {
    let (visitor, answer) = app.log_in(ADA, PASSWORD).await;
    answer.assert_status(202);
    assert!(visitor.cookie("token").is_none(), "there is no session yet");
    (visitor, answer.json()["data"].clone())
}

async fn second_step(app: &TestApp, visitor: &mut Visitor, pending: &Value, code: &str) -> Answer {
    app.post(visitor, "/api/login/second", json!({"pending": pending, "code": code})).await
}

#[actix_web::test]
async fn an_app_is_added_with_its_first_code() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in(ADA).await;

        let begun = app.post(&mut ada, "/api/totp/begin", json!({})).await.json();
        let phone = AuthenticatorApp::scan(begun["data"]["secret"].as_str().unwrap());
        let wrong = app.post(&mut ada, "/api/totp/confirm", json!({"code": "000000"})).await;
        let right = app.post(&mut ada, "/api/totp/confirm", json!({"code": phone.code(0)})).await;

        assert!(begun["data"]["svg"].as_str().unwrap().starts_with("<svg"), "{begun}");
        let uri = begun["data"]["uri"].as_str().unwrap();
        assert!(uri.starts_with("otpauth://totp/Drawbridge:"), "{uri}");
        wrong.assert_error(401, "invalid_code");
        right.assert_status(200);
        assert_eq!(recovery_codes(&right).len(), 10);
        let account = ada.get(&app.url("/api/account")).await.json();
        assert_eq!(account["data"]["totp"], true);
    }
}

#[actix_web::test]
async fn a_sign_in_requires_a_code_and_takes_it_once() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in(ADA).await;
        let (phone, _) = add_app(&app, &mut ada).await;
        let code = phone.code(0);

        let (mut visitor, step) = first_step(&app).await;
        let wrong = second_step(&app, &mut visitor, &step["pending"], "000000").await;
        let right = second_step(&app, &mut visitor, &step["pending"], &code).await;
        let reused = second_step(&app, &mut Visitor::new(), &step["pending"], &code).await;

        assert_eq!(step["factors"], json!(["totp", "recovery_code"]));
        wrong.assert_error(401, "invalid_code");
        right.assert_status(200);
        app.me(&mut visitor).await.assert_status(200);
        reused.assert_error(401, "invalid_code");
        let kinds = app.activity(&mut ada).await;
        for kind in ["totp_added", "second_factor_failed"] {
            assert!(kinds.contains(&kind.to_owned()), "{kind}: {kinds:?}");
        }
    }
}

#[actix_web::test]
async fn a_recovery_code_replaces_the_app_once() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in(ADA).await;
        let (_, codes) = add_app(&app, &mut ada).await;
        let (_, step) = first_step(&app).await;
        let typed = codes[0].to_uppercase().replace('-', " ");

        let first = second_step(&app, &mut Visitor::new(), &step["pending"], &typed).await;
        let reused = second_step(&app, &mut Visitor::new(), &step["pending"], &typed).await;

        first.assert_status(200);
        reused.assert_error(401, "invalid_code");
        let account = ada.get(&app.url("/api/account")).await.json();
        assert_eq!(account["data"]["recovery_codes_left"], 9);
        assert!(app.activity(&mut ada).await.contains(&"recovery_code_used".to_owned()));
    }
}

#[actix_web::test]
async fn new_recovery_codes_invalidate_the_old_ones() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in(ADA).await;
        let (_, old) = add_app(&app, &mut ada).await;
        let (_, step) = first_step(&app).await;

        let new = recovery_codes(&app.post(&mut ada, "/api/recovery-codes", json!({})).await);
        let with_old = second_step(&app, &mut Visitor::new(), &step["pending"], &old[1]).await;
        let with_new = second_step(&app, &mut Visitor::new(), &step["pending"], &new[1]).await;

        with_old.assert_error(401, "invalid_code");
        with_new.assert_status(200);
    }
}

#[actix_web::test]
async fn a_removed_app_is_no_longer_requested() {
    for app in TestApp::on_both().await {
        let mut ada = app.signed_in(ADA).await;
        add_app(&app, &mut ada).await;

        let removed = app.delete(&mut ada, "/api/totp").await;

        removed.assert_status(200);
        app.log_in(ADA, PASSWORD).await.1.assert_status(200);
        assert!(app.activity(&mut ada).await.contains(&"totp_removed".to_owned()));
    }
}

#[actix_web::test]
async fn a_forged_pending_login_is_refused() {
    let app = TestApp::start(TestDatabase::Sqlite, |_| {}).await;

    let answer = second_step(&app, &mut Visitor::new(), &json!("AAAA"), "123456").await;

    answer.assert_error(401, "login_expired");
}

/// Starts an app that requires second factors, with an account that has none.
async fn requiring_factors(database: TestDatabase) -> TestApp {
    let app = TestApp::start(database, |config| config.second_factor = SecondFactorPolicy::Required).await;
    app.register(ADA, PASSWORD).await.assert_status(201);
    app
}

#[actix_web::test]
async fn a_required_factor_is_set_up_during_the_sign_in() {
    let app = requiring_factors(TestDatabase::Sqlite).await;

    let (mut ada, step) = first_step(&app).await;
    let pending = &step["pending"];
    let guess = second_step(&app, &mut ada, pending, "123456").await;
    let begun = app.post(&mut ada, "/api/totp/begin", json!({"pending": pending})).await.json();
    let phone = AuthenticatorApp::scan(begun["data"]["secret"].as_str().unwrap());
    let body = json!({"pending": pending, "code": phone.code(0)});
    let confirmed = app.post(&mut ada, "/api/totp/confirm", body).await;
    let second_app = app.post(&mut Visitor::new(), "/api/totp/begin", json!({"pending": pending})).await;

    assert_eq!((&step["enrol"], &step["factors"]), (&json!(true), &json!([])));
    guess.assert_error(401, "invalid_code");
    confirmed.assert_status(200);
    assert_eq!(recovery_codes(&confirmed).len(), 10);
    app.me(&mut ada).await.assert_status(200);
    second_app.assert_error(401, "second_factor_required");
    app.delete(&mut ada, "/api/totp").await.assert_error(409, "last_factor");
}

#[actix_web::test]
async fn no_factor_can_be_added_where_factors_are_off() {
    let app = TestApp::start(TestDatabase::Sqlite, |config| {
        config.second_factor = SecondFactorPolicy::Off;
    })
    .await;
    let mut ada = app.signed_in(ADA).await;

    let totp = app.post(&mut ada, "/api/totp/begin", json!({})).await;
    let passkey = app.post(&mut Visitor::new(), "/api/login/passkey/begin", json!({})).await;

    totp.assert_error(409, "factor_not_possible");
    passkey.assert_error(409, "factor_not_possible");
}

#[actix_web::test]
async fn a_pending_login_ends_when_the_password_changes() {
    for database in TestDatabase::BOTH {
        let app = requiring_factors(database).await;
        let (mut thief, step) = first_step(&app).await;
        let pending = &step["pending"];
        let begun = app.post(&mut thief, "/api/totp/begin", json!({"pending": pending})).await.json();
        let phone = AuthenticatorApp::scan(begun["data"]["secret"].as_str().unwrap());
        let user = app.stored_credentials(ADA).await.user_id;
        app.set_hash(user, "another".into()).await;

        let body = json!({"pending": pending, "code": phone.code(0)});
        let added = app.post(&mut thief, "/api/totp/confirm", body).await;

        added.assert_error(401, "login_expired");
        let enrolled = app.query(|c| {
            let ada = storage::find_account(c, &Email::parse(ADA).unwrap()).unwrap().unwrap();
            storage::find_enrolled_factors(c, ada.id).unwrap()
        });
        assert!(!enrolled.await.any(), "the thief's app was not added");
    }
}
