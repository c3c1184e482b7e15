use std::{
    collections::BTreeMap,
    ops::Range,
    time::{Duration, Instant},
};

use super::{
    door::Reply,
    ledger::{Session, State},
};

/// The ways in which an answer can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Wrong {
    /// Somebody who had left was let in beyond the bound, or somebody was taken for another.
    FalseAccept,
    /// Somebody who was signed in was turned away, or a right password was refused.
    FalseRefusal,
    /// Somebody lost the cookie without having signed out.
    CookieCleared,
    /// A 5xx that is not a 503.
    OtherFiveHundred,
    /// A 503 that does not say when to come again.
    NoRetryAfter,
    /// An answer that nothing foresees.
    Unforeseen,
}

/// What was asked of whom, and what was true.
pub(crate) struct Asked<'a> {
    pub(crate) of: &'a str,
    pub(crate) started: Instant,
    /// What was true before the question and after the answer; of a login, nothing.
    pub(crate) states: Option<(State, State)>,
    pub(crate) email: &'a str,
}

/// What all answers come to.
#[derive(Debug)]
pub(crate) struct Tally {
    began: Instant,
    bound: Duration,
    pub(crate) checked: usize,
    /// The first few of each kind in words, and how many there were.
    wrong: BTreeMap<Wrong, (usize, Vec<String>)>,
    /// When and where a session was shown that could not be checked, and whether it was alive.
    unchecked: Vec<(Instant, &'static str, bool)>,
    /// When a sign-in or a sign-out was not possible.
    unsigned: Vec<Instant>,
    /// Questions that no answer came to, by who was asked.
    unanswered: BTreeMap<String, usize>,
    /// How long after its end a session was still let in, at most.
    pub(crate) latest_accept: Duration,
    pub(crate) slowest: Duration,
}

impl Tally {
    pub(crate) fn new(bound: Duration) -> Self {
        Self {
            began: Instant::now(),
            bound,
            checked: 0,
            wrong: BTreeMap::new(),
            unchecked: Vec::new(),
            unsigned: Vec::new(),
            unanswered: BTreeMap::new(),
            latest_accept: Duration::ZERO,
            slowest: Duration::ZERO,
        }
    }

    pub(crate) fn count(&self, wrong: Wrong) -> usize {
        self.wrong.get(&wrong).map_or(0, |(count, _)| *count)
    }

    /// Every wrong answer, in words.
    pub(crate) fn wrongs(&self) -> String {
        let kinds = self.wrong.iter();
        let texts: Vec<_> =
            kinds.map(|(kind, (n, texts))| format!("{n} {kind:?}\n{}", texts.join("\n"))).collect();
        texts.join("\n")
    }

    /// How often somebody who was signed in was not let in, for want of knowledge, in that time.
    pub(crate) fn unchecked_alive(&self, time: &Range<Instant>) -> usize {
        self.unchecked.iter().filter(|(at, _, alive)| *alive && time.contains(at)).count()
    }

    pub(crate) fn unchecked(&self) -> usize {
        self.unchecked.len()
    }

    pub(crate) fn unsigned(&self) -> usize {
        self.unsigned.len()
    }

    /// Who left how many questions without an answer, except `those`, whose program was ended.
    pub(crate) fn unanswered_but_by(&self, those: &[&str]) -> Vec<(&String, &usize)> {
        self.unanswered.iter().filter(|(whom, _)| !those.contains(&whom.as_str())).collect()
    }

    /// Judges what was said of a session that was shown at a door.
    pub(crate) fn judge_door(
        &mut self,
        door: &'static str,
        session: &Session,
        asked: &Asked<'_>,
        reply: &Reply,
    ) {
        self.judge(asked, reply);
        let (before, after) = asked.states.unwrap_or((State::Leaving, State::Leaving));
        match reply.status {
            200 => {
                if !reply.text.contains(&session.email) {
                    self.wrong(Wrong::FalseAccept, asked, reply);
                }
                if let State::Left(at) = before {
                    let late = asked.started - at;
                    self.latest_accept = self.latest_accept.max(late);
                    if late > self.bound {
                        self.wrong(Wrong::FalseAccept, asked, reply);
                    }
                }
            }
            401 | 403 => self.refused(after, asked, reply),
            302 | 303 if reply.to_login => self.refused(after, asked, reply),
            503 => {
                self.unchecked.push((asked.started, door, before == State::Alive && after == State::Alive));
            }
            500.. => {}
            _ => self.wrong(Wrong::Unforeseen, asked, reply),
        }
        if reply.clears_cookie && after == State::Alive {
            self.wrong(Wrong::CookieCleared, asked, reply);
        }
    }

    /// Judges the answer to a sign-in with the right password or to a sign-out.
    pub(crate) fn judge_sign(&mut self, asked: &Asked<'_>, reply: &Reply) {
        self.judge(asked, reply);
        match reply.status {
            200 | 500.. => {}
            400..500 => self.wrong(Wrong::FalseRefusal, asked, reply),
            _ => self.wrong(Wrong::Unforeseen, asked, reply),
        }
        if reply.status == 503 {
            self.unsigned.push(asked.started);
        }
        if reply.status != 200 && reply.clears_cookie {
            self.wrong(Wrong::CookieCleared, asked, reply);
        }
    }

    pub(crate) fn no_answer(&mut self, asked: &Asked<'_>, error: &reqwest::Error) {
        self.slowest = self.slowest.max(asked.started.elapsed());
        *self.unanswered.entry(asked.of.to_owned()).or_default() += 1;
        if error.is_timeout() {
            let (of, at) = (asked.of, asked.started - self.began);
            self.note(Wrong::Unforeseen, format!("{at:?}: {of} does not answer at all"));
        }
    }

    fn judge(&mut self, asked: &Asked<'_>, reply: &Reply) {
        self.checked += 1;
        self.slowest = self.slowest.max(asked.started.elapsed());
        match reply.status {
            503 if !reply.retry_after => self.wrong(Wrong::NoRetryAfter, asked, reply),
            500..=502 | 504.. => self.wrong(Wrong::OtherFiveHundred, asked, reply),
            _ => {}
        }
    }

    fn refused(&mut self, after: State, asked: &Asked<'_>, reply: &Reply) {
        if after == State::Alive {
            self.wrong(Wrong::FalseRefusal, asked, reply);
        }
    }

    fn wrong(&mut self, wrong: Wrong, asked: &Asked<'_>, reply: &Reply) {
        let Asked { of, started, email, .. } = asked;
        let truth = match asked.states {
            Some((State::Left(at), _)) => format!("left {:?} before", *started - at),
            other => format!("{other:?}"),
        };
        let (at, text) = (*started - self.began, reply.text.chars().take(200).collect::<String>());
        self.note(wrong, format!("{at:?}: {of} told {email} ({truth}) {}: {text}", reply.status));
    }

    fn note(&mut self, wrong: Wrong, text: String) {
        let (count, texts) = self.wrong.entry(wrong).or_default();
        *count += 1;
        if texts.len() < 10 {
            texts.push(text);
        }
    }
}
