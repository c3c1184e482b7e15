//! Sign-up, and signing in with a password.

use futures_util::future::join_all;
use tests::PASSWORD;

use crate::helpers::{TestApp, TestDatabase};

#[actix_web::test]
async fn an_address_has_one_account_in_any_spelling() {
    for app in TestApp::on_both().await {
        app.register("Ada@Example.com", PASSWORD).await.assert_status(201);
        app.register("ada@bücher.example", PASSWORD).await.assert_status(201);

        let other_case = app.register("  aDA@example.COM ", PASSWORD).await;
        let punycode = app.register("ada@xn--bcher-kva.example", PASSWORD).await;
        let (_, login) = app.log_in("ADA@EXAMPLE.COM", PASSWORD).await;

        other_case.assert_error(409, "email_taken");
        punycode.assert_error(409, "email_taken");
        login.assert_status(200);
    }
}

#[actix_web::test]
async fn an_imported_hash_is_accepted_and_kept_if_strong() {
    for app in TestApp::on_both().await {
        app.register("ada@example.com", "another password").await;
        let imported = hash_of_another_system();
        let user = app.stored_credentials("ada@example.com").await.user_id;
        app.set_hash(user, imported.clone()).await;

        let (_, login) = app.log_in("ada@example.com", PASSWORD).await;

        login.assert_status(200);
        assert_eq!(app.stored_credentials("ada@example.com").await.hash.unwrap(), imported);
    }
}

#[actix_web::test]
async fn a_weak_hash_is_replaced_at_the_next_sign_in() {
    for app in TestApp::on_both().await {
        app.register("ada@example.com", "another password").await;
        let imported = hash_of_another_system();
        let user = app.stored_credentials("ada@example.com").await.user_id;
        app.set_hash(user, imported.clone()).await;
        let stronger = TestApp::start(TestDatabase::Sqlite, |config| {
            config.database_url = app.config.database_url.clone();
            config.passwords.cost = 5;
        })
        .await;

        let (_, wrong) = stronger.log_in("ada@example.com", "wrong").await;
        let after_wrong = app.stored_credentials("ada@example.com").await.hash.unwrap();
        let (_, right) = stronger.log_in("ada@example.com", PASSWORD).await;
        let after_right = app.stored_credentials("ada@example.com").await.hash.unwrap();
        let (_, again) = stronger.log_in("ada@example.com", PASSWORD).await;

        wrong.assert_status(401);
        assert_eq!(after_wrong, imported, "a wrong password changes nothing");
        right.assert_status(200);
        assert!(after_right.starts_with("$2b$05$"), "{after_right}");
        again.assert_status(200);
    }
}

#[actix_web::test]
async fn a_password_works_in_every_encoding() {
    const COMPOSED: &str = "Zo\u{eb} s\u{e9}same ouvre-toi 42";
    const DECOMPOSED: &str = "Zoe\u{308} se\u{301}same ouvre-toi 42";
    const FULL_WIDTH: &str = "Zo\u{eb} s\u{e9}same ouvre-toi \u{ff14}\u{ff12}";
    for app in TestApp::on_both().await {
        for (name, chosen) in [("composed", COMPOSED), ("decomposed", DECOMPOSED), ("full-width", FULL_WIDTH)]
        {
            let email = format!("{name}@example.com");
            app.register(&email, chosen).await.assert_status(201);
            for entered in [COMPOSED, DECOMPOSED, FULL_WIDTH] {
                let (_, login) = app.log_in(&email, entered).await;
                assert_eq!(login.status, 200, "{name}, entered as {entered:?}: {}", login.text);
            }
            let (_, wrong) = app.log_in(&email, "Zoe sesame ouvre-toi 42").await;
            wrong.assert_status(401);
        }

        for chosen in [DECOMPOSED, FULL_WIDTH] {
            let user = app.stored_credentials("composed@example.com").await.user_id;
            app.set_hash(user, bcrypt::hash(chosen, 4).unwrap()).await;
            let (_, as_before) = app.log_in("composed@example.com", chosen).await;
            let (_, composed) = app.log_in("composed@example.com", COMPOSED).await;
            assert_eq!((as_before.status, composed.status), (200, 200), "a hash made from {chosen:?}");
        }
    }
}

/// A hash of [`PASSWORD`] with a prefix that this product does not write.
fn hash_of_another_system() -> String {
    bcrypt::hash(PASSWORD, 4).unwrap().replacen("$2b$04$", "$2y$04$", 1)
}

#[actix_web::test]
async fn a_full_queue_of_passwords_answers_busy() {
    let app = TestApp::start(TestDatabase::Sqlite, |config| {
        config.passwords.queue = 1;
        // Each hash takes long enough for the other requests to arrive.
        config.passwords.cost = 10;
    })
    .await;

    let logins = (0..40).map(|_| app.log_in("nobody@example.com", PASSWORD));
    let answers = join_all(logins).await;

    let (busy, others): (Vec<_>, Vec<_>) =
        answers.into_iter().map(|(_, answer)| answer).partition(|answer| answer.status == 503);
    assert!(!busy.is_empty());
    for answer in busy {
        answer.assert_error(503, "busy");
        assert_eq!(answer.header("retry-after"), "2");
    }
    for answer in others {
        answer.assert_status(401);
    }
}
