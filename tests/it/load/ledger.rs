use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Instant,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use serde_json::Value;

/// What is true of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Its login was answered, and nobody has asked for its end.
    Alive,
    /// Its end was asked for, and nobody knows yet whether it has come: either answer is right.
    Leaving,
    /// Its end was told at this moment.
    Left(Instant),
}

/// A session, and whose it is.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) email: String,
    pub(crate) token: String,
    state: Mutex<State>,
}

impl Session {
    pub(crate) fn state(&self) -> State {
        *self.state.lock().unwrap()
    }

    /// A claim of its token.
    pub(crate) fn claim(&self, name: &str) -> String {
        let payload = self.token.split('.').nth(1).unwrap();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        claims[name].as_str().unwrap().to_owned()
    }

    pub(crate) fn set(&self, state: State) {
        *self.state.lock().unwrap() = state;
    }
}

/// All sessions that there ever were.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Vec<Arc<Session>>>);

impl Ledger {
    pub(crate) fn add(&self, email: &str, token: String) -> Arc<Session> {
        let state = Mutex::new(State::Alive);
        let session = Arc::new(Session { email: email.to_owned(), token, state });
        self.0.lock().unwrap().push(session.clone());
        session
    }

    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        self.0.lock().unwrap().clone()
    }

    /// Any session; two times of three one that is alive.
    pub(crate) fn pick(&self, dice: &Dice) -> Arc<Session> {
        let sessions = self.0.lock().unwrap();
        let alive = dice.below(3) < 2;
        let wanted: Vec<_> =
            sessions.iter().filter(|session| (session.state() == State::Alive) == alive).collect();
        let session = wanted.get(dice.below(wanted.len().max(1))).copied();
        session.unwrap_or(&sessions[dice.below(sessions.len())]).clone()
    }
}

/// Numbers that look random and are the same in every run.
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// A number below `n` (`SplitMix64`).
    pub(crate) fn below(&self, n: usize) -> usize {
        const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut z = self.0.fetch_add(STEP, Relaxed).wrapping_add(STEP);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap()
    }
}
