//! Signing keys of both algorithms, and how one replaces another.

use std::{sync::Arc, time::Duration};

use auth_service::{
    signing_keys::{KeyVault, TokenSigner, TokenSubject},
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
use drawbridge_database::{Access, Database, DatabaseSource};
use drawbridge_verification::{KeyRing, Source};
use jsonwebtoken::{Algorithm, Header, decode_header};
use secrecy::ExposeSecret;
use tests::Visitor;

use crate::helpers::{TestApp, TestDatabase};

fn token_header(visitor: &Visitor) -> Header {
    decode_header(visitor.cookie("token").unwrap()).unwrap()
}

#[actix_web::test]
async fn tokens_are_signed_with_the_configured_algorithm() {
    for algorithm in [Algorithm::EdDSA, Algorithm::ES256] {
        let app =
            TestApp::start(TestDatabase::Sqlite, |config| config.tokens.algorithm = Some(algorithm)).await;

        let mut ada = app.signed_in("ada@example.com").await;

        let header = token_header(&ada);
        assert_eq!(header.alg, algorithm);
        assert_eq!(header.typ.as_deref(), Some("drawbridge-session+jwt"));
        app.me(&mut ada).await.assert_status(200);
    }
}

#[actix_web::test]
async fn rotation_keeps_the_algorithm_and_the_old_key() {
    let app = TestApp::start(TestDatabase::Sqlite, |config| {
        config.tokens.algorithm = Some(Algorithm::ES256);
        config.tokens.lifetime = Duration::from_hours(20 * 24);
    })
    .await;
    let vault = KeyVault::new(&app.config.master_secret);
    let now = SystemClock.now();

    // Like the command, this rotation knows neither the algorithm nor the token lifetime of the service.
    let keys = app
        .query(move |c| {
            vault.rotate(c, now, None).unwrap();
            storage::find_key_summaries(c).unwrap()
        })
        .await;
    let jwks = Visitor::new().get(&app.url("/.well-known/jwks.json")).await.json();

    let old_key_end = keys[0].expires_at.unwrap().and_utc();
    assert!(old_key_end > now + TimeDelta::days(20), "{old_key_end}");
    assert!(old_key_end < now + TimeDelta::days(21), "{old_key_end}");
    assert_eq!(jwks["keys"][0]["alg"], "ES256");
}

#[actix_web::test]
async fn the_new_key_signs_at_once_if_the_old_one_is_revoked() {
    for app in TestApp::on_both().await {
        let vault = KeyVault::new(&app.config.master_secret);
        let now = SystemClock.now();
        let tokens = app.config.tokens.clone();
        let old = app.query(move |c| storage::find_signing_key(c, now).unwrap().unwrap().kid).await;

        let new = app
            .query(move |c| {
                let new = vault.rotate(c, now, None).unwrap();
                assert!(vault.revoke(c, now, &old).unwrap());
                // A restart and another rotation also find a key.
                vault.ensure_key(c, now, &tokens).unwrap();
                vault.rotate(c, now, None).unwrap();
                new
            })
            .await;
        // The signer looks up the current key once a second.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut ada = app.signed_in("ada@example.com").await;

        assert_eq!(token_header(&ada).kid, Some(new));
        app.me(&mut ada).await.assert_status(200);
    }
}

#[actix_web::test]
async fn a_replica_with_a_slow_clock_finds_the_first_key() {
    for app in TestApp::on_both().await {
        let vault = KeyVault::new(&app.config.master_secret);
        let an_hour_ago = SystemClock.now() - TimeDelta::hours(1);
        let tokens = app.config.tokens.clone();

        let ensured = app.query(move |c| vault.ensure_key(c, an_hour_ago, &tokens)).await;

        assert_eq!(ensured, Ok(()));
    }
}

/// Signers and verifiers that start at the current time of a clock.
struct FreshReplicas {
    clock: Arc<TestClock>,
    database: Database,
    source: Arc<dyn Source>,
    vault: Arc<KeyVault>,
}

impl FreshReplicas {
    fn new(app: &TestApp) -> Self {
        let clock = TestClock::at(SystemClock.now());
        let url = app.config.database_url.clone();
        let database = Database::new(url, Access::Own, Timeouts::default(), &Metrics::new());
        let source = Arc::new(DatabaseSource::new(database.clone(), clock.clone()));
        let vault = Arc::new(KeyVault::new(&app.config.master_secret));
        Self { clock, database, source, vault }
    }

    /// The ID of the key that signs now. Its tokens must be valid now.
    async fn signing_kid(&self, app: &TestApp) -> String {
        let clock: SharedClock = self.clock.clone();
        let now = clock.now();
        let signer = TokenSigner::new(self.vault.clone(), self.database.clone(), clock, &app.config.tokens);
        let user = UserId::generate(Random, now);
        let session = SessionId::generate(Random, now);
        let subject = TokenSubject { user, session, session_expires_at: now + TimeDelta::days(30) };
        let token = signer.issue_session(subject, None).await.unwrap();
        let keys = KeyRing::new(self.source.clone(), app.config.tokens.parties.clone()).keys().await.unwrap();
        assert!(!keys.check(token.text.expose_secret()).unwrap().has_expired(now));
        decode_header(token.text.expose_secret()).unwrap().kid.unwrap()
    }

    async fn published_keys(&self) -> usize {
        self.source.find_keys().await.unwrap().keys.len()
    }
}

#[actix_web::test]
async fn a_new_key_is_published_then_signs_then_replaces() {
    for app in TestApp::on_both().await {
        let replicas = FreshReplicas::new(&app);
        let old = replicas.signing_kid(&app).await;
        let vault = replicas.vault.clone();
        let now = replicas.clock.now();

        let new = app.query(move |c| vault.rotate(c, now, None).unwrap()).await;
        assert_eq!(replicas.signing_kid(&app).await, old, "the new key does not sign yet");
        assert_eq!(replicas.published_keys().await, 2);

        replicas.clock.advance(TimeDelta::minutes(10));
        assert_eq!(replicas.signing_kid(&app).await, new, "the new key signs");
        assert_eq!(replicas.published_keys().await, 2, "the old key still verifies");

        replicas.clock.advance(TimeDelta::days(7) + TimeDelta::minutes(1));
        assert_eq!(replicas.signing_kid(&app).await, new);
        assert_eq!(replicas.published_keys().await, 1, "the last token of the old key has expired");
    }
}
