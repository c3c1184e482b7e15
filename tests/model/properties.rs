//! What must never happen, and what must happen in some run for that to mean anything.
//!
//! Whether a verification accepts is read off a state: each answer that somebody has in hand there is
//! one that can be given in the next moment.

use stateright::Property;

use crate::{
    actions::Drawbridge,
    state::{Check, State},
};

/// The promise.
pub(crate) const PROMISE: &str =
    "no verification that starts later than the bound after a revocation's commit accepts it";

/// Who lets the session pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// The record in the process, whoever asks.
    Near,
    /// Redis's record, for a verification that asked.
    Shared,
    /// The database's answer, for the verification that asked, or for one that joined it.
    Source,
    /// The database's last answer, whoever asks: without a young watermark it is used for a while.
    LastAnswer,
}

/// The acceptances that are possible now: by whom, and whether for a verification that began too late.
fn acceptances<'a>(model: &'a Drawbridge, s: &'a State) -> impl Iterator<Item = (By, bool)> + 'a {
    let late_now = model.is_late(s);
    let near = s.near.filter(|_| model.trust(s).is_some()).map(|version| (version, By::Near, late_now));
    let checks = s.checks.iter().flat_map(move |check| match *check {
        Check::Idle | Check::Fetching { .. } => [None, None],
        Check::Fetched { version, late, .. } => [Some((version, By::Shared, late)), None],
        Check::Answered { version, age, late, .. } => {
            let usable = age <= model.times.stale_max;
            [Some((version, By::Source, late)), usable.then_some((version, By::LastAnswer, late_now))]
        }
    });
    let all = near.into_iter().chain(checks.flatten());
    all.filter(|(version, ..)| s.database.lets_pass(*version)).map(|(_, by, late)| (by, late))
}

fn nobody_is_late(model: &Drawbridge, s: &State) -> bool {
    acceptances(model, s).all(|(_, late)| !late)
}

fn passes(model: &Drawbridge, s: &State, wanted: By) -> bool {
    acceptances(model, s).any(|(by, _)| by == wanted)
}

/// Somebody who was signed out gets in for a moment still, on the record in the process.
fn passes_for_a_moment(model: &Drawbridge, s: &State) -> bool {
    s.database.revoked_for().is_some_and(|age| age > 0) && passes(model, s, By::Near)
}

/// The same on the database's last answer, until the last moment in which it may be used.
fn passes_on_last_answer(model: &Drawbridge, s: &State) -> bool {
    s.database.revoked_for().is_some_and(|age| age == model.times.stale_max)
        && passes(model, s, By::LastAnswer)
}

/// A revocation stands in Redis before any time has gone by, and Redis is believed.
fn is_known_at_once(model: &Drawbridge, s: &State) -> bool {
    let held = model.trust(s).map(|watermark| s.redis.records[usize::from(watermark.epoch)]);
    let refuses = held.is_some_and(|version| version != 0 && !s.database.lets_pass(version));
    refuses && s.database.revoked_for() == Some(0) && s.database.waiting == 0
}

/// A record of a later epoch is kept in the process, and believed.
fn is_believed_again(model: &Drawbridge, s: &State) -> bool {
    model.trust(s).is_some_and(|watermark| watermark.epoch > 0) && passes(model, s, By::Near)
}

/// All of them.
pub(crate) fn all(model: &Drawbridge) -> Vec<Property<Drawbridge>> {
    let mut all = vec![
        Property::always(PROMISE, nobody_is_late),
        Property::sometimes("the process lets the session pass", |m, s| passes(m, s, By::Near)),
        Property::sometimes("Redis lets the session pass", |m, s| passes(m, s, By::Shared)),
        Property::sometimes("the database lets the session pass", |m, s| passes(m, s, By::Source)),
        Property::sometimes("a session that has ended passes for a moment", passes_for_a_moment),
        Property::sometimes("it passes on the database's last answer", passes_on_last_answer),
        Property::sometimes("a revocation is known at once", is_known_at_once),
    ];
    if model.faults_at_most > 0 {
        all.push(Property::sometimes("the cache is believed again after a fault", is_believed_again));
    }
    all
}
