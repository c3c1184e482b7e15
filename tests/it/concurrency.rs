//! Many at once: one account per address, and a record that tells what the database tells.

use std::collections::BTreeSet;

use diesel::{ExpressionMethods, QueryDsl, RunQueryDsl};
use drawbridge_core::id::UserId;
use drawbridge_database::{
    Access, Connection, DatabaseUrl, find_user_record, on_backend,
    schema::{outbox, users},
};
use drawbridge_verification::user_record::UserRecord;
use futures_util::future::join_all;
use serde_json::json;
use tests::{PASSWORD, Stack, Visitor};

/// What the database says of the one user there is.
async fn record_in_database(stack: &Stack) -> (i64, UserRecord) {
    let url = DatabaseUrl::parse(&stack.database_url).unwrap();
    let read = move || {
        let mut connection = Connection::open(&url, Access::Read).unwrap();
        let ids: Vec<UserId> =
            on_backend!(&mut connection, |c| users::table.select(users::id).load(c)).unwrap();
        assert_eq!(ids.len(), 1, "one account");
        let waiting: i64 = on_backend!(&mut connection, |c| outbox::table
            .filter(outbox::user_id.eq(ids[0]))
            .count()
            .get_result(c))
        .unwrap();
        (waiting, find_user_record(&mut connection, ids[0]).unwrap().unwrap())
    };
    tokio::task::spawn_blocking(read).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_registrations_of_one_address_make_one_account() {
    for stack in Stack::both() {
        let url = format!("{}/api/register", stack.auth);
        let visitor = Visitor::new();
        let answers =
            join_all(
                (0..200).map(|n| {
                    let (mut visitor, url) = (visitor.clone(), url.clone());
                    // Whatever its case.
                    let email = if n % 2 == 0 { "many@example.com" } else { "MANY@Example.COM" };
                    async move {
                        visitor.post_json(&url, &json!({"email": email, "password": PASSWORD})).await.status
                    }
                }),
            )
            .await;
        let of = |status| answers.iter().filter(|answer| **answer == status).count();
        assert_eq!(of(201), 1, "{answers:?}");
        assert_eq!(of(201) + of(409) + of(503), 200, "{answers:?}");
        let (_, record) = record_in_database(&stack).await;
        assert!(record.email.eq_ignore_ascii_case("many@example.com"));
        stack.assert_no_panic();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_logins_of_one_account_leave_a_consistent_record() {
    for stack in Stack::both() {
        let email = stack.registered("busy").await;
        let url = format!("{}/api/login", stack.auth);
        let visitor = Visitor::new();
        let logins = join_all((0..500).map(|_| {
            let (mut visitor, url, email) = (visitor.clone(), url.clone(), email.clone());
            async move {
                let answer = visitor.post_json(&url, &json!({"email": email, "password": PASSWORD})).await;
                if answer.status == 503 {
                    assert!(!answer.header("retry-after").is_empty(), "503 says when to come back");
                }
                (answer.status, visitor)
            }
        }))
        .await;
        let signed_in: Vec<_> = logins.iter().filter(|(status, _)| *status == 200).collect();
        assert!(!signed_in.is_empty());
        assert!(logins.iter().all(|(status, _)| [200, 429, 503].contains(status)));

        // What a busy moment left in the outbox is told within the relay's second.
        let started = std::time::Instant::now();
        let record = loop {
            let (waiting, record) = record_in_database(&stack).await;
            if waiting == 0 {
                break record;
            }
            assert!(started.elapsed().as_secs() < 10, "{waiting} changes still wait");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        };
        assert_eq!(record.sessions.len(), signed_in.len().min(50), "50 sessions at most");
        assert_eq!(record.version, 1 + i64::try_from(signed_in.len()).unwrap(), "every change was counted");
        if let Some(redis) = &stack.redis {
            assert_eq!(record_in_redis(redis.url(), record.id).await, record);
        }

        // The verifier says the same of every session that was handed out.
        let alive: BTreeSet<String> = record.sessions.ids().map(|id| id.to_string()).collect();
        let mut seen = BTreeSet::new();
        for (_, visitor) in signed_in {
            let answer = visitor.clone().post(&format!("{}/api/verify", stack.verify)).await;
            match answer.status {
                200 => {
                    seen.insert(answer.json()["data"]["session"]["id"].as_str().unwrap().to_owned());
                }
                _ => assert_eq!(answer.status_and_code(), (401, "session_revoked".into())),
            }
        }
        assert_eq!(seen, alive);
        stack.assert_no_panic();
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
