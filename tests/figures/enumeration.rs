//! Neither a response nor its timing reveals whether an address has an account.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tests::{Answer, Deployment, Mailbox, PseudoRandom, Visitor, credentials};

use crate::{
    MEASURING,
    samples::{Comparison, Sample},
};

/// How many requests of each kind are measured.
const REQUESTS: usize = 1000;

/// How many requests of each kind come first and are not measured, because nothing is warm yet.
const WARM_UP: usize = 30;

/// How many addresses have an account. Several, so that none is used more often than an address without one.
const ACCOUNTS: usize = 20;

/// An endpoint that receives an address.
struct Endpoint<'a> {
    deployment: &'a Deployment,
    path: &'static str,
    /// The request body for an address.
    body: fn(&str) -> Value,
    /// Whether an address without an account can be used only once, because a request changes its state.
    changes_state: bool,
}

/// An address to send.
struct Candidate {
    has_account: bool,
    address: String,
}

/// Everything that a client sees of a response, apart from its time.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Visible {
    status: u16,
    headers: Vec<String>,
    body: String,
}

impl Visible {
    /// Leaves out what is different in every response.
    fn new(answer: &Answer, address: &str) -> Self {
        let headers = answer.headers.iter().filter(|(name, _)| *name != "date" && *name != "x-request-id");
        let mut headers: Vec<_> =
            headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        // The server sends them in any order.
        headers.sort_unstable();
        let mut body: Value = serde_json::from_str(&answer.text.replace(address, "ADDRESS")).unwrap();
        if let Some(body) = body.as_object_mut() {
            body.remove("request_id");
        }
        Self { status: answer.status, headers, body: body.to_string() }
    }
}

/// A measured request.
struct Measurement {
    has_account: bool,
    time: Duration,
    visible: Visible,
}

impl Endpoint<'_> {
    /// Addresses with and without an account, in random order. The order is different every time, so that it does not
    /// always coincide with the same state of the machine.
    fn candidates(&self, round: usize) -> Vec<Candidate> {
        let mut order: Vec<_> = (0..2 * (REQUESTS + WARM_UP)).map(|n| n % 2 == 0).collect();
        PseudoRandom::new(RandomState::new().hash_one(round)).shuffle(&mut order);
        let candidate = |(n, has_account): (usize, bool)| {
            let number = if has_account || !self.changes_state { n % ACCOUNTS } else { n };
            let kind = if has_account { "holder".to_owned() } else { format!("nobody-{round}") };
            Candidate { has_account, address: format!("{kind}-{number}@example.com") }
        };
        order.into_iter().enumerate().map(candidate).collect()
    }

    /// Sends each candidate, two at a time, because there are two cores.
    async fn measure(&self, round: usize) -> Vec<Measurement> {
        let visitor = &Visitor::new();
        let url = &format!("{}{}", self.deployment.auth, self.path);
        let requests = stream::iter(self.candidates(round)).map(async |candidate| {
            let body = (self.body)(&candidate.address);
            let mut visitor = visitor.clone();
            let started = Instant::now();
            let answer = visitor.post_json(url, &body).await;
            Measurement {
                has_account: candidate.has_account,
                time: started.elapsed(),
                visible: Visible::new(&answer, &candidate.address),
            }
        });
        requests.buffered(2).collect().await
    }

    /// Fails if the responses differ. Returns the times for addresses with an account, and without.
    async fn compare(&self, round: usize) -> [Sample; 2] {
        let measurements = self.measure(round).await;
        let of_kind = |has_account| {
            measurements.iter().filter(move |measurement| measurement.has_account == has_account)
        };
        let [known, unknown] = [true, false].map(|has_account| {
            of_kind(has_account).map(|measurement| &measurement.visible).collect::<BTreeSet<_>>()
        });
        assert_eq!(known, unknown, "{}: the responses reveal accounts", self.path);
        assert_eq!(known.len(), 1, "{}: {known:?}", self.path);
        [true, false].map(|has_account| {
            Sample::new(of_kind(has_account).map(|measurement| measurement.time).skip(WARM_UP).collect())
        })
    }

    /// Fails if the times reveal accounts. A real difference appears in both rounds. A difference by chance appears in
    /// one round in a hundred, and hardly ever twice. So a second round decides, and one run in ten thousand fails by
    /// chance.
    async fn assert_silent(&self) {
        for round in 1..=2 {
            let [known, unknown] = self.compare(round).await;
            let comparison = Comparison::new(&known, &unknown);
            println!("{}, with an account: {known}; without: {unknown}; {comparison}", self.path);
            if !comparison.is_distinguishable() {
                return;
            }
        }
        panic!("{}: the times reveal accounts, in both rounds", self.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn responses_and_their_times_do_not_reveal_accounts() {
    let _measuring = MEASURING.lock().await;
    let mailbox = Mailbox::start();
    let deployment = Deployment::builder().mail(&mailbox).start();
    for n in 0..ACCOUNTS {
        deployment.confirmed(&mailbox, &format!("holder-{n}")).await;
    }
    let wrong_password = |address: &str| credentials(address, "a wrong horse battery");
    let address_only = |address: &str| json!({"email": address});
    let endpoint =
        |path, body, changes_state| Endpoint { deployment: &deployment, path, body, changes_state };

    endpoint("/api/login", wrong_password as fn(&str) -> Value, false).assert_silent().await;
    endpoint("/api/password/forgot", address_only, false).assert_silent().await;
    endpoint("/api/register", wrong_password, true).assert_silent().await;

    deployment.assert_no_panic();
}
