use std::{
    collections::VecDeque,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use tests::{Deployment, Service};
use tokio::{sync::RwLockWriteGuard, task::JoinSet, time::sleep};

use super::{
    Endpoint, Session, Tally,
    users::{PROBE_USER, Users, Via},
};

/// How long after its end a session may be accepted, under any single failure.
pub(crate) const REVOCATION_BOUND: Duration = Duration::from_secs(4);

/// How many newer sessions a user has when a session is ended. As a result, the first sessions to end after a failure
/// began before the failure, and every verifier knows them.
const SESSIONS_IN_STOCK: usize = 3;

/// The users who sign in and out.
const USERS: [&str; 3] = ["ada", "grace", "edsger"];

/// A user who stays signed in.
const STAYING_USER: &str = "barbara";

/// Where the load goes.
#[derive(Debug, Clone)]
pub(crate) struct Targets {
    pub(crate) auth: String,
    pub(crate) frontend: String,
    pub(crate) endpoints: Vec<Endpoint>,
}

impl Targets {
    /// Both verify-services, with these names, and the guarded page of a deployment.
    pub(crate) fn of(deployment: &Deployment, verifiers: [&'static str; 2]) -> Self {
        let urls = deployment.urls(Service::Verify);
        let mut endpoints: Vec<_> =
            verifiers.into_iter().zip(&urls).map(|(name, url)| Endpoint::verifier(name, url)).collect();
        endpoints.push(Endpoint::page(&deployment.frontend));
        endpoints.push(Endpoint::data(&deployment.frontend));
        Self { auth: deployment.auth.clone(), frontend: deployment.frontend.clone(), endpoints }
    }
}

/// The running load and its results.
pub(crate) struct Load {
    users: Arc<Users>,
    tasks: JoinSet<()>,
}

impl Load {
    /// Signs users in and starts the load.
    pub(crate) async fn start(targets: Targets) -> Self {
        let users = Arc::new(Users::new(targets));
        for name in USERS.into_iter().chain([STAYING_USER, PROBE_USER]) {
            users.register(name).await;
        }
        let mut tasks = JoinSet::new();
        for endpoint in users.targets.endpoints.iter().chain(&users.targets.endpoints) {
            tasks.spawn(users.clone().verify_sessions(endpoint.clone()));
        }
        let both = [Via::AuthService, Via::Frontend];
        for (index, name) in USERS.into_iter().enumerate() {
            let mut stock = VecDeque::new();
            while stock.len() < SESSIONS_IN_STOCK {
                stock.extend(users.sign_in(name, Via::AuthService).await);
            }
            let [sign_in, sign_out] = [both[index % 2], both[(index + 1) % 2]];
            tasks.spawn(users.clone().sign_in_and_out(name, sign_in, sign_out, stock));
        }
        Self { users, tasks }
    }

    /// Waits until no sign-in or sign-out is under way, and blocks new ones until the guard is dropped.
    pub(crate) async fn block_sign_ins_and_outs(&self) -> RwLockWriteGuard<'_, ()> {
        self.users.gate.write().await
    }

    /// Signs a user in at auth-service, in addition to the load.
    pub(crate) async fn sign_in(&self, name: &str) -> Option<Arc<Session>> {
        self.users.sign_in(name, Via::AuthService).await
    }

    /// Signs a user out at auth-service, in addition to the load. Returns true if it was confirmed.
    pub(crate) async fn sign_out(&self, session: &Session) -> bool {
        self.users.sign_out(session, Via::AuthService).await
    }

    /// Sends a session to an endpoint, in addition to the load, and returns the status.
    pub(crate) async fn verify(&self, endpoint: &Endpoint, session: &Session) -> Option<u16> {
        self.users.verify(endpoint, session).await
    }

    /// Sends every session once to every endpoint.
    pub(crate) async fn verify_all(&self) {
        for session in self.users.ledger.all() {
            let endpoints = self.users.targets.endpoints.iter();
            join_all(endpoints.map(|endpoint| self.users.verify(endpoint, &session))).await;
        }
    }

    /// Waits until a user can sign in, is accepted at every endpoint, and is refused at every endpoint within half a
    /// second after signing out. Returns the time since `since`.
    pub(crate) async fn time_to_recovery(&self, since: Instant, within: Duration) -> Duration {
        while !self.users.revokes_immediately().await {
            assert!(
                since.elapsed() < within,
                "not recovered after {within:?}: {:?}",
                self.users.tally.lock().unwrap()
            );
            sleep(Duration::from_millis(20)).await;
        }
        since.elapsed()
    }

    /// Ends the load, and sends every session once more to every endpoint.
    pub(crate) async fn end(mut self) -> Tally {
        self.users.ends.store(true, SeqCst);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        self.verify_all().await;
        Arc::into_inner(self.users).unwrap().tally.into_inner().unwrap()
    }
}
