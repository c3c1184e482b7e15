use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use reqwest::{Client, RequestBuilder};
use tests::PASSWORD;
use tokio::{
    sync::{RwLock, RwLockWriteGuard},
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};

use super::{
    Door, Session, Tally,
    door::{Reply, client, send},
    ledger::{Dice, Ledger, State},
    tally::Asked,
};

/// How long after its end a session may be let in under any one failure.
pub(crate) const BOUND: Duration = Duration::from_secs(4);

/// How often each of two visitors at a door shows a session.
const PACE: Duration = Duration::from_millis(40);

/// How long people wait between a sign-in and a sign-out, and before they try again.
const PAUSE: Duration = Duration::from_millis(300);

/// How many sessions of each person who comes and goes are younger than the one that ends next. So
/// those that end first after something broke are from before, and known to everybody.
const STOCK: usize = 3;

/// Who signs in and out; who only stays; and whose sign-outs show whether all is well.
const USERS: [&str; 3] = ["ada", "grace", "edsger"];
const STAYS: &str = "barbara";
const PROBE: &str = "mary";

/// Where the load goes.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) auth: String,
    pub(crate) frontend: String,
    pub(crate) doors: Vec<Door>,
}

/// The load, and what it has seen.
pub(crate) struct Witness {
    seen: Arc<Seen>,
    tasks: JoinSet<()>,
}

/// What everybody who makes the load knows.
struct Seen {
    place: Place,
    client: Client,
    ledger: Ledger,
    tally: Mutex<Tally>,
    dice: Dice,
    /// Held by whoever signs in or out.
    gate: RwLock<()>,
    ends: AtomicBool,
}

/// By which way somebody signs in or out.
#[derive(Debug, Clone, Copy)]
enum Way {
    AuthService,
    Frontend,
}

impl Witness {
    /// Signs people in, and starts the load.
    pub(crate) async fn start(place: Place) -> Self {
        let seen = Arc::new(Seen {
            place,
            client: client(),
            ledger: Ledger::default(),
            tally: Mutex::new(Tally::new(BOUND)),
            dice: Dice::new(1),
            gate: RwLock::new(()),
            ends: AtomicBool::new(false),
        });
        for name in USERS.into_iter().chain([STAYS, PROBE]) {
            let body = serde_json::json!({"email": email(name), "password": PASSWORD});
            let register = seen.client.post(format!("{}/api/register", seen.place.auth)).json(&body);
            assert_eq!(send(register).await.unwrap().status, 201);
            for way in [Way::AuthService, Way::Frontend] {
                assert!(seen.sign_in(name, way).await.is_some(), "{name} cannot sign in");
            }
        }
        let mut tasks = JoinSet::new();
        for door in seen.place.doors.iter().chain(&seen.place.doors) {
            tasks.spawn(seen.clone().show_sessions(door.clone()));
        }
        let ways = [Way::AuthService, Way::Frontend];
        for (name, turn) in USERS.into_iter().zip(0..) {
            let mut stock = VecDeque::new();
            while stock.len() < STOCK {
                stock.extend(seen.sign_in(name, Way::AuthService).await);
            }
            let ways = [ways[turn % 2], ways[(turn + 1) % 2]];
            tasks.spawn(seen.clone().come_and_go(name, ways, stock));
        }
        Self { seen, tasks }
    }

    /// Lets nobody sign in or out until what is returned is dropped; nobody is about to, either.
    pub(crate) async fn nobody_signs(&self) -> RwLockWriteGuard<'_, ()> {
        self.seen.gate.write().await
    }

    /// Signs somebody in by auth-service, beside the load.
    pub(crate) async fn sign_in(&self, name: &str) -> Option<Arc<Session>> {
        self.seen.sign_in(name, Way::AuthService).await
    }

    /// Signs somebody out by auth-service, beside the load; whether that was told as done.
    pub(crate) async fn sign_out(&self, session: &Session) -> bool {
        self.seen.sign_out(session, Way::AuthService).await
    }

    /// Shows a session at a door, beside the load; the status of the answer.
    pub(crate) async fn show(&self, door: &Door, session: &Session) -> Option<u16> {
        self.seen.show(door, session).await
    }

    /// Shows every session once at every door.
    pub(crate) async fn show_everybody(&self) {
        for session in self.seen.ledger.all() {
            join_all(self.seen.place.doors.iter().map(|door| self.seen.show(door, &session))).await;
        }
    }

    /// Waits until somebody can sign in, is let in everywhere and, having signed out, is refused
    /// everywhere within half a second; how long after `since` that is.
    pub(crate) async fn time_to_heal(&self, since: Instant, within: Duration) -> Duration {
        while !self.seen.a_sign_out_is_heard_of_at_once().await {
            assert!(
                since.elapsed() < within,
                "not healed after {within:?}: {:?}",
                self.seen.tally.lock().unwrap()
            );
            sleep(Duration::from_millis(20)).await;
        }
        since.elapsed()
    }

    /// Ends the load, and shows every session once more at every door.
    pub(crate) async fn end(mut self) -> Tally {
        self.seen.ends.store(true, SeqCst);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        self.show_everybody().await;
        Arc::into_inner(self.seen).unwrap().tally.into_inner().unwrap()
    }
}

fn email(name: &str) -> String {
    format!("{name}@example.com")
}

impl Seen {
    async fn show_sessions(self: Arc<Self>, door: Door) {
        let mut ticks = interval(PACE);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.ends.load(SeqCst) {
            ticks.tick().await;
            let session = self.ledger.pick(&self.dice);
            self.show(&door, &session).await;
        }
    }

    /// In by one way, and out of the oldest session by the other, again and again.
    async fn come_and_go(
        self: Arc<Self>,
        name: &'static str,
        [way_in, way_out]: [Way; 2],
        mut stock: VecDeque<Arc<Session>>,
    ) {
        while !self.ends.load(SeqCst) {
            if let Some(session) = self.sign_in(name, way_in).await {
                for door in &self.place.doors {
                    self.show(door, &session).await;
                }
                stock.push_back(session);
            }
            sleep(PAUSE).await;
            if let Some(oldest) = stock.pop_front() {
                while !self.sign_out(&oldest, way_out).await && !self.ends.load(SeqCst) {
                    sleep(PAUSE).await;
                }
            }
            sleep(PAUSE).await;
        }
    }

    /// Shows a session at a door; the status of the answer.
    async fn show(&self, door: &Door, session: &Session) -> Option<u16> {
        let (started, before) = (Instant::now(), session.state());
        let reply = send(door.request(&self.client, &session.token)).await;
        let states = Some((before, session.state()));
        let asked = Asked { of: door.name, started, states, email: &session.email };
        let mut tally = self.tally.lock().unwrap();
        match &reply {
            Ok(reply) => tally.judge_door(door.name, session, &asked, reply),
            Err(error) => tally.no_answer(&asked, error),
        }
        reply.ok().map(|reply| reply.status)
    }

    /// `None` if that is not possible just now.
    async fn sign_in(&self, name: &str, way: Way) -> Option<Arc<Session>> {
        let _gate = self.gate.read().await;
        let email = email(name);
        let body = serde_json::json!({"email": email, "password": PASSWORD});
        let request = self.client.post(format!("{}/api/login", self.origin(way))).json(&body);
        let reply = self.sign(request, way, &email, None).await?;
        (reply.status == 200).then(|| self.ledger.add(&email, reply.token.unwrap()))
    }

    /// Whether it was told as done; if not, either answer is right from now on.
    async fn sign_out(&self, session: &Session, way: Way) -> bool {
        let _gate = self.gate.read().await;
        session.set(State::Leaving);
        let request = self.client.post(format!("{}/api/logout", self.origin(way)));
        let request = request.header(reqwest::header::COOKIE, format!("token={}", session.token));
        let states = Some((State::Leaving, State::Leaving));
        let reply = self.sign(request, way, &session.email, states).await;
        let done = reply.is_some_and(|reply| reply.status == 200);
        if done {
            session.set(State::Left(Instant::now()));
        }
        done
    }

    async fn sign(
        &self,
        request: RequestBuilder,
        way: Way,
        email: &str,
        states: Option<(State, State)>,
    ) -> Option<Reply> {
        let of = match way {
            Way::AuthService => "auth-service",
            Way::Frontend => "web-frontend",
        };
        let started = Instant::now();
        let reply = send(request).await;
        let asked = Asked { of, started, states, email };
        let mut tally = self.tally.lock().unwrap();
        match &reply {
            Ok(reply) => tally.judge_sign(&asked, reply),
            Err(error) => tally.no_answer(&asked, error),
        }
        reply.ok()
    }

    fn origin(&self, way: Way) -> &str {
        match way {
            Way::AuthService => &self.place.auth,
            Way::Frontend => &self.place.frontend,
        }
    }

    async fn a_sign_out_is_heard_of_at_once(&self) -> bool {
        let Some(session) = self.sign_in(PROBE, Way::Frontend).await else { return false };
        let everywhere = || join_all(self.place.doors.iter().map(|door| self.show(door, &session)));
        let let_in = everywhere().await.iter().all(|status| *status == Some(200));
        if !self.sign_out(&session, Way::AuthService).await {
            return false;
        }
        let left = Instant::now();
        while left.elapsed() < Duration::from_millis(500) {
            let answers = everywhere().await;
            if answers.iter().all(|status| matches!(status, Some(302 | 401))) {
                return let_in;
            }
        }
        false
    }
}
