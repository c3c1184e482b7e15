//! PostgreSQL fails. Who is signed in stays so, and nobody is told to be signed out who is not.

use tests::{PostgresServer, Stack};

use super::course::{Allowed, course, system};
use crate::load::Witness;

const NO_SIGNING: Allowed = Allowed { no_signing: true, unchecked_at: &[], ended: &[] };

#[tokio::test(flavor = "multi_thread")]
async fn postgres_killed_and_restarted() {
    let Some(mut postgres) = PostgresServer::own() else { return };
    let (stack, place) = system(postgres.fresh_database(), |_, _| {});
    let kill = async |postgres: &mut PostgresServer, _: &_| postgres.kill();
    let restart = async |postgres: &mut PostgresServer, _: &_| postgres.restart();
    course("PostgreSQL killed and restarted", (place, NO_SIGNING), &mut postgres, kill, restart).await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_frozen() {
    let Some(mut postgres) = PostgresServer::own() else { return };
    let (stack, place) = system(postgres.fresh_database(), |_, _| {});
    let freeze = async |postgres: &mut PostgresServer, _: &_| postgres.freeze();
    let thaw = async |postgres: &mut PostgresServer, _: &_| postgres.thaw();
    course("PostgreSQL frozen", (place, NO_SIGNING), &mut postgres, freeze, thaw).await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_and_postgres_killed_and_restarted() {
    let Some(postgres) = PostgresServer::own() else { return };
    let (stack, place) = system(postgres.fresh_database(), |_, _| {});
    if stack.redis.as_ref().is_none_or(|redis| redis.process().is_none()) {
        return;
    }
    let mut both = (stack, postgres);
    let kill = async |(stack, postgres): &mut (Stack, PostgresServer), witness: &Witness| {
        // A sign-out between the two would be known to nobody but a database that is gone.
        let _nobody = witness.nobody_signs().await;
        postgres.kill();
        stack.redis.as_ref().unwrap().process().unwrap().signal("KILL");
    };
    let restart = async |(stack, postgres): &mut (Stack, PostgresServer), _: &Witness| {
        stack.redis.as_mut().unwrap().restart();
        postgres.restart();
    };
    course("Redis and PostgreSQL killed and restarted", (place, NO_SIGNING), &mut both, kill, restart).await;
    both.0.assert_no_panic();
}
