//! Redis fails. People go on being verified, sign in and sign out.

use std::cell::RefCell;

use tests::{Line, Stack, fresh_postgres_database};

use super::course::{Allowed, course, system};

/// Redis, if it is the test's own.
fn redis(stack: &Stack) -> Option<&tests::Process> {
    stack.redis.as_ref().and_then(tests::Redis::process)
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
    let soon = async |stack: &mut Stack, witness: &crate::load::Witness| {
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
    let freeze = async |stack: &mut Stack, _: &_| redis(stack).unwrap().signal("STOP");
    let thaw = async |stack: &mut Stack, _: &_| redis(stack).unwrap().signal("CONT");
    course("Redis frozen", (place, Allowed::default()), &mut stack, freeze, thaw).await;
    stack.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_flushed() {
    let (mut stack, place) = system(fresh_postgres_database(), |_, _| {});
    let flush = async |stack: &mut Stack, _: &_| command(stack, "FLUSHALL").await;
    let cut_all = async |stack: &mut Stack, _: &_| {
        command(stack, "FLUSHALL").await;
        command(stack, "CLIENT KILL TYPE normal").await;
    };
    course("Redis flushed", (place, Allowed::default()), &mut stack, flush, cut_all).await;
    stack.assert_no_panic();
}

async fn command(stack: &Stack, line: &str) {
    let client = ::redis::Client::open(stack.redis.as_ref().unwrap().url()).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let mut words = line.split(' ');
    let mut command = ::redis::cmd(words.next().unwrap());
    words.for_each(|word| {
        command.arg(word);
    });
    command.exec_async(&mut connection).await.unwrap();
}

/// Redis is out of reach of one program alone, first as after a broken cable and then as in a black hole.
async fn out_of_reach_of(program: &str) {
    for (how, break_it) in [("cut off from", Line::cut as fn(&Line)), ("a black hole to", Line::freeze)] {
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
        let break_it = async |line: &mut Line, _: &_| break_it(line);
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
async fn redis_out_of_reach_of_one_verifier_alone() {
    out_of_reach_of("verify-service").await;
}
