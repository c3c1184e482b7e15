//! PostgreSQL fails. Active sessions stay valid.

use tests::{Deployment, Line, PostgresServer, Redis, Service, fresh_postgres_database};
use tokio::time::sleep;

use super::{
    course::{Allowed, Course, SETTLING_TIME, System},
    verify, wait_for_recovery,
};
use crate::load::{Load, REVOCATION_BOUND};

const NO_SIGN_IN_OR_OUT: Allowed = Allowed { no_sign_in_or_out: true, stopped: &[] };

fn start_on(postgres: &PostgresServer) -> System {
    System::start(Deployment::builder().database(postgres.fresh_database()))
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_killed_and_restarted() {
    let Some(mut postgres) = PostgresServer::start_own() else { return };
    let System { deployment, targets } = start_on(&postgres);

    let name = "PostgreSQL killed and restarted";
    let kill = async |postgres: &mut PostgresServer, _: &_| postgres.kill();
    let restart = async |postgres: &mut PostgresServer, _: &_| postgres.restart();
    Course { name, targets, allowed: NO_SIGN_IN_OR_OUT }.run(&mut postgres, kill, restart).await;

    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_frozen() {
    let Some(mut postgres) = PostgresServer::start_own() else { return };
    let System { deployment, targets } = start_on(&postgres);

    let freeze = async |postgres: &mut PostgresServer, _: &_| postgres.freeze();
    let unfreeze = async |postgres: &mut PostgresServer, _: &_| postgres.unfreeze();
    Course { name: "PostgreSQL frozen", targets, allowed: NO_SIGN_IN_OR_OUT }
        .run(&mut postgres, freeze, unfreeze)
        .await;

    deployment.assert_no_panic();
}

/// A deployment and its database server, which fail together.
struct Stores {
    deployment: Deployment,
    postgres: PostgresServer,
}

impl Stores {
    /// Kills PostgreSQL and Redis, and restarts Redis without its data.
    async fn kill(&mut self, load: &Load) {
        // A sign-out between the two kills would only be stored in the database, which no verifier can read.
        let blocked = load.block_sign_ins_and_outs().await;
        // A verifier keeps a changed record only from the second request on, and honours only the records it keeps.
        load.verify_all().await;
        load.verify_all().await;
        self.postgres.kill();
        self.deployment.redis_process().unwrap().signal("KILL");
        drop(blocked);
        sleep(SETTLING_TIME * 2).await;
        // An empty Redis is no reason to forget the known records.
        self.deployment.redis_mut().restart();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_and_postgres_killed_and_restarted() {
    let Some(postgres) = PostgresServer::start_own() else { return };
    let System { deployment, targets } = start_on(&postgres);
    if deployment.redis_process().is_none() {
        return;
    }
    let mut stores = Stores { deployment, postgres };

    let kill = async |stores: &mut Stores, load: &Load| stores.kill(load).await;
    let restart = async |stores: &mut Stores, _: &Load| stores.postgres.restart();
    Course { name: "Redis and PostgreSQL killed and restarted", targets, allowed: NO_SIGN_IN_OR_OUT }
        .run(&mut stores, kill, restart)
        .await;

    stores.deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cached_database_answer_does_not_outlive_a_sign_out() {
    let database = fresh_postgres_database();
    let redis = Redis::start();
    let (database_line, database_over_line) = Line::to(&database);
    let (redis_line, redis_over_line) = Line::to(redis.url());
    let deployment = Deployment::builder()
        .database(database)
        .redis(redis)
        .setting_for(Service::Verify, "DATABASE_URL", database_over_line)
        .setting_for(Service::Verify, "REDIS_URL", redis_over_line)
        .start();
    let mut ada = deployment.signed_in("ada").await;
    // With an empty cache, the verifier asks the database.
    super::redis::command(deployment.redis(), "FLUSHALL").await;
    assert_eq!(verify(&deployment, &mut ada).await, 200);
    wait_for_recovery(&deployment, "recovered").await;

    let mut left = ada.clone();
    ada.post(&format!("{}/api/logout", deployment.auth)).await.assert_status(200);
    sleep(REVOCATION_BOUND).await;
    database_line.cut();
    redis_line.cut();

    for _ in 0..5 {
        let status = verify(&deployment, &mut left).await;
        assert!([401, 503].contains(&status), "{status}");
    }
}
