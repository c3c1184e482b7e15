//! What must never happen, and what must happen in some run for that to mean anything.

use stateright::{Model, Property};

use super::{
    actions::Action,
    contract::Contract,
    state::{Activity, Interruption, State},
};

/// The promise.
pub(crate) const PROMISE: &str =
    "after the bound, no follower accepts a session from its memory that has been revoked";

fn none_is_late(contract: &Contract, s: &State) -> bool {
    let is_late = s.database.revoked_for().is_some_and(|age| age >= contract.times.bound);
    !(is_late && contract.accepts(s))
}

fn none_is_accepted_after_a_suspension(contract: &Contract, s: &State) -> bool {
    s.follower.activity != Activity::JustResumed || !contract.accepts(s)
}

/// A session that was ended is accepted until the last moment before the bound.
fn is_accepted_until_the_bound(contract: &Contract, s: &State) -> bool {
    s.database.revoked_for().is_some_and(|age| age + 1 == contract.times.bound) && contract.accepts(s)
}

fn is_trusted_after(contract: &Contract, s: &State, interruption: Interruption) -> bool {
    s.follower.interruption == interruption && contract.accepts(s)
}

/// All properties.
fn all(contract: &Contract) -> Vec<Property<Contract>> {
    let mut all = vec![
        Property::always(PROMISE, none_is_late),
        Property::sometimes("the follower remembers an answer", |_, s: &State| s.follower.memory.is_some()),
    ];
    if contract.min_suspension > contract.times.watermark_max_age {
        let name = "after a suspension, nothing is accepted from memory before a message arrives";
        all.push(Property::always(name, none_is_accepted_after_a_suspension));
    }
    if contract.delay.is_some_and(|delay| delay > contract.times.watermark_max_age) {
        all.push(Property::always("nothing is accepted from memory", |contract: &Contract, s| {
            !contract.accepts(s)
        }));
        return all;
    }
    all.extend([
        Property::sometimes("a session is accepted from memory", Contract::accepts),
        Property::sometimes("a revocation is known immediately", |_, s: &State| s.follower.was_prompt),
        Property::sometimes("memory is trusted after a reset", |contract, s| {
            is_trusted_after(contract, s, Interruption::Reset)
        }),
        Property::sometimes("memory is trusted on another connection", |contract, s| {
            is_trusted_after(contract, s, Interruption::Reconnect)
        }),
        Property::sometimes("a revoked session is accepted until the bound", is_accepted_until_the_bound),
    ]);
    all
}

impl Model for Contract {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::initial(self.max_change_age())]
    }

    fn actions(&self, s: &State, actions: &mut Vec<Action>) {
        actions.extend(self.possible_actions(s));
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut next = *last;
        self.step(&mut next, action)?;
        self.merge(&mut next);
        (next != *last).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        all(self)
    }
}
