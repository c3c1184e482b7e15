//! Redis behind Sentinels and as a cluster: whoever is the master, nobody notices.

use std::time::{Duration, Instant};

use tests::{RedisCluster, RedisNode, RedisSentinel, Stack, Visitor, fresh_postgres_database};
use tokio::time::sleep;

use super::course::{Allowed, HEALED, SETTLED, WELL, conclude, system};
use crate::load::Witness;

/// How long a failover takes at most, from the end of the old master on.
const FAILED_OVER: Duration = Duration::from_secs(15);

/// Within what time the cache is believed again once there is a master: what lags behind asks anew once
/// a second, and the relay begins its epoch.
const BELIEVED: Duration = Duration::from_secs(15);

/// Within what time an old master is made a replica.
const DEMOTED: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn masters_behind_sentinels_are_killed_frozen_and_replaced() {
    let mut redis = RedisSentinel::start();
    let (stack, place) = system(fresh_postgres_database(), |_, settings| {
        settings.insert("REDIS_URL", redis.url());
    });
    let witness = Witness::start(place).await;
    believed_through(&stack, &redis.servers()[0]).await;
    sleep(WELL).await;

    let (mut settled, mut olds) = (Instant::now()..Instant::now(), Vec::new());
    for how in ["KILL", "STOP"] {
        let master = redis.master().unwrap();
        let leaves = witness.sign_in("barbara").await.unwrap();
        redis.servers()[master].process().unwrap().signal(how);
        let broken = Instant::now();
        assert!(witness.sign_out(&leaves).await);
        let next =
            until("another master", FAILED_OVER, || redis.master().filter(|next| *next != master)).await;
        believed_through(&stack, &redis.servers()[next]).await;
        pages_are_kept_by(&stack, &redis.servers()[next]).await;
        settled = broken + SETTLED..Instant::now();
        witness.time_to_heal(Instant::now(), HEALED).await;
        // For some seconds the old one takes itself for the master: empty, or with its connections of before.
        let old = &mut redis.servers()[master];
        match how {
            "KILL" => old.restart(),
            _ => old.process().unwrap().signal("CONT"),
        }
        olds.push(master);
    }
    for old in &olds {
        let role = |redis: &mut RedisSentinel| redis.servers()[*old].fact("INFO replication", "role");
        until("the old master to follow", DEMOTED, || (role(&mut redis) == "slave").then_some(())).await;
    }
    let master = redis.master().unwrap();
    believed_through(&stack, &redis.servers()[master]).await;

    // By hand, so that no connection is ended: the verifiers' still lead to the old master, which follows.
    let next = olds[0];
    assert_eq!(redis.servers()[next].ask("REPLICAOF NO ONE"), "OK");
    redis.name_as_master(next);
    let follow = format!("REPLICAOF 127.0.0.1 {}", redis.servers()[next].port());
    assert_eq!(redis.servers()[master].ask(&follow), "OK");
    believed_through(&stack, &redis.servers()[next]).await;

    let healed = witness.time_to_heal(Instant::now(), HEALED).await;
    let name = "Redis behind Sentinels: a master killed, one frozen, one replaced by hand";
    conclude(name, &witness.end().await, (settled, healed), Allowed::default());
    stack.assert_no_panic();
    assert_no_password(&stack);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_primary_of_a_cluster_is_killed_and_its_slot_moved() {
    let mut redis = RedisCluster::start();
    let (stack, place) = system(fresh_postgres_database(), |_, settings| {
        settings.insert("REDIS_URL", redis.url());
    });
    let witness = Witness::start(place).await;
    believed_through(&stack, &redis.nodes()[0]).await;
    sleep(WELL).await;

    let leaves = witness.sign_in("barbara").await.unwrap();
    redis.nodes()[0].process().unwrap().signal("KILL");
    let broken = Instant::now();
    assert!(witness.sign_out(&leaves).await);
    let next = until("another primary", FAILED_OVER, || redis.holder(1).filter(|next| *next != 0)).await;
    believed_through(&stack, &redis.nodes()[next]).await;
    let settled = broken + SETTLED..Instant::now();
    witness.time_to_heal(Instant::now(), HEALED).await;
    redis.nodes()[0].restart();
    let role = |redis: &mut RedisCluster| redis.nodes()[0].fact("INFO replication", "role");
    until("the old primary to follow", DEMOTED, || (role(&mut redis) == "slave").then_some(())).await;
    believed_through(&stack, &redis.nodes()[next]).await;

    let leaves = witness.sign_in("barbara").await.unwrap();
    redis.begin_to_move_slot(next, 1);
    // Half-way, neither of the two is to be believed.
    assert!(witness.sign_out(&leaves).await);
    sleep(SETTLED).await;
    redis.end_to_move_slot(next, 1);
    believed_through(&stack, &redis.nodes()[1]).await;
    pages_are_kept_by(&stack, &redis.nodes()[1]).await;
    let healed = witness.time_to_heal(Instant::now(), HEALED).await;
    let name = "Redis as a cluster: a primary killed, its slot moved";
    conclude(name, &witness.end().await, (settled, healed), Allowed::default());
    stack.assert_no_panic();
    assert_no_password(&stack);
}

/// Waits until both verifiers believe the cache, by a watermark that this very server has.
async fn believed_through(stack: &Stack, server: &RedisNode) {
    let run = server.fact("INFO server", "run_id");
    assert!(!run.is_empty());
    let since = Instant::now();
    loop {
        let mut believed = server.ask("GET {drawbridge}:watermark").contains(&run);
        for port in stack.internal_ports_of_verify_services() {
            let metrics = Visitor::new().get(&format!("http://127.0.0.1:{port}/metrics")).await.text;
            believed &= metrics.contains("\ndrawbridge_cache_trusted{} 1\n");
        }
        if believed {
            return;
        }
        assert!(since.elapsed() < BELIEVED, "the cache is not believed through port {}", server.port());
        sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until what a page remembers of a visitor goes to this server, and everybody is ready.
async fn pages_are_kept_by(stack: &Stack, server: &RedisNode) {
    let kept = || server.ask("KEYS {drawbridge}-page:*").lines().filter(|key| !key.is_empty()).count();
    let (before, since) = (kept(), Instant::now());
    loop {
        let page = Visitor::new().get(&format!("{}/login", stack.frontend)).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let mut ready = true;
        for origin in [&stack.auth, &stack.verify, &stack.frontend] {
            ready &= Visitor::new().get(&format!("{origin}/health/ready")).await.status == 200;
        }
        if ready && kept() > before {
            return;
        }
        assert!(since.elapsed() < BELIEVED, "no page is kept at port {}", server.port());
        sleep(Duration::from_millis(20)).await;
    }
}

/// Whatever the programs log of their search, and whichever way the password is written.
fn assert_no_password(stack: &Stack) {
    let log = stack.log();
    assert!(log.contains("this server is the master now"), "{log}");
    assert!(!log.contains("p@ss") && !log.contains("p%40ss"), "{log}");
}

async fn until<T>(what: &str, within: Duration, mut found: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(since.elapsed() < within, "waited in vain for {what}");
        sleep(Duration::from_millis(50)).await;
    }
}
