use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::{StreamExt, stream};
use tests::{Deployment, PseudoRandom, Service};
use tokio::time::sleep;
use tokio_postgres::Client;

use super::course::{Allowed, Outcome, RECOVERY_TIME, System};
use crate::load::{Endpoint, Load, REVOCATION_BOUND, Session, SessionState};

const ROUNDS: usize = 100;

/// The initial maximum delay between a sign-out and the kill, in milliseconds.
const SIGN_OUT_DELAY_MS: usize = 20;

/// The maximum delay between a sign-in, which computes a hash, and the kill, in milliseconds.
const SIGN_IN_DELAY_MS: usize = 120;

/// The number of kills, by effect.
#[derive(Debug, Default)]
struct Kills {
    /// The sign-out did not happen.
    sign_out_lost: usize,
    /// The sign-out happened, but the client got no confirmation.
    sign_out_unconfirmed: usize,
    sign_out_confirmed: usize,
    during_sign_in: usize,
}

/// The kills of auth-service under load.
struct Killer {
    deployment: Deployment,
    database: Client,
    random: PseudoRandom,
    /// Grows if a kill comes too early and shrinks if it comes too late, on a machine of any speed.
    sign_out_delay_ms: usize,
    kills: Kills,
}

impl Killer {
    async fn kill_within(&self, max_delay_ms: usize) {
        sleep(Duration::from_millis(self.random.below(max_delay_ms + 1) as u64)).await;
        self.deployment.process(Service::Auth).signal("KILL");
    }

    async fn kill_during_sign_in(&mut self, load: &Load) {
        tokio::join!(load.sign_in("ada"), self.kill_within(SIGN_IN_DELAY_MS));
        self.deployment.restart(Service::Auth);
        self.kills.during_sign_in += 1;
    }

    /// Returns true if the session still exists.
    async fn kill_during_sign_out(&mut self, load: &Load, session: &Session) -> bool {
        // Load everything that auth-service needs first, so that the write is what takes time.
        let account = Endpoint::account(&self.deployment.auth);
        assert_eq!(load.verify(&account, session).await, Some(200));

        let (is_confirmed, ()) =
            tokio::join!(load.sign_out(session), self.kill_within(self.sign_out_delay_ms));
        self.deployment.restart(Service::Auth);

        let exists = session_exists(&self.database, session).await;
        assert!(!(is_confirmed && exists), "a confirmed sign-out is lost");
        if exists {
            session.set(SessionState::Active);
            self.kills.sign_out_lost += 1;
            self.sign_out_delay_ms += 1;
        } else if is_confirmed {
            self.kills.sign_out_confirmed += 1;
            self.sign_out_delay_ms = (self.sign_out_delay_ms - 1).max(2);
        } else {
            session.set(SessionState::SignedOut(Instant::now()));
            self.kills.sign_out_unconfirmed += 1;
        }
        exists
    }
}

/// After every kill, all verifiers learn in time what the database says.
#[tokio::test(flavor = "multi_thread")]
async fn auth_service_killed_in_mid_write_100_times() {
    let System { deployment, targets } = System::start(Deployment::builder());
    let load = Load::start(targets).await;
    let mut sessions = sign_in_for_all_rounds(&load).await;
    let mut killer = Killer {
        database: deployment.connect().await,
        deployment,
        random: PseudoRandom::new(7),
        sign_out_delay_ms: SIGN_OUT_DELAY_MS,
        kills: Kills::default(),
    };
    let began = Instant::now();

    for round in 0..ROUNDS {
        if round % 4 == 3 {
            killer.kill_during_sign_in(&load).await;
            continue;
        }
        let session = sessions.pop().unwrap();
        if killer.kill_during_sign_out(&load, &session).await {
            sessions.push(session);
        }
    }

    let kills = &killer.kills;
    let is_balanced = kills.sign_out_lost > 5 && kills.sign_out_unconfirmed + kills.sign_out_confirmed > 5;
    assert!(is_balanced, "not in mid-write: {kills:?}");
    let recovery = load.time_to_recovery(Instant::now(), RECOVERY_TIME).await;
    // From now on, even the session that ended last must be refused.
    sleep(REVOCATION_BOUND).await;
    let allowed = Allowed { no_sign_in_or_out: true, stopped: &["auth-service"] };
    let name = format!("auth-service killed in mid-write, {kills:?}");
    let outcome = Outcome { settled: began..Instant::now(), recovery };
    outcome.check(&name, &load.end().await, allowed);
    killer.deployment.assert_no_panic();
}

/// Creates a session for every sign-out, spread over users so that none has too many.
async fn sign_in_for_all_rounds(load: &Load) -> Vec<Arc<Session>> {
    let names = ["ada", "grace", "edsger", "barbara"];
    let sign_ins = (0..ROUNDS * 3 / 4).map(|n| load.sign_in(names[n % names.len()]));
    stream::iter(sign_ins).buffer_unordered(2).map(Option::unwrap).collect().await
}

/// Returns true if the database has the session. The row lock waits for a write that is under way; a write that has not
/// reached the database yet was lost with its client.
async fn session_exists(database: &Client, session: &Session) -> bool {
    let [user, id] = ["sub", "sid"].map(|claim| session.claim(claim).replace('-', ""));
    let lock = "SELECT id FROM users WHERE id = decode($1, 'hex') FOR UPDATE";
    assert_eq!(database.query(lock, &[&user]).await.unwrap().len(), 1);
    let find = "SELECT id FROM sessions WHERE id = decode($1, 'hex')";
    !database.query(find, &[&id]).await.unwrap().is_empty()
}
