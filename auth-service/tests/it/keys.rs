//! Keys of both kinds, and how one takes over from another.

use std::{sync::Arc, time::Duration};

use auth_service::{
    signing_keys::{KeyVault, TokenSigner},
    storage,
};
use chrono::TimeDelta;
use drawbridge_core::{
    clock::{Clock, SharedClock, SystemClock, TestClock},
    id::{SessionId, UserId},
    metrics::Metrics,
    random::Random,
    settings::Timeouts,
};
use drawbridge_database::{Access, Database as Pool, DatabaseSource};
use drawbridge_verification::{KeyRing, Source, WantedKeys};
use jsonwebtoken::Algorithm;

use crate::helpers::{Database, TestApp};

#[actix_web::test]
async fn tokens_are_signed_with_the_algorithm_that_was_chosen() {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256] {
        let app = TestApp::start(Database::Sqlite, |config| config.tokens.algorithm = Some(algorithm)).await;
        let mut ada = app.signed_in("ada@example.com").await;
        let header = jsonwebtoken::decode_header(ada.cookie("token").unwrap()).unwrap();
        assert_eq!((header.alg, header.typ.as_deref()), (algorithm, Some("at+jwt")));
        assert_eq!(ada.get(&app.url("/api/me")).await.status, 200);
    }
}

#[actix_web::test]
async fn a_rotated_key_is_of_the_kind_of_the_one_before_and_lasts_as_long_as_its_tokens() {
    let app = TestApp::start(Database::Sqlite, |config| {
        config.tokens.algorithm = Some(Algorithm::ES256);
        config.tokens.lifetime = Duration::from_hours(20 * 24);
    })
    .await;
    let vault = KeyVault::new(&app.config.master_secret);
    let now = SystemClock.now();
    // The command knows neither the algorithm nor the lifetime of the running service.
    let keys = app
        .query(move |c| {
            vault.rotate(c, now, None).unwrap();
            storage::find_key_summaries(c).unwrap()
        })
        .await;
    let end = keys[0].expires_at.unwrap().and_utc();
    assert!(end > now + TimeDelta::days(20) && end < now + TimeDelta::days(21), "{end}");
    let jwks = tests::Visitor::new().get(&app.url("/.well-known/jwks.json")).await.json();
    assert_eq!(jwks["keys"][0]["alg"], "ES256");
}

#[actix_web::test]
async fn a_key_that_is_revoked_just_after_a_rotation_leaves_the_new_one_to_sign_at_once() {
    for app in TestApp::on_both().await {
        let vault = KeyVault::new(&app.config.master_secret);
        let (now, tokens) = (SystemClock.now(), app.config.tokens.clone());
        let old = app.query(move |c| storage::find_signing_key(c, now).unwrap().unwrap().kid).await;
        let new = app
            .query(move |c| {
                let new = vault.rotate(c, now, None).unwrap();
                assert!(vault.revoke(c, now, &old).unwrap());
                // A start and another rotation find a key, too.
                vault.ensure_key(c, now, &tokens).unwrap();
                vault.rotate(c, now, None).unwrap();
                new
            })
            .await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut ada = app.signed_in("ada@example.com").await;
        let header = jsonwebtoken::decode_header(ada.cookie("token").unwrap()).unwrap();
        assert_eq!(header.kid, Some(new));
        assert_eq!(ada.get(&app.url("/api/me")).await.status, 200);
    }
}

#[actix_web::test]
async fn a_replica_whose_clock_is_behind_signs_with_the_key_that_another_made() {
    for app in TestApp::on_both().await {
        let vault = KeyVault::new(&app.config.master_secret);
        let an_hour_ago = SystemClock.now() - TimeDelta::hours(1);
        let tokens = app.config.tokens.clone();
        app.query(move |c| vault.ensure_key(c, an_hour_ago, &tokens).unwrap()).await;
    }
}

#[actix_web::test]
async fn a_new_key_is_published_first_then_signs_and_the_old_one_goes_last() {
    for app in TestApp::on_both().await {
        let clock = TestClock::at(SystemClock.now());
        let shared_clock: SharedClock = clock.clone();
        let database =
            Pool::new(app.config.database_url.clone(), Access::Own, Timeouts::default(), &Metrics::new());
        let source: Arc<dyn Source> = Arc::new(DatabaseSource::new(database.clone(), shared_clock.clone()));
        let vault = Arc::new(KeyVault::new(&app.config.master_secret));
        let user = UserId::generate(Random, clock.now());
        let session = SessionId::generate(Random, clock.now());
        // A fresh signer and ring each time: what a replica sees that starts at this moment.
        let signing_kid = async || {
            let signer =
                TokenSigner::new(vault.clone(), database.clone(), shared_clock.clone(), &app.config.tokens);
            let token = signer.issue(user, session, clock.now() + TimeDelta::days(30)).await.unwrap();
            let ring = KeyRing::new(source.clone(), app.config.tokens.parties.clone());
            let keys = ring.current(WantedKeys::YoungerThan(KeyRing::FRESH_FOR, None)).await.unwrap();
            assert!(
                !keys.check(&token.text).unwrap().has_expired(clock.now()),
                "what is signed now verifies now"
            );
            jsonwebtoken::decode_header(&token.text).unwrap().kid.unwrap()
        };
        let published = async || source.find_keys().await.unwrap().keys.len();

        let old = signing_kid().await;
        let (rotating, now) = (vault.clone(), clock.now());
        let new = app.query(move |c| rotating.rotate(c, now, None).unwrap()).await;
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
