use std::{
    sync::{Arc, Mutex},
    time::Instant,
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use serde_json::Value;
use tests::PseudoRandom;

/// What is known about a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionState {
    /// The login succeeded, and no sign-out has been sent.
    Active,
    /// A sign-out was sent and its result is unknown: accepting and refusing the session are both correct.
    SigningOut,
    /// The sign-out was confirmed at this moment.
    SignedOut(Instant),
}

/// A session and its user.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) email: String,
    pub(crate) token: String,
    state: Mutex<SessionState>,
}

impl Session {
    pub(crate) fn state(&self) -> SessionState {
        *self.state.lock().unwrap()
    }

    pub(crate) fn set(&self, state: SessionState) {
        *self.state.lock().unwrap() = state;
    }

    /// A claim of its token.
    pub(crate) fn claim(&self, name: &str) -> String {
        let payload = self.token.split('.').nth(1).unwrap();
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        claims[name].as_str().unwrap().to_owned()
    }
}

/// All sessions since the start of the load.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Vec<Arc<Session>>>);

impl Ledger {
    pub(crate) fn add(&self, email: &str, token: String) -> Arc<Session> {
        let state = Mutex::new(SessionState::Active);
        let session = Arc::new(Session { email: email.to_owned(), token, state });
        self.0.lock().unwrap().push(session.clone());
        session
    }

    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        self.0.lock().unwrap().clone()
    }

    /// A random session. Two out of three are active.
    pub(crate) fn pick(&self, random: &PseudoRandom) -> Arc<Session> {
        let sessions = self.0.lock().unwrap();
        let is_active = random.below(3) < 2;
        let wanted: Vec<_> = sessions
            .iter()
            .filter(|session| (session.state() == SessionState::Active) == is_active)
            .collect();
        let session = wanted.get(random.below(wanted.len().max(1))).copied();
        session.unwrap_or(&sessions[random.below(sessions.len())]).clone()
    }
}
