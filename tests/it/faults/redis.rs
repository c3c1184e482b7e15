//! Redis fails. Sessions are verified, begin and end as before.

use std::time::Duration;

use tests::{Deployment, Line, Redis, Service};
use tokio::time::sleep;

use super::course::{Allowed, Course, System};
use crate::load::Load;

/// Longer than the interval of the relay. A watermark on its way to a Redis that does not respond arrives when Redis
/// responds again. Sign-outs are blocked until it has been sent, so it vouches for no session that ends later.
const WATERMARK_TRANSIT: Duration = Duration::from_millis(700);

/// Sends a command to Redis. Arguments must not contain spaces.
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

fn kill(deployment: &Deployment) {
    deployment.redis_process().unwrap().signal("KILL");
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_killed_and_restarted() {
    let System { mut deployment, targets } = System::start(Deployment::builder());
    if deployment.redis_process().is_none() {
        return;
    }

    let fail = async |deployment: &mut Deployment, _: &_| kill(deployment);
    let restart = async |deployment: &mut Deployment, _: &_| deployment.redis_mut().restart();
    Course { name: "Redis killed and restarted", targets, allowed: Allowed::default() }
        .run(&mut deployment, fail, restart)
        .await;

    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_that_comes_back_with_old_data() {
    let System { mut deployment, targets } = System::start(Deployment::builder());
    if deployment.redis_process().is_none() {
        return;
    }

    // The first time, so soon that the old watermark still looks current; the second time, after the bound.
    let soon = async |deployment: &mut Deployment, load: &Load| {
        let session = load.sign_in("barbara").await.unwrap();
        deployment.redis().save();
        assert!(load.sign_out(&session).await);
        kill(deployment);
        deployment.redis_mut().restart();
    };
    let late = async |deployment: &mut Deployment, _: &_| {
        kill(deployment);
        deployment.redis_mut().restart();
    };
    Course { name: "Redis back with old data", targets, allowed: Allowed::default() }
        .run(&mut deployment, soon, late)
        .await;

    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_frozen() {
    let System { mut deployment, targets } = System::start(Deployment::builder());
    if deployment.redis_process().is_none() {
        return;
    }

    let freeze = async |deployment: &mut Deployment, load: &Load| {
        let _blocked = load.block_sign_ins_and_outs().await;
        deployment.redis_process().unwrap().signal("STOP");
        sleep(WATERMARK_TRANSIT).await;
    };
    let unfreeze =
        async |deployment: &mut Deployment, _: &_| deployment.redis_process().unwrap().signal("CONT");
    Course { name: "Redis frozen", targets, allowed: Allowed::default() }
        .run(&mut deployment, freeze, unfreeze)
        .await;

    deployment.assert_no_panic();
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_flushed() {
    let System { mut deployment, targets } = System::start(Deployment::builder());

    let flush = async |deployment: &mut Deployment, _: &_| command(deployment.redis(), "FLUSHALL").await;
    let flush_and_disconnect = async |deployment: &mut Deployment, _: &_| {
        command(deployment.redis(), "FLUSHALL").await;
        command(deployment.redis(), "CLIENT KILL TYPE normal").await;
    };
    Course { name: "Redis flushed", targets, allowed: Allowed::default() }
        .run(&mut deployment, flush, flush_and_disconnect)
        .await;

    deployment.assert_no_panic();
}

/// The address of Redis first leads to a replica that lags behind, and then back to the old server, which has missed
/// every change since.
#[tokio::test(flavor = "multi_thread")]
async fn redis_failed_over_to_a_lagging_replica_and_back() {
    let primary = Redis::start();
    let replica = Redis::start();
    if replica.process().is_none() {
        return;
    }
    let (mut line, over_line) = Line::to(primary.url());
    let primary_url = primary.url().to_owned();
    let builder = Deployment::builder().redis(primary).setting("REDIS_URL", over_line);
    let System { deployment, targets } = System::start(builder);
    let port = primary_url.rsplit_once(':').unwrap().1;
    command(deployment.redis(), "CONFIG SET repl-diskless-sync-delay 0").await;
    command(&replica, &format!("REPLICAOF 127.0.0.1 {port}")).await;

    let fail_over = async |line: &mut Line, load: &Load| {
        let before = load.sign_in("barbara").await.unwrap();
        let after = load.sign_in("barbara").await.unwrap();
        command(deployment.redis(), "WAIT 1 400").await;
        command(&replica, "REPLICAOF NO ONE").await;
        assert!(load.sign_out(&before).await);
        line.redirect_to(replica.url());
        assert!(load.sign_out(&after).await);
    };
    let fail_back = async |line: &mut Line, _: &_| line.redirect_to(&primary_url);
    Course { name: "Redis failed over and back", targets, allowed: Allowed::default() }
        .run(&mut line, fail_over, fail_back)
        .await;

    deployment.assert_no_panic();
}

/// How some programs lose their connection to Redis.
#[derive(Debug, Clone, Copy)]
enum Partition {
    /// Connections are closed.
    Cut,
    /// Connections stay open and carry nothing.
    BlackHole,
}

/// Redis is unreachable for one service only.
async fn partition(service: Service) {
    for partition in [Partition::Cut, Partition::BlackHole] {
        let redis = Redis::start();
        let (mut line, over_line) = Line::to(redis.url());
        let builder = Deployment::builder().redis(redis).setting_for(service, "REDIS_URL", over_line);
        let System { deployment, targets } = System::start(builder);

        let name = format!("Redis unreachable for {} only ({partition:?})", service.name());
        let fail = async |line: &mut Line, load: &Load| match partition {
            Partition::Cut => line.cut(),
            Partition::BlackHole => {
                let _blocked = load.block_sign_ins_and_outs().await;
                line.freeze();
                sleep(WATERMARK_TRANSIT).await;
            }
        };
        let restore = async |line: &mut Line, _: &_| line.restore();
        Course { name: &name, targets, allowed: Allowed::default() }.run(&mut line, fail, restore).await;

        deployment.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_unreachable_for_auth_service_only() {
    partition(Service::Auth).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_unreachable_for_the_verifiers_only() {
    partition(Service::Verify).await;
}
