//! Redis fails. People go on being verified, sign in and sign out.

use std::{cell::RefCell, time::Duration};

use tests::{Line, Redis, Stack, fresh_postgres_database};
use tokio::time::sleep;

use super::course::{Allowed, course, system};
use crate::load::Witness;

/// Longer than the relay's interval. A watermark that is on its way to a Redis that does not answer
/// arrives when it does again; nobody signs out before it was sent, and so it tells of nobody who
/// signs out later.
const UNDER_WAY: Duration = Duration::from_millis(700);

/// Redis, if it is the test's own.
fn redis(stack: &Stack) -> Option<&tests::Process> {
    stack.redis.as_ref().and_then(Redis::process)
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_killed_and_restarted() {
    let (mut stack, place) = system(fresh_postgres_database(), |_, _| {});
    if redis(&stack).is_none() {
        return;
    }
    let kill = async |stack: &mut Stack, _: &_| redis(stack).unwrap().signal("KILL");
    let restart = async |stack: &mut Stack, _: &_| stack.redis.as_mut().unwrap().restart();
    course("Redis killed and restarted", (place, Allowed::default()), &mut stack, kill, restart).await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_comes_back_with_old_data() {
    let (mut stack, place) = system(fresh_postgres_database(), |_, _| {});
    if redis(&stack).is_none() {
        return;
    }
    // Twice: so soon that the old watermark still looks young, and then after the bound.
    let soon = async |stack: &mut Stack, witness: &Witness| {
        let leaves = witness.sign_in("barbara").await.unwrap();
        let redis = stack.redis.as_mut().unwrap();
        redis.save();
        assert!(witness.sign_out(&leaves).await);
        redis.process().unwrap().signal("KILL");
        redis.restart();
    };
    let late = async |stack: &mut Stack, _: &_| {
        redis(stack).unwrap().signal("KILL");
        stack.redis.as_mut().unwrap().restart();
    };
    course("Redis back with old data", (place, Allowed::default()), &mut stack, soon, late).await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_frozen() {
    let (mut stack, place) = system(fresh_postgres_database(), |_, _| {});
    if redis(&stack).is_none() {
        return;
    }
    let freeze = async |stack: &mut Stack, witness: &Witness| {
        let _nobody = witness.nobody_signs().await;
        redis(stack).unwrap().signal("STOP");
        sleep(UNDER_WAY).await;
    };
    let thaw = async |stack: &mut Stack, _: &_| redis(stack).unwrap().signal("CONT");
    course("Redis frozen", (place, Allowed::default()), &mut stack, freeze, thaw).await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_flushed() {
    let (mut stack, place) = system(fresh_postgres_database(), |_, _| {});
    let flush = async |stack: &mut Stack, _: &_| command(stack.redis.as_ref().unwrap(), "FLUSHALL").await;
    let cut_all = async |stack: &mut Stack, _: &_| {
        command(stack.redis.as_ref().unwrap(), "FLUSHALL").await;
        command(stack.redis.as_ref().unwrap(), "CLIENT KILL TYPE normal").await;
    };
    course("Redis flushed", (place, Allowed::default()), &mut stack, flush, cut_all).await;
    stack.assert_no_panic();
}

/// The address of Redis leads to a replica that is behind, and later back to the server of before,
/// which has not heard of anything since.
#[tokio::test(flavor = "multi_thread")]
async fn redis_failed_over_to_a_replica_that_is_behind_and_back() {
    let replica = Redis::start();
    let line: RefCell<Option<Line>> = RefCell::new(None);
    let (stack, place) = system(fresh_postgres_database(), |_, settings| {
        let mut line = line.borrow_mut();
        let line = line.get_or_insert_with(|| Line::to(&settings["REDIS_URL"]).0);
        settings.insert("REDIS_URL", line.url_over(&settings["REDIS_URL"]));
    });
    if replica.process().is_none() {
        return;
    }
    let primary = stack.redis.as_ref().unwrap();
    let port = primary.url().rsplit_once(':').unwrap().1;
    command(primary, "CONFIG SET repl-diskless-sync-delay 0").await;
    command(&replica, &format!("REPLICAOF 127.0.0.1 {port}")).await;
    let mut line = line.into_inner().unwrap();
    let over = async |line: &mut Line, witness: &Witness| {
        let [before, after] = [witness.sign_in("barbara").await, witness.sign_in("barbara").await];
        command(primary, "WAIT 1 400").await;
        command(&replica, "REPLICAOF NO ONE").await;
        assert!(witness.sign_out(&before.unwrap()).await);
        line.lead_to(replica.url());
        assert!(witness.sign_out(&after.unwrap()).await);
    };
    let back = async |line: &mut Line, _: &_| line.lead_to(primary.url());
    course("Redis failed over and back", (place, Allowed::default()), &mut line, over, back).await;
    stack.assert_no_panic();
}

/// Redis is out of reach of some programs alone, first as after a broken cable and then as in a black
/// hole.
async fn out_of_reach_of(program: &str) {
    for (how, is_black_hole) in [("cut off from", false), ("a black hole to", true)] {
        let line: RefCell<Option<Line>> = RefCell::new(None);
        let (stack, place) = system(fresh_postgres_database(), |name, settings| {
            if name == program {
                let (new, over_line) = Line::to(&settings["REDIS_URL"]);
                settings.insert("REDIS_URL", over_line);
                *line.borrow_mut() = Some(new);
            }
        });
        let mut line = line.into_inner().unwrap();
        let name = format!("Redis {how} {program} alone");
        let break_it = async |line: &mut Line, witness: &Witness| {
            if !is_black_hole {
                return line.cut();
            }
            let _nobody = witness.nobody_signs().await;
            line.freeze();
            sleep(UNDER_WAY).await;
        };
        let mend = async |line: &mut Line, _: &_| line.mend();
        course(&name, (place, Allowed::default()), &mut line, break_it, mend).await;
        stack.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_out_of_reach_of_auth_service_alone() {
    out_of_reach_of("auth-service").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_out_of_reach_of_the_verifiers_alone() {
    out_of_reach_of("verify-service").await;
}

pub(super) async fn command(redis: &Redis, line: &str) {
    let client = ::redis::Client::open(redis.url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut words = line.split(' ');
    let mut command = ::redis::cmd(words.next().unwrap());
    words.for_each(|word| {
        command.arg(word);
    });
    command.exec_async(&mut connection).await.unwrap();
}
