//! Keys of both kinds, and how one takes over from another.

use std::sync::Arc;

use auth_service::signing_keys::{KeyVault, TokenSigner};
use chrono::TimeDelta;
use jsonwebtoken::Algorithm;
use shared::{
    clock::{Clock, SharedClock, SystemClock, TestClock},
    database::{Access, Database as Pool, DatabaseSource},
    id::{SessionId, UserId},
    random::Random,
    verification::{KeyRing, Source},
};

use crate::helpers::{Database, TestApp};

#[actix_web::test]
async fn tokens_are_signed_with_the_algorithm_that_was_chosen() {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256] {
        let app = TestApp::start(Database::Sqlite, |config| config.tokens.algorithm = algorithm).await;
        let mut ada = app.signed_in("ada@example.com").await;
        let header = jsonwebtoken::decode_header(ada.cookie("token").unwrap()).unwrap();
        assert_eq!((header.alg, header.typ.as_deref()), (algorithm, Some("at+jwt")));
        assert_eq!(ada.get(&app.url("/api/me")).await.status, 200);
    }
}

#[actix_web::test]
async fn a_replica_whose_clock_is_behind_signs_with_the_key_that_another_made() {
    for app in TestApp::on_both().await {
        let vault = KeyVault::new(&app.config.master_secret, Algorithm::EdDSA);
        let an_hour_ago = SystemClock.now() - TimeDelta::hours(1);
        app.query(move |c| vault.ensure_key(c, an_hour_ago).unwrap()).await;
    }
}

#[actix_web::test]
async fn a_new_key_is_published_first_then_signs_and_the_old_one_goes_last() {
    for app in TestApp::on_both().await {
        let clock = TestClock::at(SystemClock.now());
        let shared_clock: SharedClock = clock.clone();
        let database = Pool::new(app.config.database_url.clone(), Access::Own);
        let source: Arc<dyn Source> = Arc::new(DatabaseSource::new(database.clone(), shared_clock.clone()));
        let vault = Arc::new(KeyVault::new(&app.config.master_secret, Algorithm::EdDSA));
        let user = UserId::generate(Random, clock.now());
        let session = SessionId::generate(Random, clock.now());
        // A fresh signer and ring each time: what a replica sees that starts at this moment.
        let signing_kid = async || {
            let signer =
                TokenSigner::new(vault.clone(), database.clone(), shared_clock.clone(), &app.config.tokens);
            let token = signer.issue(user, session, clock.now() + TimeDelta::days(30)).await.unwrap();
            let ring = KeyRing::new(source.clone(), app.config.tokens.parties.clone());
            let keys = ring.current().await.unwrap();
            assert!(
                !keys.check(&token.text, clock.now()).unwrap().expired,
                "what is signed now verifies now"
            );
            jsonwebtoken::decode_header(&token.text).unwrap().kid.unwrap()
        };
        let published = async || source.find_keys().await.unwrap().keys.len();

        let old = signing_kid().await;
        let (rotating, now) = (vault.clone(), clock.now());
        let lifetime = app.config.tokens.lifetime;
        let new = app.query(move |c| rotating.rotate(c, now, lifetime).unwrap()).await;
        assert_eq!((signing_kid().await, published().await), (old.clone(), 2), "published, but not signing");
        clock.advance(TimeDelta::minutes(10));
        assert_eq!(
            (signing_kid().await, published().await),
            (new.clone(), 2),
            "signing; the old one verifies"
        );
        clock.advance(TimeDelta::days(7) + TimeDelta::minutes(1));
        assert_eq!((signing_kid().await, published().await), (new, 1), "the old one's last token has ended");
    }
}
