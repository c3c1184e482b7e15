//! Redis behind Sentinels and as a cluster: a failover changes nothing for users.

use std::time::{Duration, Instant};

use tests::{Deployment, RedisCluster, RedisNode, RedisSentinel, Service, Visitor};
use tokio::time::sleep;

use super::course::{Allowed, HEALTHY_TIME, Outcome, RECOVERY_TIME, SETTLING_TIME, System};
use crate::load::Load;

/// How long a failover may take after the old master fails.
const FAILOVER_TIME: Duration = Duration::from_secs(15);

/// How soon the cache must be trusted again once there is a master: a lagging connection asks once a second, and the
/// relay starts its epoch.
const TRUST_TIME: Duration = Duration::from_secs(15);

/// How soon an old master must become a replica.
const DEMOTION_TIME: Duration = Duration::from_secs(30);

/// A deployment on Redis behind Sentinels, under load.
struct SentinelTest {
    redis: RedisSentinel,
    deployment: Deployment,
    load: Load,
}

/// How a master fails.
#[derive(Debug, Clone, Copy)]
enum Failure {
    Killed,
    Frozen,
}

impl SentinelTest {
    async fn start() -> Self {
        let mut redis = RedisSentinel::start();
        let builder = Deployment::builder().setting("REDIS_URL", redis.url());
        let System { deployment, targets } = System::start(builder);
        let load = Load::start(targets).await;
        wait_for_trust(&deployment, &redis.servers()[0]).await;
        sleep(HEALTHY_TIME).await;
        Self { redis, deployment, load }
    }

    /// Stops the master and waits until another one has taken over. Returns the old master, and the period in which the
    /// failure had settled.
    async fn fail_over(&mut self, failure: Failure) -> (usize, std::ops::Range<Instant>) {
        let master = self.redis.master().unwrap();
        let session = self.load.sign_in("barbara").await.unwrap();
        let signal = match failure {
            Failure::Killed => "KILL",
            Failure::Frozen => "STOP",
        };
        self.redis.servers()[master].process().unwrap().signal(signal);
        let failed = Instant::now();
        assert!(self.load.sign_out(&session).await);

        let another = || self.redis.master().filter(|next| *next != master);
        let next = wait_for("another master", FAILOVER_TIME, another).await;
        wait_for_trust(&self.deployment, &self.redis.servers()[next]).await;
        wait_for_page_session(&self.deployment, &self.redis.servers()[next]).await;
        let settled = failed + SETTLING_TIME..Instant::now();
        self.load.time_to_recovery(Instant::now(), RECOVERY_TIME).await;
        (master, settled)
    }

    /// Brings an old master back. For some seconds it believes that it is still the master, either empty or
    /// with its old connections.
    fn bring_back(&mut self, master: usize, failure: Failure) {
        let old = &mut self.redis.servers()[master];
        match failure {
            Failure::Killed => old.restart(),
            Failure::Frozen => old.process().unwrap().signal("CONT"),
        }
    }

    async fn wait_for_demotion(&mut self, old: usize) {
        let is_replica = || is_replica(&self.redis.servers()[old]).then_some(());
        wait_for("the old master to follow", DEMOTION_TIME, is_replica).await;
    }

    /// Replaces the master by hand, which closes no connection: the verifiers stay connected to the old master, which
    /// becomes a replica.
    async fn replace_master(&mut self, next: usize) {
        let master = self.redis.master().unwrap();
        wait_for_trust(&self.deployment, &self.redis.servers()[master]).await;

        assert_eq!(self.redis.servers()[next].ask("REPLICAOF NO ONE"), "OK");
        self.redis.announce_master(next);
        let follow = format!("REPLICAOF 127.0.0.1 {}", self.redis.servers()[next].port());
        assert_eq!(self.redis.servers()[master].ask(&follow), "OK");
        wait_for_trust(&self.deployment, &self.redis.servers()[next]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn masters_behind_sentinels_are_killed_frozen_and_replaced() {
    let mut test = SentinelTest::start().await;

    let (killed, _) = test.fail_over(Failure::Killed).await;
    test.bring_back(killed, Failure::Killed);
    let (frozen, settled) = test.fail_over(Failure::Frozen).await;
    test.bring_back(frozen, Failure::Frozen);
    for old in [killed, frozen] {
        test.wait_for_demotion(old).await;
    }
    test.replace_master(killed).await;

    let recovery = test.load.time_to_recovery(Instant::now(), RECOVERY_TIME).await;
    let name = "Redis behind Sentinels: a master killed, one frozen, one replaced by hand";
    Outcome { settled, recovery }.check(name, &test.load.end().await, Allowed::default());
    test.deployment.assert_no_panic();
    assert_no_password(&test.deployment);
}

/// A deployment on a Redis cluster, under load.
struct ClusterTest {
    redis: RedisCluster,
    deployment: Deployment,
    load: Load,
}

impl ClusterTest {
    async fn start() -> Self {
        let mut redis = RedisCluster::start();
        let builder = Deployment::builder().setting("REDIS_URL", redis.url());
        let System { deployment, targets } = System::start(builder);
        let load = Load::start(targets).await;
        wait_for_trust(&deployment, &redis.nodes()[0]).await;
        sleep(HEALTHY_TIME).await;
        Self { redis, deployment, load }
    }

    /// Kills the primary of the slot and restarts it as a replica. Returns the new primary, and the period in which the
    /// failure had settled.
    async fn fail_over(&mut self) -> (usize, std::ops::Range<Instant>) {
        let session = self.load.sign_in("barbara").await.unwrap();
        self.redis.nodes()[0].process().unwrap().signal("KILL");
        let failed = Instant::now();
        assert!(self.load.sign_out(&session).await);

        let another = || self.redis.holder(1).filter(|next| *next != 0);
        let next = wait_for("another primary", FAILOVER_TIME, another).await;
        wait_for_trust(&self.deployment, &self.redis.nodes()[next]).await;
        let settled = failed + SETTLING_TIME..Instant::now();
        self.load.time_to_recovery(Instant::now(), RECOVERY_TIME).await;

        self.redis.nodes()[0].restart();
        let is_replica = || is_replica(&self.redis.nodes()[0]).then_some(());
        wait_for("the old primary to follow", DEMOTION_TIME, is_replica).await;
        wait_for_trust(&self.deployment, &self.redis.nodes()[next]).await;
        (next, settled)
    }

    /// Moves the slot to another primary. Half-way, neither of the two may be trusted.
    async fn move_slot(&mut self, from: usize, to: usize) {
        let session = self.load.sign_in("barbara").await.unwrap();
        self.redis.start_moving_slot(from, to);
        assert!(self.load.sign_out(&session).await);
        sleep(SETTLING_TIME).await;

        self.redis.finish_moving_slot(from, to);
        wait_for_trust(&self.deployment, &self.redis.nodes()[to]).await;
        wait_for_page_session(&self.deployment, &self.redis.nodes()[to]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_primary_of_a_cluster_is_killed_and_its_slot_moved() {
    let mut test = ClusterTest::start().await;

    let (next, settled) = test.fail_over().await;
    test.move_slot(next, 1).await;

    let recovery = test.load.time_to_recovery(Instant::now(), RECOVERY_TIME).await;
    let name = "Redis as a cluster: a primary killed, its slot moved";
    Outcome { settled, recovery }.check(name, &test.load.end().await, Allowed::default());
    test.deployment.assert_no_panic();
    assert_no_password(&test.deployment);
}

fn is_replica(server: &RedisNode) -> bool {
    server.fact("INFO replication", "role") == "slave"
}

/// Waits until both verifiers trust the cache because of a watermark of this server.
async fn wait_for_trust(deployment: &Deployment, server: &RedisNode) {
    let run = server.fact("INFO server", "run_id");
    assert!(!run.is_empty());
    let started = Instant::now();
    loop {
        let mut is_trusted = server.ask("GET {drawbridge}:watermark").contains(&run);
        for url in deployment.internal_urls(Service::Verify) {
            let metrics = Visitor::new().get(&format!("{url}/metrics")).await.text;
            is_trusted &= metrics.contains("\ndrawbridge_cache_trusted{} 1\n");
        }
        if is_trusted {
            return;
        }
        assert!(started.elapsed() < TRUST_TIME, "no trust in the server at port {}", server.port());
        sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until page sessions are stored on this server, and every service is ready.
async fn wait_for_page_session(deployment: &Deployment, server: &RedisNode) {
    let stored = || server.ask("KEYS {drawbridge}-page:*").lines().filter(|key| !key.is_empty()).count();
    let before = stored();
    let started = Instant::now();
    loop {
        Visitor::new().get(&format!("{}/login", deployment.frontend)).await.assert_status(200);
        let mut is_ready = true;
        for origin in [&deployment.auth, &deployment.verify, &deployment.frontend] {
            is_ready &= Visitor::new().get(&format!("{origin}/health/ready")).await.status == 200;
        }
        if is_ready && stored() > before {
            return;
        }
        assert!(started.elapsed() < TRUST_TIME, "no page session at port {}", server.port());
        sleep(Duration::from_millis(20)).await;
    }
}

/// Fails if the services have logged the password of Redis, encoded or not, during their search for the master.
fn assert_no_password(deployment: &Deployment) {
    let log = deployment.log();
    assert!(log.contains("this server is the master now"), "{log}");
    assert!(!log.contains("p@ss") && !log.contains("p%40ss"), "{log}");
}

async fn wait_for<T>(event: &str, within: Duration, mut find: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(started.elapsed() < within, "waited in vain for {event}");
        sleep(Duration::from_millis(50)).await;
    }
}
