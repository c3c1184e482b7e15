//! Registering, and what a password opens.

use auth_service::{
    caller::Caller,
    domain::{Email, EventKind},
    storage::{self, NewEvent},
};
use tests::PASSWORD;

use crate::helpers::TestApp;

#[actix_web::test]
async fn an_address_has_one_account_whatever_its_case() {
    for app in TestApp::on_both().await {
        assert_eq!(app.register("Ada@Example.com", PASSWORD).await.status, 201);
        let again = app.register("  aDA@example.COM ", PASSWORD).await;
        assert_eq!(again.status_and_code(), (409, "email_taken".into()));
        assert_eq!(app.register("ada@bücher.example", PASSWORD).await.status, 201);
        let again = app.register("ada@xn--bcher-kva.example", PASSWORD).await;
        assert_eq!(again.status_and_code(), (409, "email_taken".into()));
        assert_eq!(app.log_in("ADA@EXAMPLE.COM", PASSWORD).await.1.status, 200);
    }
}

#[actix_web::test]
async fn a_hash_of_another_system_opens_the_account_and_is_made_stronger() {
    for app in TestApp::on_both().await {
        app.register("ada@example.com", "another password").await;
        let theirs = bcrypt::hash(PASSWORD, 4).unwrap().replacen("$2b$04$", "$2y$04$", 1);
        // The cost of this app is 4; one that wants 5 finds the hash too weak.
        let stronger = TestApp::start(crate::helpers::Database::Sqlite, |config| {
            config.database_url = app.config.database_url.clone();
            config.passwords.cost = 5;
        })
        .await;
        let stored = async || {
            let email = Email::parse("ada@example.com").unwrap();
            app.query(move |c| storage::find_credentials(c, &email).unwrap().unwrap()).await
        };
        let user = stored().await.user_id;
        let now = drawbridge_core::clock::Clock::now(&drawbridge_core::clock::SystemClock);
        let hash = theirs.clone();
        let event = NewEvent::new(EventKind::PasswordChanged, &Caller::operator(), now).to(user);
        app.query(move |c| storage::set_password(c, user, &hash, now, &event).unwrap()).await;

        assert_eq!(app.log_in("ada@example.com", PASSWORD).await.1.status, 200);
        assert_eq!(stored().await.hash.unwrap(), theirs, "as strong as is wanted");
        assert_eq!(stronger.log_in("ada@example.com", "wrong").await.1.status, 401);
        assert_eq!(stored().await.hash.unwrap(), theirs, "a wrong password changes nothing");
        assert_eq!(stronger.log_in("ada@example.com", PASSWORD).await.1.status, 200);
        assert!(stored().await.hash.unwrap().starts_with("$2b$05$"));
        assert_eq!(stronger.log_in("ada@example.com", PASSWORD).await.1.status, 200);
    }
}

#[actix_web::test]
async fn a_full_queue_says_when_to_come_back() {
    let app = TestApp::start(crate::helpers::Database::Sqlite, |config| {
        config.passwords.queue = 1;
        // Long enough that the others come while the first are still at it.
        config.passwords.cost = 10;
    })
    .await;
    let logins = (0..40).map(|_| app.log_in("nobody@example.com", PASSWORD));
    let answers = futures_util::future::join_all(logins).await;
    let busy: Vec<_> = answers.iter().filter(|(_, answer)| answer.status == 503).collect();
    assert!(!busy.is_empty());
    for (_, answer) in busy {
        assert_eq!(answer.status_and_code(), (503, "busy".into()));
        assert_eq!(answer.header("retry-after"), "2");
    }
    assert!(answers.iter().all(|(_, answer)| [401, 503].contains(&answer.status)));
}
