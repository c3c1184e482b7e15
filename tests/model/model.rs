//! The model as the checker sees it.

use stateright::{Model, Property};

use crate::{actions::Action, drawbridge::Drawbridge, properties, state::State};

impl Model for Drawbridge {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::initial()]
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
        properties::all(self)
    }
}
