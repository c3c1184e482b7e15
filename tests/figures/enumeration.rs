//! Whether somebody has an account is nobody else's business: neither an answer nor the time that it takes
//! says so.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tests::{Answer, Mailbox, Stack, Visitor};

use crate::{
    ALONE,
    samples::{Comparison, Draw, Sample},
};

/// Of each sort; those that come first are not counted, for nothing is warm yet.
const REQUESTS: usize = 1000;
const COLD: usize = 30;

/// Addresses with an account, so that none is hotter than one without.
const ACCOUNTS: usize = 20;

/// An endpoint that is given an address.
struct Endpoint<'a> {
    stack: &'a Stack,
    path: &'static str,
    /// What it is sent for an address.
    body: fn(&str) -> Value,
    /// Whether an address that was asked about is another one from then on.
    takes_addresses: bool,
}

/// All that somebody sees who asks.
type Seen = (u16, Vec<(String, String)>, Value);

/// What came back, without what differs each time.
fn seen(answer: &Answer, address: &str) -> Seen {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date" && *name != "x-request-id");
    let mut headers: Vec<_> =
        headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    // Their order is the server's whim.
    headers.sort_unstable();
    let mut body: Value = serde_json::from_str(&answer.text.replace(address, "ADDRESS")).unwrap();
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    (answer.status, headers, body)
}

impl Endpoint<'_> {
    /// The order in which addresses are asked about: with an account or without, as it is drawn.
    fn addresses(&self, round: usize) -> Vec<(bool, String)> {
        let mut order: Vec<_> = (0..2 * (REQUESTS + COLD)).map(|n| n % 2 == 0).collect();
        // Another one each time: were it always the same, so would be what it happens to coincide with.
        Draw(RandomState::new().hash_one(round)).shuffle(&mut order);
        let name = |(n, is_known): (usize, bool)| {
            let number = if is_known || !self.takes_addresses { n % ACCOUNTS } else { n };
            let sort = if is_known { "holder".to_owned() } else { format!("nobody-{round}") };
            (is_known, format!("{sort}-{number}@example.com"))
        };
        order.into_iter().enumerate().map(name).collect()
    }

    /// Asks about each, two at a time, as there are cores; the times of those with an account, and of the others.
    async fn ask(&self, round: usize) -> [Sample; 2] {
        let (visitor, url) = (&Visitor::new(), &format!("{}{}", self.stack.auth, self.path));
        let asked = stream::iter(self.addresses(round)).map(async |(is_known, address)| {
            let body = (self.body)(&address);
            let mut visitor = visitor.clone();
            let started = Instant::now();
            let answer = visitor.post_json(url, &body).await;
            (is_known, started.elapsed(), seen(&answer, &address))
        });
        let all: Vec<_> = asked.buffered(2).collect().await;
        let of = |sort: bool| all.iter().filter(move |(is_known, ..)| *is_known == sort);
        let answers = |sort| of(sort).map(|(.., seen)| format!("{seen:?}")).collect::<BTreeSet<_>>();
        assert_eq!(answers(true), answers(false), "{}: the answers say it", self.path);
        assert_eq!(answers(true).len(), 1, "{}: {:?}", self.path, answers(true));
        let times = |sort| of(sort).map(|(_, time, _)| *time).skip(COLD).collect::<Vec<Duration>>();
        [Sample::new(times(true)), Sample::new(times(false))]
    }

    /// Fails if times tell who has an account. A difference that is there shows again; one by chance, which one
    /// trial in a hundred has, does not: so the second trial decides, and ten thousand runs give one false alarm.
    async fn assert_silent(&self) {
        for round in 1..=2 {
            let [known, unknown] = self.ask(round).await;
            let comparison = Comparison::of(&known, &unknown);
            println!("{}, with an account: {known}; without: {unknown}; {comparison}", self.path);
            if !comparison.is_told_apart() {
                return;
            }
        }
        panic!("{}: the times tell who has an account, and did so twice", self.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_wrong_password_nor_a_forgotten_one_nor_a_sign_up_tells_who_has_an_account() {
    let _alone = ALONE.lock().await;
    let mailbox = Mailbox::start();
    let stack = Stack::three_programs_mailing(&mailbox, |_, _| {});
    for n in 0..ACCOUNTS {
        stack.confirmed(&mailbox, &format!("holder-{n}")).await;
    }
    let credentials = |address: &str| json!({"email": address, "password": "a wrong horse battery"});
    let address = |address: &str| json!({"email": address});
    let endpoint = |path, body, takes_addresses| Endpoint { stack: &stack, path, body, takes_addresses };
    endpoint("/api/login", credentials as fn(&str) -> Value, false).assert_silent().await;
    endpoint("/api/password/forgot", address, false).assert_silent().await;
    endpoint("/api/register", credentials, true).assert_silent().await;
    stack.assert_no_panic();
}
