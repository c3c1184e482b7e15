//! PostgreSQL fails. Who is signed in stays so, and nobody is told to be signed out who is not.

use tests::{PostgresServer, Stack};
use tokio::time::sleep;

use super::{
    course::{Allowed, SETTLED, course, system},
    verify, wait_until_healed,
};
use crate::load::{BOUND, Witness};

const NO_SIGNING: Allowed = Allowed { no_signing: true, ended: &[] };

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
        let nobody = witness.nobody_signs().await;
        // What is honoured afterwards is what a verifier knew: a record that has just changed is fetched
        // when it is asked for, and kept when it is asked for again.
        witness.show_everybody().await;
        witness.show_everybody().await;
        postgres.kill();
        stack.redis.as_ref().unwrap().process().unwrap().signal("KILL");
        drop(nobody);
        sleep(SETTLED * 2).await;
        // An empty Redis is no reason to forget what was known.
        stack.redis.as_mut().unwrap().restart();
    };
    let restart = async |(_, postgres): &mut (Stack, PostgresServer), _: &Witness| postgres.restart();
    course("Redis and PostgreSQL killed and restarted", (place, NO_SIGNING), &mut both, kill, restart).await;
    both.0.assert_no_panic();
}

/// Whoever left while all was well is not let in again by what the database said before.
#[tokio::test(flavor = "multi_thread")]
async fn an_old_answer_of_the_database_is_no_evidence_after_a_sign_out() {
    let line = std::cell::RefCell::new(None);
    let stack = Stack::three_programs_with(|name, settings| {
        if name == "verify-service" {
            for setting in ["DATABASE_URL", "REDIS_URL"] {
                let (new, over_line) = tests::Line::to(&settings[setting]);
                settings.insert(setting, over_line);
                line.borrow_mut().get_or_insert_with(Vec::new).push(new);
            }
        }
    });
    let lines = line.into_inner().unwrap();
    let mut ada = stack.signed_in("ada").await;
    // The cache knows nothing any more, so that the database is asked.
    super::redis::command(stack.redis.as_ref().unwrap(), "FLUSHALL").await;
    assert_eq!(verify(&stack, &mut ada).await, 200);
    wait_until_healed(&stack, "healed").await;

    let mut left = ada.clone();
    assert_eq!(ada.post(&format!("{}/api/logout", stack.auth)).await.status, 200);
    sleep(BOUND).await;
    lines.iter().for_each(tests::Line::cut);
    for _ in 0..5 {
        let status = verify(&stack, &mut left).await;
        assert!([401, 503].contains(&status), "{status}");
    }
}
