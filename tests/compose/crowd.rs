//! People who use a deployment all the time, and know what each answer has to be.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use reqwest::{Client, Response, header};
use serde_json::json;
use tests::PASSWORD;
use tokio::task::JoinHandle;

use crate::project::client;

/// How long after its end a session may still be let in, under any one failure.
const BOUND: Duration = Duration::from_secs(4);

/// What came of the requests of a phase.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sent: usize,
    /// No answer, or an answer that tells of a failure.
    pub(crate) failed: usize,
    /// Of those, 503 with `Retry-After`.
    pub(crate) refused: usize,
    /// An answer that is not true: the living sent away, the departed let in.
    pub(crate) wrong: usize,
    /// When the last request that failed was sent, from the beginning of the phase.
    pub(crate) last_failure: Duration,
    /// What was asked that failed.
    pub(crate) what: BTreeMap<String, usize>,
    /// The first few failures in words.
    pub(crate) words: Vec<String>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sent, failed, refused, wrong, .. } = self;
        write!(f, "{sent} sent, {failed} failed ({refused} of them 503), {wrong} wrongly answered")
    }
}

impl Tally {
    /// Whether signing in and out failed alone: whoever is signed in stays so. Of a session that began or ended in
    /// the very moment of an outage nobody may be able to tell.
    pub(crate) fn let_everybody_stay(&self) -> bool {
        let others = self.what.iter().filter(|(what, _)| !what.starts_with("POST "));
        self.wrong == 0 && self.failed == self.refused && others.map(|(_, count)| count).sum::<usize>() <= 2
    }
}

struct Shared {
    origin: String,
    tally: Mutex<(Instant, Tally)>,
    is_over: AtomicBool,
}

/// The people. They stop when told.
pub(crate) struct Crowd {
    shared: Arc<Shared>,
    people: Vec<JoinHandle<()>>,
    total: Tally,
}

impl Crowd {
    /// Some who read, one who has left, and some who sign in and out, all over connections that are kept and over new
    /// ones.
    pub(crate) async fn gather(origin: &str) -> Self {
        let shared = Arc::new(Shared {
            origin: origin.to_owned(),
            tally: Mutex::new((Instant::now(), Tally::default())),
            is_over: AtomicBool::new(false),
        });
        let mut people = Vec::new();
        for n in 0..3 {
            register(origin, &format!("reader-{n}@example.com")).await;
            let person = Person::new(&shared, format!("reader-{n}@example.com"), n % 2 == 0);
            let token = person.sign_in().await.unwrap();
            people.push(tokio::spawn(person.read(token)));
        }
        let gone = Person::new(&shared, "reader-0@example.com".to_owned(), true);
        let token = gone.sign_in().await.unwrap();
        gone.sign_out(&token).await.unwrap();
        people.push(tokio::spawn(gone.stay_outside(token)));
        for n in 0..2 {
            register(origin, &format!("writer-{n}@example.com")).await;
            let person = Person::new(&shared, format!("writer-{n}@example.com"), n % 2 == 0);
            people.push(tokio::spawn(person.come_and_go()));
        }
        // What it took to gather is no phase.
        *shared.tally.lock().unwrap() = (Instant::now(), Tally::default());
        Self { shared, people, total: Tally::default() }
    }

    /// Ends a phase: what came of it, in one line and as numbers.
    pub(crate) fn end_of(&mut self, phase: &str) -> Tally {
        let (began, tally) =
            std::mem::replace(&mut *self.shared.tally.lock().unwrap(), (Instant::now(), Tally::default()));
        println!("{phase}: {tally} in {:.1} s", began.elapsed().as_secs_f64());
        for word in &tally.words {
            println!("    {word}");
        }
        self.total.sent += tally.sent;
        self.total.failed += tally.failed;
        self.total.refused += tally.refused;
        self.total.wrong += tally.wrong;
        tally
    }

    /// Sends everybody home; what came of all phases.
    pub(crate) async fn go_home(mut self) -> Tally {
        self.shared.is_over.store(true, Relaxed);
        for person in self.people.drain(..) {
            person.await.unwrap();
        }
        self.end_of("after the last phase");
        self.total
    }
}

/// Makes an account.
pub(crate) async fn register(origin: &str, email: &str) {
    let body = json!({"email": email, "password": PASSWORD});
    let answer = client().post(format!("{origin}/api/register")).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 201, "{email}");
}

/// One of them.
pub(crate) struct Person {
    shared: Arc<Shared>,
    email: String,
    kept: Option<Client>,
}

/// A request that failed, whose failure is counted already.
#[derive(Debug)]
pub(crate) struct Failed;

impl Person {
    fn new(shared: &Arc<Shared>, email: String, keeps_connections: bool) -> Self {
        Self { shared: shared.clone(), email, kept: keeps_connections.then(client) }
    }

    /// A connection that is kept may have been closed just now; browsers and their like send again what only reads,
    /// and so does this client. What it says here is what they would see.
    fn client(&self) -> Client {
        self.kept.clone().unwrap_or_else(client)
    }

    fn is_over(&self) -> bool {
        self.shared.is_over.load(Relaxed)
    }

    /// Reads for good. Every page is theirs.
    async fn read(self, token: String) {
        while !self.is_over() {
            if let Ok(answer) = self.get("/private", &token).await {
                let status = answer.status().as_u16();
                let is_theirs =
                    status == 200 && answer.text().await.unwrap_or_default().contains(&self.email);
                self.judge(is_theirs, "/private of the living", status);
            }
            if let Ok(answer) = self.get("/", "").await {
                self.judge(answer.status() == 200, "/", answer.status().as_u16());
            }
            pause().await;
        }
    }

    /// Asks for good to be let in, and is not.
    async fn stay_outside(self, token: String) {
        while !self.is_over() {
            if let Ok(answer) = self.get("/private", &token).await {
                self.judge(answer.status() == 302, "/private of the departed", answer.status().as_u16());
            }
            pause().await;
        }
    }

    /// Signs in and out for good.
    async fn come_and_go(self) {
        while !self.is_over() {
            pause().await;
            let Ok(token) = self.sign_in().await else { continue };
            if let Ok(answer) = self.get("/private", &token).await {
                self.judge(answer.status() == 200, "/private after signing in", answer.status().as_u16());
            }
            // The answer may have got lost after the deed.
            if self.sign_out(&token).await.is_err() {
                continue;
            }
            let left = Instant::now();
            loop {
                let asked = Instant::now();
                let Ok(answer) = self.get("/private", &token).await else { break };
                let status = answer.status().as_u16();
                if status != 200 {
                    self.judge(status == 302, "/private after signing out", status);
                    break;
                }
                if asked.duration_since(left) > BOUND {
                    self.judge(false, "/private after signing out", status);
                    break;
                }
            }
        }
    }

    async fn sign_in(&self) -> Result<String, Failed> {
        let body = json!({"email": self.email, "password": PASSWORD});
        let request = self.client().post(format!("{}/api/login", self.shared.origin)).json(&body);
        let answer = self.send("POST /api/login", request).await?;
        let status = answer.status().as_u16();
        let cookie = answer.headers().get(header::SET_COOKIE).and_then(|cookie| cookie.to_str().ok());
        let token = cookie.and_then(|cookie| Some(cookie.split_once(';')?.0.to_owned()));
        self.judge(status == 200 && token.is_some(), "POST /api/login", status);
        token.ok_or(Failed)
    }

    async fn sign_out(&self, token: &str) -> Result<(), Failed> {
        let url = format!("{}/api/logout", self.shared.origin);
        let request = self.client().post(url).header(header::COOKIE, token);
        let status = self.send("POST /api/logout", request).await?.status().as_u16();
        self.judge(status == 200, "POST /api/logout", status);
        if status == 200 { Ok(()) } else { Err(Failed) }
    }

    async fn get(&self, path: &str, token: &str) -> Result<Response, Failed> {
        let request = self.client().get(format!("{}{path}", self.shared.origin));
        let request = request.header(header::ACCEPT, "text/html").header("sec-fetch-mode", "navigate");
        self.send(path, request.header(header::COOKIE, token)).await
    }

    async fn send(&self, what: &str, request: reqwest::RequestBuilder) -> Result<Response, Failed> {
        let sent = Instant::now();
        let answer = request.send().await;
        let (began, tally) = &mut *self.shared.tally.lock().unwrap();
        tally.sent += 1;
        let failure = match &answer {
            Ok(answer) if answer.status().is_server_error() => {
                let says_when = answer.headers().contains_key(header::RETRY_AFTER);
                tally.refused += usize::from(answer.status() == 503 && says_when);
                format!("{what}: {}, retry-after {says_when}", answer.status())
            }
            Ok(_) => return answer.map_err(|_| Failed),
            Err(error) => format!("{what}: {error:?}"),
        };
        tally.failed += 1;
        *tally.what.entry(what.to_owned()).or_default() += 1;
        tally.last_failure = tally.last_failure.max(sent.saturating_duration_since(*began));
        if tally.words.len() < 5 {
            let at = sent.saturating_duration_since(*began).as_secs_f64();
            tally.words.push(format!("sent after {at:.1} s {failure}"));
        }
        Err(Failed)
    }

    fn judge(&self, is_right: bool, what: &str, status: u16) {
        if is_right {
            return;
        }
        let (began, tally) = &mut *self.shared.tally.lock().unwrap();
        tally.wrong += 1;
        if tally.words.len() < 10 {
            tally.words.push(format!("after {:.1} s WRONG {what}: {status}", began.elapsed().as_secs_f64()));
        }
    }
}

/// Leaves the machine some time for what is being tried.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(10)).await;
}
