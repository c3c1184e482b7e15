//! Concurrent requests: one account per address, and records that agree with the database.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use drawbridge_core::id::UserId;
use drawbridge_database::{
    Access, Connection, DatabaseUrl, find_user_record, on_backend,
    schema::{outbox, users},
};
use drawbridge_verification::user_record::UserRecord;
use futures_util::future::join_all;
use tests::{Deployment, Layout, PASSWORD, Visitor, credentials};

/// The state of the only user in the database.
struct Stored {
    record: UserRecord,
    /// Changes that are not delivered yet.
    outbox: i64,
}

async fn stored(deployment: &Deployment) -> Stored {
    let url = DatabaseUrl::parse(&deployment.database_url).unwrap();
    let read = move || {
        let mut connection = Connection::open(&url, Access::Read).unwrap();
        let ids: Vec<UserId> =
            on_backend!(&mut connection, |c| users::table.select(users::id).load(c)).unwrap();
        assert_eq!(ids.len(), 1, "one account");
        let outbox: i64 = on_backend!(&mut connection, |c| outbox::table
            .filter(outbox::user_id.eq(ids[0]))
            .count()
            .get_result(c))
        .unwrap();
        Stored { record: find_user_record(&mut connection, ids[0]).unwrap().unwrap(), outbox }
    };
    tokio::task::spawn_blocking(read).await.unwrap()
}

/// The record of the only user, once every change is delivered. The relay takes up to a second.
async fn published_record(deployment: &Deployment) -> UserRecord {
    let started = Instant::now();
    loop {
        let Stored { record, outbox } = stored(deployment).await;
        if outbox == 0 {
            return record;
        }
        assert!(started.elapsed().as_secs() < 10, "{outbox} changes are not delivered");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn record_in_redis(url: &str, user: UserId) -> UserRecord {
    let client = redis::Client::open(url).unwrap();
    let mut connection = client.get_multiplexed_async_connection().await.unwrap();
    let watermark: String =
        redis::cmd("GET").arg("{drawbridge}:watermark").query_async(&mut connection).await.unwrap();
    let key = format!("{{drawbridge}}:{}:user:{user}", watermark.split(' ').next().unwrap());
    let value: String = redis::cmd("GET").arg(key).query_async(&mut connection).await.unwrap();
    serde_json::from_str(value.split_once('\n').unwrap().1).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_registrations_create_one_account() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let url = format!("{}/api/register", deployment.auth);
        let visitor = Visitor::new();

        let registrations = (0..200).map(|n| {
            let mut visitor = visitor.clone();
            let email = if n % 2 == 0 { "many@example.com" } else { "MANY@Example.COM" };
            let url = &url;
            async move { visitor.post_json(url, &credentials(email, PASSWORD)).await.status }
        });
        let statuses = join_all(registrations).await;

        let count = |status| statuses.iter().filter(|answer| **answer == status).count();
        assert_eq!(count(201), 1, "{statuses:?}");
        assert_eq!(count(201) + count(409) + count(503), 200, "{statuses:?}");
        let record = stored(&deployment).await.record;
        assert!(record.email.eq_ignore_ascii_case("many@example.com"));
        deployment.assert_no_panic();
    }
}

/// Sends 500 concurrent logins, and returns the visitors who succeeded.
async fn log_in_concurrently(deployment: &Deployment, email: &str) -> Vec<Visitor> {
    let visitor = Visitor::new();
    let logins = (0..500).map(|_| {
        let mut visitor = visitor.clone();
        async move {
            let answer = visitor.log_in(&deployment.auth, email, PASSWORD).await;
            if answer.status == 503 {
                assert!(!answer.header("retry-after").is_empty(), "503 says when to retry");
            }
            (answer.status, visitor)
        }
    });
    let logins = join_all(logins).await;
    assert!(logins.iter().all(|(status, _)| [200, 429, 503].contains(status)));
    logins.into_iter().filter(|(status, _)| *status == 200).map(|(_, visitor)| visitor).collect()
}

/// The IDs of the sessions that verify-service accepts. It must report the others as revoked.
async fn accepted_sessions(deployment: &Deployment, visitors: Vec<Visitor>) -> BTreeSet<String> {
    let mut accepted = BTreeSet::new();
    for mut visitor in visitors {
        let answer = visitor.post(&format!("{}/api/verify", deployment.verify)).await;
        if answer.status == 200 {
            accepted.insert(answer.json()["data"]["session"]["id"].as_str().unwrap().to_owned());
        } else {
            answer.assert_error(401, "session_revoked");
        }
    }
    accepted
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_logins_leave_a_consistent_record() {
    for layout in Layout::ON_EACH_DATABASE {
        let deployment = Deployment::builder().layout(layout).start();
        let email = deployment.registered("busy").await;

        let signed_in = log_in_concurrently(&deployment, &email).await;
        let count = signed_in.len();
        let record = published_record(&deployment).await;

        assert!(count > 0);
        assert_eq!(record.sessions.len(), count.min(50), "a user has at most 50 sessions");
        assert_eq!(record.version, 1 + i64::try_from(count).unwrap(), "every change has a version");
        if layout == Layout::SeparateProcesses {
            assert_eq!(record_in_redis(deployment.redis().url(), record.id).await, record);
        }
        let expected: BTreeSet<String> = record.sessions.ids().map(|id| id.to_string()).collect();
        assert_eq!(accepted_sessions(&deployment, signed_in).await, expected);
        deployment.assert_no_panic();
    }
}
