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
use tests::{PASSWORD, PseudoRandom, Service, credentials};
use tokio::{
    sync::RwLock,
    time::{MissedTickBehavior, interval, sleep},
};

use super::{
    Endpoint, Session, Tally,
    endpoint::{Reply, client, send},
    generator::{REVOCATION_BOUND, Targets},
    ledger::{Ledger, SessionState},
    tally::{Sent, States},
};

/// How often each of the two clients of an endpoint sends a session.
const VERIFICATION_INTERVAL: Duration = Duration::from_millis(40);

/// The pause between a sign-in and a sign-out, and before a retry.
const SIGN_IN_PAUSE: Duration = Duration::from_millis(300);

/// A user whose sign-outs show whether the deployment has recovered.
pub(super) const PROBE_USER: &str = "mary";

/// The users of the load, and what all of its tasks share.
pub(super) struct Users {
    pub(super) targets: Targets,
    client: Client,
    pub(super) ledger: Ledger,
    pub(super) tally: Mutex<Tally>,
    random: PseudoRandom,
    /// Held for reading during a sign-in or a sign-out.
    pub(super) gate: RwLock<()>,
    pub(super) ends: AtomicBool,
}

/// The service that receives a sign-in or a sign-out.
#[derive(Debug, Clone, Copy)]
pub(super) enum Via {
    AuthService,
    Frontend,
}

fn email(name: &str) -> String {
    format!("{name}@example.com")
}

impl Users {
    pub(super) fn new(targets: Targets) -> Self {
        Self {
            targets,
            client: client(),
            ledger: Ledger::default(),
            tally: Mutex::new(Tally::new(REVOCATION_BOUND)),
            random: PseudoRandom::new(1),
            gate: RwLock::new(()),
            ends: AtomicBool::new(false),
        }
    }

    /// Creates an account and signs in with it at both services.
    pub(super) async fn register(&self, name: &str) {
        tests::register(&self.targets.auth, &email(name)).await;
        for via in [Via::AuthService, Via::Frontend] {
            assert!(self.sign_in(name, via).await.is_some(), "{name} cannot sign in");
        }
    }

    pub(super) async fn verify_sessions(self: Arc<Self>, endpoint: Endpoint) {
        let mut ticks = interval(VERIFICATION_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !self.ends.load(SeqCst) {
            ticks.tick().await;
            let session = self.ledger.pick(&self.random);
            self.verify(&endpoint, &session).await;
        }
    }

    /// Signs in at one service and ends the oldest session at the other one, repeatedly.
    pub(super) async fn sign_in_and_out(
        self: Arc<Self>,
        name: &'static str,
        sign_in: Via,
        sign_out: Via,
        mut stock: VecDeque<Arc<Session>>,
    ) {
        while !self.ends.load(SeqCst) {
            if let Some(session) = self.sign_in(name, sign_in).await {
                for endpoint in &self.targets.endpoints {
                    self.verify(endpoint, &session).await;
                }
                stock.push_back(session);
            }
            sleep(SIGN_IN_PAUSE).await;
            if let Some(oldest) = stock.pop_front() {
                while !self.sign_out(&oldest, sign_out).await && !self.ends.load(SeqCst) {
                    sleep(SIGN_IN_PAUSE).await;
                }
            }
            sleep(SIGN_IN_PAUSE).await;
        }
    }

    /// Sends a session to an endpoint and returns the status.
    pub(super) async fn verify(&self, endpoint: &Endpoint, session: &Session) -> Option<u16> {
        let at = Instant::now();
        let before = session.state();
        let reply = send(endpoint.request(&self.client, &session.token)).await;
        let states = Some(States { before, after: session.state() });
        let sent = Sent { to: endpoint.name, at, email: &session.email, states };
        let mut tally = self.tally.lock().unwrap();
        match &reply {
            Ok(reply) => tally.check_verification(session, &sent, reply),
            Err(error) => tally.add_unanswered(&sent, error),
        }
        reply.ok().map(|reply| reply.status)
    }

    /// Returns `None` if signing in is not possible now.
    pub(super) async fn sign_in(&self, name: &str, via: Via) -> Option<Arc<Session>> {
        let _gate = self.gate.read().await;
        let email = email(name);
        let request = self.client.post(format!("{}/api/login", self.origin(via)));
        let request = request.json(&credentials(&email, PASSWORD));
        let reply = self.send_checked(request, via, &email, None).await?;
        (reply.status == 200).then(|| self.ledger.add(&email, reply.token.unwrap()))
    }

    /// Returns true if the sign-out was confirmed. Otherwise, accepting and refusing the session are both correct.
    pub(super) async fn sign_out(&self, session: &Session, via: Via) -> bool {
        let _gate = self.gate.read().await;
        session.set(SessionState::SigningOut);
        let request = self.client.post(format!("{}/api/logout", self.origin(via)));
        let request = request.header(reqwest::header::COOKIE, format!("token={}", session.token));
        let states = States { before: SessionState::SigningOut, after: SessionState::SigningOut };
        let reply = self.send_checked(request, via, &session.email, Some(states)).await;
        let is_confirmed = reply.is_some_and(|reply| reply.status == 200);
        if is_confirmed {
            session.set(SessionState::SignedOut(Instant::now()));
        }
        is_confirmed
    }

    async fn send_checked(
        &self,
        request: RequestBuilder,
        via: Via,
        email: &str,
        states: Option<States>,
    ) -> Option<Reply> {
        let to = match via {
            Via::AuthService => Service::Auth.name(),
            Via::Frontend => Service::Frontend.name(),
        };
        let at = Instant::now();
        let reply = send(request).await;
        let sent = Sent { to, at, email, states };
        let mut tally = self.tally.lock().unwrap();
        match &reply {
            Ok(reply) => tally.check_sign_in_or_out(&sent, reply),
            Err(error) => tally.add_unanswered(&sent, error),
        }
        reply.ok()
    }

    fn origin(&self, via: Via) -> &str {
        match via {
            Via::AuthService => &self.targets.auth,
            Via::Frontend => &self.targets.frontend,
        }
    }

    /// Returns true if a new session is accepted everywhere, and refused everywhere soon after its end.
    pub(super) async fn revokes_immediately(&self) -> bool {
        let Some(session) = self.sign_in(PROBE_USER, Via::Frontend).await else { return false };
        let statuses = || {
            let endpoints = self.targets.endpoints.iter();
            join_all(endpoints.map(|endpoint| self.verify(endpoint, &session)))
        };
        let is_accepted = statuses().await.iter().all(|status| *status == Some(200));
        if !self.sign_out(&session, Via::AuthService).await {
            return false;
        }
        let signed_out = Instant::now();
        while signed_out.elapsed() < Duration::from_millis(500) {
            if statuses().await.iter().all(|status| matches!(status, Some(302 | 401))) {
                return is_accepted;
            }
        }
        false
    }
}
