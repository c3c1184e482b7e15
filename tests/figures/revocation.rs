use std::time::{Duration, Instant};

use futures_util::{StreamExt, future::join_all, stream};
use reqwest::Method;
use tests::{PASSWORD, Stack, Visitor};
use tokio::time::sleep;

use crate::ALONE;

const LOGOUTS: usize = 1000;

/// Fewer sessions for each than a user may have.
const USERS: usize = LOGOUTS / 40;

/// Who is asked: two verify-services, and a frontend that verifies by itself.
const DOORS: [&str; 3] = ["verify-service 1", "verify-service 2", "embedded guard"];

#[tokio::test(flavor = "multi_thread")]
async fn every_verifier_refuses_within_100_ms() {
    let _alone = ALONE.lock().await;
    let mut stack = Stack::three_programs_with(|name, settings| {
        if name == "web-frontend" {
            settings.insert("GUARD_MODE", "embedded".into());
        }
    });
    let other = stack.one_more_verify_service();
    let doors = [
        (Method::POST, format!("{}/api/verify", stack.verify)),
        (Method::POST, format!("{other}/api/verify")),
        (Method::GET, format!("{}/private", stack.frontend)),
    ];
    let visitors = sign_in_all(&stack).await;

    let mut times = DOORS.map(|_| Vec::with_capacity(LOGOUTS));
    for visitor in visitors {
        // Twice, so that the record is hot in every process.
        for _ in 0..2 {
            let answers = doors.iter().map(|door| ask(&visitor, door));
            assert_eq!(join_all(answers).await, [200; DOORS.len()]);
        }
        let logout = async {
            let answer = visitor.clone().post(&format!("{}/api/logout", stack.auth)).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            Instant::now()
        };
        let refusals = join_all(doors.iter().map(|door| time_of_refusal(&visitor, door)));
        let (told, refusals) = tokio::join!(logout, refusals);
        // Who is refused before the sign-out is even answered waits for nothing.
        times.iter_mut().zip(refusals).for_each(|(times, at)| times.push(at.saturating_duration_since(told)));
    }
    for (door, times) in DOORS.iter().zip(&mut times) {
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100];
        let (median, p99, max) = (at(50), at(99), at(100));
        println!(
            "{door}: {LOGOUTS} sign-outs, from the answer to the first refusal: median {median:.1?}, p99 {p99:.1?}, \
             max {max:.1?}"
        );
        assert!(p99 <= Duration::from_millis(100), "{door}: {p99:?}");
    }
}

/// All the sessions, two sign-ins at a time; neighbours are of different users.
async fn sign_in_all(stack: &Stack) -> Vec<Visitor> {
    let nobody = Visitor::new();
    let users = (0..USERS).map(|n| async move { stack.registered(&format!("user-{n}")).await });
    let emails: Vec<String> = stream::iter(users).buffered(2).collect().await;
    let sign_ins = emails.iter().cycle().take(LOGOUTS).map(|email| {
        let body = serde_json::json!({"email": email, "password": PASSWORD});
        let mut visitor = nobody.clone();
        async move {
            let answer = visitor.post_json(&format!("{}/api/login", stack.auth), &body).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            visitor
        }
    });
    stream::iter(sign_ins).buffered(2).collect().await
}

async fn ask(visitor: &Visitor, (method, url): &(Method, String)) -> u16 {
    let request = visitor.request(method.clone(), url).header("accept", "application/json");
    let answer = visitor.clone().send(request).await;
    if answer.status != 200 {
        assert_eq!(answer.status_and_code(), (401, "session_revoked".into()));
    }
    answer.status
}

/// Asks until the answer is that the session has ended; when that came.
async fn time_of_refusal(visitor: &Visitor, door: &(Method, String)) -> Instant {
    let started = Instant::now();
    while ask(visitor, door).await == 200 {
        assert!(started.elapsed() < Duration::from_secs(10), "the session is not refused at {}", door.1);
        sleep(Duration::from_millis(1)).await;
    }
    Instant::now()
}
