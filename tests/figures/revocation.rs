use std::time::{Duration, Instant};

use futures_util::{StreamExt, future::join_all, stream};
use reqwest::{Method, header};
use tests::{Deployment, Layout, PASSWORD, Visitor};
use tokio::time::sleep;

use crate::MEASURING;

const SIGN_OUTS: usize = 1000;

/// Enough users that none of them exceeds the maximum number of sessions.
const USERS: usize = SIGN_OUTS / 40;

/// An endpoint that verifies a session.
struct Verifier {
    name: &'static str,
    method: Method,
    url: String,
    /// The time from the response to a sign-out until the first refusal.
    times: Vec<Duration>,
}

impl Verifier {
    fn new(name: &'static str, method: Method, url: String) -> Self {
        Self { name, method, url, times: Vec::with_capacity(SIGN_OUTS) }
    }

    async fn verify(&self, visitor: &Visitor) -> u16 {
        let request = visitor.request(self.method.clone(), &self.url);
        let request = request.header(header::ACCEPT, "application/json");
        let answer = visitor.clone().send(request).await;
        if answer.status != 200 {
            answer.assert_error(401, "session_revoked");
        }
        answer.status
    }

    /// Verifies until the session is refused, and returns when that happened.
    async fn time_of_refusal(&self, visitor: &Visitor) -> Instant {
        let started = Instant::now();
        while self.verify(visitor).await == 200 {
            assert!(started.elapsed() < Duration::from_secs(10), "{} does not refuse", self.name);
            sleep(Duration::from_millis(1)).await;
        }
        Instant::now()
    }

    /// Prints the distribution, and fails if the 99th percentile is above 100 ms.
    fn assert_fast(mut self) {
        self.times.sort_unstable();
        let percentile = |percent: usize| self.times[(self.times.len() - 1) * percent / 100];
        let [median, p99, max] = [50, 99, 100].map(percentile);
        println!(
            "{}: {SIGN_OUTS} sign-outs, from the response to the first refusal: median {median:.1?}, p99 {p99:.1?}, \
             max {max:.1?}",
            self.name
        );
        assert!(p99 <= Duration::from_millis(100), "{}: {p99:?}", self.name);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_verifier_refuses_within_100_ms() {
    let _measuring = MEASURING.lock().await;
    let mut deployment = Deployment::builder().layout(Layout::EmbeddedGuard).start();
    let other = deployment.add_verify_service();
    let mut verifiers = [
        Verifier::new("verify-service 1", Method::POST, format!("{}/api/verify", deployment.verify)),
        Verifier::new("verify-service 2", Method::POST, format!("{other}/api/verify")),
        Verifier::new("embedded guard", Method::GET, format!("{}/private", deployment.frontend)),
    ];

    for visitor in sign_in_all(&deployment).await {
        // Twice, so that every process has the record in its near cache.
        for _ in 0..2 {
            let statuses = join_all(verifiers.iter().map(|verifier| verifier.verify(&visitor))).await;
            assert_eq!(statuses, [200; 3]);
        }
        let sign_out = async {
            let url = format!("{}/api/logout", deployment.auth);
            visitor.clone().post(&url).await.assert_status(200);
            Instant::now()
        };
        let refusals = join_all(verifiers.iter().map(|verifier| verifier.time_of_refusal(&visitor)));
        let (signed_out, refusals) = tokio::join!(sign_out, refusals);
        for (verifier, refused) in verifiers.iter_mut().zip(refusals) {
            // A refusal before the response to the sign-out counts as zero.
            verifier.times.push(refused.saturating_duration_since(signed_out));
        }
    }

    verifiers.into_iter().for_each(Verifier::assert_fast);
}

/// Creates all sessions, two at a time. Consecutive sessions belong to different users.
async fn sign_in_all(deployment: &Deployment) -> Vec<Visitor> {
    let users = (0..USERS).map(|n| async move { deployment.registered(&format!("user-{n}")).await });
    let emails: Vec<String> = stream::iter(users).buffered(2).collect().await;
    let new_visitor = Visitor::new();
    let sign_ins = emails.iter().cycle().take(SIGN_OUTS).map(|email| {
        let mut visitor = new_visitor.clone();
        async move {
            visitor.log_in(&deployment.auth, email, PASSWORD).await.assert_status(200);
            visitor
        }
    });
    stream::iter(sign_ins).buffered(2).collect().await
}
