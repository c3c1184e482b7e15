//! What must never happen, and what must happen in some run for that to mean anything.
//!
//! Whether a verification accepts is read from a state: every answer that exists there could be returned in
//! the next moment.

use stateright::Property;

use crate::{
    drawbridge::Drawbridge,
    state::{State, Verification, Version},
};

/// The promise.
pub(crate) const PROMISE: &str =
    "no verification that starts later than the bound after a revocation's commit accepts the session";

/// Why a session is accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    /// The record in the near cache, for any verification.
    Near,
    /// The record in Redis, for the verification that asked.
    Shared,
    /// The database's answer, for the verification that asked or joined.
    Source,
    /// The database's last answer, for any verification: without a current watermark it is used again for a
    /// while.
    LastAnswer,
}

/// A session that would be accepted now.
#[derive(Clone, Copy)]
struct Acceptance {
    version: Version,
    layer: Layer,
    /// True if the verification started after the bound.
    is_late: bool,
}

/// Every possible acceptance.
fn acceptances<'a>(model: &'a Drawbridge, s: &'a State) -> impl Iterator<Item = Acceptance> + 'a {
    let is_late_now = model.is_late(s);
    let near = s.near.filter(|_| model.trusted_watermark(s).is_some());
    let near = near.map(|version| Acceptance { version, layer: Layer::Near, is_late: is_late_now });
    let others = s.verifications.iter().flat_map(move |verification| match *verification {
        Verification::Idle | Verification::Fetching { .. } => [None, None],
        Verification::Fetched { version, is_late, .. } => {
            [Some(Acceptance { version, layer: Layer::Shared, is_late }), None]
        }
        Verification::Answered { version, age, is_late, .. } => {
            let again = Acceptance { version, layer: Layer::LastAnswer, is_late: is_late_now };
            let is_usable = age <= model.times.stale_max;
            [Some(Acceptance { version, layer: Layer::Source, is_late }), is_usable.then_some(again)]
        }
    });
    near.into_iter().chain(others.flatten()).filter(|acceptance| s.database.accepts(acceptance.version))
}

fn none_is_late(model: &Drawbridge, s: &State) -> bool {
    acceptances(model, s).all(|acceptance| !acceptance.is_late)
}

fn is_accepted(model: &Drawbridge, s: &State, layer: Layer) -> bool {
    acceptances(model, s).any(|acceptance| acceptance.layer == layer)
}

/// A session that was ended is still accepted for a moment, because of the near cache.
fn is_accepted_for_a_moment(model: &Drawbridge, s: &State) -> bool {
    s.database.revoked_for().is_some_and(|age| age > 0) && is_accepted(model, s, Layer::Near)
}

/// An ended session is accepted because of the database's last answer, until the last moment in which it may
/// be used.
fn is_accepted_on_last_answer(model: &Drawbridge, s: &State) -> bool {
    s.database.revoked_for().is_some_and(|age| age == model.times.stale_max)
        && is_accepted(model, s, Layer::LastAnswer)
}

/// A revocation is in Redis before any time has passed, and Redis is trusted.
fn is_known_immediately(model: &Drawbridge, s: &State) -> bool {
    let record = model.trusted_watermark(s).map(|watermark| s.redis.records[usize::from(watermark.epoch)]);
    let is_refused = record.is_some_and(|version| version != 0 && !s.database.accepts(version));
    is_refused && s.database.revoked_for() == Some(0) && s.database.outbox == 0
}

/// A record of a later epoch is in the near cache, and trusted.
fn is_trusted_again(model: &Drawbridge, s: &State) -> bool {
    model.trusted_watermark(s).is_some_and(|watermark| watermark.epoch > 0)
        && is_accepted(model, s, Layer::Near)
}

/// All properties.
pub(crate) fn all(model: &Drawbridge) -> Vec<Property<Drawbridge>> {
    let mut all = vec![
        Property::always(PROMISE, none_is_late),
        Property::sometimes("the near cache accepts the session", |m, s| is_accepted(m, s, Layer::Near)),
        Property::sometimes("Redis accepts the session", |m, s| is_accepted(m, s, Layer::Shared)),
        Property::sometimes("the database accepts the session", |m, s| is_accepted(m, s, Layer::Source)),
        Property::sometimes("an ended session is accepted for a moment", is_accepted_for_a_moment),
        Property::sometimes("it is accepted on the database's last answer", is_accepted_on_last_answer),
        Property::sometimes("a revocation is known immediately", is_known_immediately),
    ];
    if model.max_faults > 0 {
        all.push(Property::sometimes("the cache is trusted again after a fault", is_trusted_again));
    }
    all
}
