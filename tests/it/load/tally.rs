use std::{
    collections::BTreeMap,
    ops::Range,
    time::{Duration, Instant},
};

use super::{
    endpoint::Reply,
    ledger::{Session, SessionState},
};

/// How many violations of each kind are described.
const DESCRIBED: usize = 10;

/// The ways in which a response can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Violation {
    /// A revoked session was accepted beyond the bound, or a session was mistaken for another user's.
    FalseAccept,
    /// An active session or a correct password was refused.
    FalseRefusal,
    /// The cookie of an active session was deleted.
    CookieCleared,
    /// A 5xx that is not a 503.
    OtherServerError,
    /// A 503 without `Retry-After`.
    NoRetryAfter,
    /// A response that is never correct.
    Unexpected,
}

/// The state of a session before a request and after its response.
#[derive(Debug, Clone, Copy)]
pub(crate) struct States {
    pub(crate) before: SessionState,
    pub(crate) after: SessionState,
}

/// A request that was sent.
pub(crate) struct Sent<'a> {
    /// The name of the endpoint.
    pub(crate) to: &'a str,
    pub(crate) at: Instant,
    pub(crate) email: &'a str,
    /// `None` for a login, which has no session yet.
    pub(crate) states: Option<States>,
}

/// A session that could not be verified.
#[derive(Debug)]
struct Unverified {
    at: Instant,
    was_active: bool,
}

#[derive(Debug, Default)]
struct Violations {
    count: usize,
    /// Descriptions of the first few.
    texts: Vec<String>,
}

/// The results of all requests.
#[derive(Debug)]
pub(crate) struct Tally {
    began: Instant,
    bound: Duration,
    pub(crate) checked: usize,
    violations: BTreeMap<Violation, Violations>,
    unverified: Vec<Unverified>,
    /// How many sign-ins and sign-outs were answered with 503.
    pub(crate) failed_sign_ins_and_outs: usize,
    /// Requests without a response, by endpoint.
    unanswered: BTreeMap<String, usize>,
    /// The longest time after the end of a session at which the session was still accepted.
    pub(crate) latest_accept: Duration,
    pub(crate) slowest: Duration,
}

impl Tally {
    pub(crate) fn new(bound: Duration) -> Self {
        Self {
            began: Instant::now(),
            bound,
            checked: 0,
            violations: BTreeMap::new(),
            unverified: Vec::new(),
            failed_sign_ins_and_outs: 0,
            unanswered: BTreeMap::new(),
            latest_accept: Duration::ZERO,
            slowest: Duration::ZERO,
        }
    }

    pub(crate) fn count(&self, violation: Violation) -> usize {
        self.violations.get(&violation).map_or(0, |violations| violations.count)
    }

    /// Describes all violations; empty if there are none.
    pub(crate) fn describe_violations(&self) -> String {
        let kinds = self.violations.iter();
        let texts: Vec<_> = kinds
            .map(|(kind, Violations { count, texts })| format!("{count} {kind:?}\n{}", texts.join("\n")))
            .collect();
        texts.join("\n")
    }

    /// How many sessions could not be verified.
    pub(crate) fn unverified(&self) -> usize {
        self.unverified.len()
    }

    /// How many active sessions could not be verified during this period.
    pub(crate) fn unverified_active(&self, time: &Range<Instant>) -> usize {
        self.unverified.iter().filter(|session| session.was_active && time.contains(&session.at)).count()
    }

    /// Requests without a response, by endpoint, except those to a program that was stopped.
    pub(crate) fn unanswered_except(&self, stopped: &[&str]) -> Vec<(&String, &usize)> {
        self.unanswered.iter().filter(|(endpoint, _)| !stopped.contains(&endpoint.as_str())).collect()
    }

    /// Checks the response of an endpoint that verifies a session.
    pub(crate) fn check_verification(&mut self, session: &Session, sent: &Sent<'_>, reply: &Reply) {
        self.check_common(sent, reply);
        let unknown = States { before: SessionState::SigningOut, after: SessionState::SigningOut };
        let States { before, after } = sent.states.unwrap_or(unknown);
        match reply.status {
            200 => self.check_accept(before, session, sent, reply),
            401 | 403 => self.check_refusal(after, sent, reply),
            302 | 303 if reply.redirects_to_login => self.check_refusal(after, sent, reply),
            503 => {
                let was_active = before == SessionState::Active && after == SessionState::Active;
                self.unverified.push(Unverified { at: sent.at, was_active });
            }
            500.. => {}
            _ => self.add(Violation::Unexpected, sent, reply),
        }
        if reply.clears_cookie && after == SessionState::Active {
            self.add(Violation::CookieCleared, sent, reply);
        }
    }

    /// Checks the response to a login with the correct password, or to a sign-out.
    pub(crate) fn check_sign_in_or_out(&mut self, sent: &Sent<'_>, reply: &Reply) {
        self.check_common(sent, reply);
        match reply.status {
            200 | 500.. => {}
            400..500 => self.add(Violation::FalseRefusal, sent, reply),
            _ => self.add(Violation::Unexpected, sent, reply),
        }
        if reply.status == 503 {
            self.failed_sign_ins_and_outs += 1;
        }
        if reply.status != 200 && reply.clears_cookie {
            self.add(Violation::CookieCleared, sent, reply);
        }
    }

    /// Counts a request without a response. A program may close a connection, but it must not keep a client waiting.
    pub(crate) fn add_unanswered(&mut self, sent: &Sent<'_>, error: &reqwest::Error) {
        self.slowest = self.slowest.max(sent.at.elapsed());
        *self.unanswered.entry(sent.to.to_owned()).or_default() += 1;
        if error.is_timeout() {
            let text = format!("{:?}: {} does not respond", sent.at - self.began, sent.to);
            self.add_text(Violation::Unexpected, text);
        }
    }

    fn check_common(&mut self, sent: &Sent<'_>, reply: &Reply) {
        self.checked += 1;
        self.slowest = self.slowest.max(sent.at.elapsed());
        match reply.status {
            503 if !reply.has_retry_after => self.add(Violation::NoRetryAfter, sent, reply),
            500..=502 | 504.. => self.add(Violation::OtherServerError, sent, reply),
            _ => {}
        }
    }

    fn check_accept(&mut self, before: SessionState, session: &Session, sent: &Sent<'_>, reply: &Reply) {
        if !reply.text.contains(&session.email) {
            self.add(Violation::FalseAccept, sent, reply);
        }
        if let SessionState::SignedOut(at) = before {
            let late = sent.at - at;
            self.latest_accept = self.latest_accept.max(late);
            if late > self.bound {
                self.add(Violation::FalseAccept, sent, reply);
            }
        }
    }

    fn check_refusal(&mut self, after: SessionState, sent: &Sent<'_>, reply: &Reply) {
        if after == SessionState::Active {
            self.add(Violation::FalseRefusal, sent, reply);
        }
    }

    fn add(&mut self, violation: Violation, sent: &Sent<'_>, reply: &Reply) {
        let state = match sent.states {
            Some(States { before: SessionState::SignedOut(at), .. }) => {
                format!("signed out {:?} before", sent.at - at)
            }
            other => format!("{other:?}"),
        };
        let Sent { to, email, .. } = sent;
        let time = sent.at - self.began;
        let text: String = reply.text.chars().take(200).collect();
        self.add_text(violation, format!("{time:?}: {to} told {email} ({state}) {}: {text}", reply.status));
    }

    fn add_text(&mut self, violation: Violation, text: String) {
        let violations = self.violations.entry(violation).or_default();
        violations.count += 1;
        if violations.texts.len() < DESCRIBED {
            violations.texts.push(text);
        }
    }
}
