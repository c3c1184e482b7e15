//! Failures between the parts: a revoked session is never accepted beyond the documented bound, an active session is
//! never refused, and the deployment recovers by itself.

mod course;
mod database;
mod mid_write;
mod redis;
mod services;
mod topologies;

use std::time::{Duration, Instant};

use tests::{
    Deployment, DeploymentBuilder, Layout, Line, PASSWORD, Service, Visitor, fresh_postgres_database,
    time_to_refusal,
};

/// A deployment whose services reach the database through a [`Line`].
fn with_database_line() -> (DeploymentBuilder, Line) {
    let database = fresh_postgres_database();
    let (line, over_line) = Line::to(&database);
    (Deployment::builder().database(database).setting("DATABASE_URL", over_line), line)
}

async fn verify(deployment: &Deployment, visitor: &mut Visitor) -> u16 {
    visitor.post(&format!("{}/api/verify", deployment.verify)).await.status
}

/// Signs the visitor out and returns how long the old cookie was accepted.
async fn sign_out(deployment: &Deployment, visitor: &Visitor) -> Duration {
    let mut old = visitor.clone();
    let started = Instant::now();
    visitor.clone().post(&format!("{}/api/logout", deployment.auth)).await.assert_status(200);
    time_to_refusal(&mut old, &format!("{}/api/verify", deployment.verify)).await;
    started.elapsed()
}

/// Waits until sign-outs take effect immediately again.
async fn wait_for_recovery(deployment: &Deployment, names: &str) {
    let started = Instant::now();
    // A circuit breaker does not use a dependency for a second after a failure.
    while Visitor::new().get(&format!("{}/health/ready", deployment.auth)).await.status != 200 {
        assert!(started.elapsed() < Duration::from_secs(5), "auth-service does not recover");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for n in 0.. {
        let visitor = deployment.signed_in(&format!("{names}-{n}")).await;
        assert_eq!(verify(deployment, &mut visitor.clone()).await, 200);
        if sign_out(deployment, &visitor).await < Duration::from_millis(500) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(15), "the deployment does not recover");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stale_redis_data_are_not_trusted_without_the_database() {
    let (builder, line) = with_database_line();
    let mut deployment = builder.start();
    // No user has used this one yet.
    let second = deployment.add_verify_service();
    let mut stays = deployment.signed_in("stays").await;
    let mut left = deployment.signed_in("left").await;
    for visitor in [&mut stays, &mut left] {
        assert_eq!(verify(&deployment, visitor).await, 200);
    }
    deployment.redis().save();
    sign_out(&deployment, &left).await;

    line.cut();
    deployment.redis_mut().restart();

    let cut = Instant::now();
    while cut.elapsed() < Duration::from_secs(4) {
        assert_eq!(left.post(&format!("{second}/api/verify")).await.status, 503);
        assert!(matches!(verify(&deployment, &mut left).await, 401 | 503));
        assert_eq!(verify(&deployment, &mut stays).await, 200, "the last known record is honoured");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_survive_a_database_outage_within_the_grace() {
    let (builder, line) = with_database_line();
    let deployment = builder.start();
    let mut stays = deployment.signed_in("stays").await;
    let mut left = deployment.signed_in("left").await;
    assert_eq!(verify(&deployment, &mut stays).await, 200);
    sign_out(&deployment, &left).await;

    line.cut();

    let cut = Instant::now();
    while cut.elapsed() < Duration::from_secs(4) {
        assert_eq!(verify(&deployment, &mut stays).await, 200, "after {:?}", cut.elapsed());
        // The session is so new that the known record may predate it, so the verifier may not call it
        // revoked.
        assert!([401, 503].contains(&verify(&deployment, &mut left).await));
    }
    let login = Visitor::new().log_in(&deployment.auth, "stays@example.com", PASSWORD).await;
    login.assert_error(503, "unavailable");

    line.restore();

    wait_for_recovery(&deployment, "recovered").await;
    assert_eq!(verify(&deployment, &mut stays).await, 200);
    assert_eq!(verify(&deployment, &mut left).await, 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_outage_without_grace_is_a_503() {
    let database = fresh_postgres_database();
    let (line, over_line) = Line::to(&database);
    let deployment = Deployment::builder()
        .database(database)
        .setting("OUTAGE_GRACE", "0s")
        .setting("STALE_MAX", "0s")
        .setting_for(Service::Verify, "DATABASE_URL", over_line)
        .start();
    let mut ada = deployment.signed_in("ada").await;
    assert_eq!(verify(&deployment, &mut ada).await, 200);

    line.cut();
    assert_eq!(verify(&deployment, &mut ada).await, 200, "the watermark is current: the cache is trusted");
    deployment.process(Service::Auth).signal("KILL");

    let answer = wait_for_503(&deployment, &mut ada).await;
    assert_eq!(answer.header("retry-after"), "2");
    ada.get(&format!("{}/private", deployment.frontend)).await.assert_status(503);
    assert!(ada.cookie("token").is_some());
}

/// Verifies until the answer is 503. Until then, the session must be accepted.
async fn wait_for_503(deployment: &Deployment, visitor: &mut Visitor) -> tests::Answer {
    let started = Instant::now();
    loop {
        let answer = visitor.post(&format!("{}/api/verify", deployment.verify)).await;
        if answer.status == 503 {
            return answer;
        }
        assert_eq!(answer.status, 200, "an outage is never a refusal: {}", answer.text);
        assert!(started.elapsed() < Duration::from_secs(5), "the cache is still trusted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_session_is_valid_immediately() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let email = deployment.registered("ada").await;

        for n in 0..40 {
            let mut visitor = Visitor::new();
            visitor.log_in(&deployment.auth, &email, PASSWORD).await.assert_status(200);
            assert_eq!(verify(&deployment, &mut visitor).await, 200, "login {n}");
        }
    }
}
