//! Which steps are possible in a state. No step is ever forced, so every delay and every lost message is
//! among the runs.

use super::{
    contract::Contract,
    protocol::ClockFault,
    state::{Activity, Age, Connection, NEWEST, Promised, State, Version},
};

/// One step. A number says which connection it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A tick passes.
    Tick,

    /// A transaction ends the session and raises the version.
    Revoke,
    /// A transaction changes something else about the user.
    Change,

    /// The follower notes its clocks and sends the request for the feed. It may have noticed that the
    /// previous connection is broken, or have lost patience with it.
    Connect,
    /// The newest connection breaks, and its messages are lost. (A broken connection that the follower has
    /// not noticed is one on which nothing arrives.)
    Break,
    /// verify-service begins its response with a `reset`.
    Begin(usize),
    /// verify-service may have lost events, and sends another `reset`.
    SendReset(usize),
    /// It announces a version.
    SendUser(usize, Version),
    /// It sends a watermark whose `delivered_until` is this long ago.
    SendWatermark(usize, Age),
    /// The follower receives the first message on the connection.
    Receive(usize),

    /// It is two seconds before a question.
    BeginQuestion,
    /// The follower asks the question.
    Ask,
    /// It receives the answer, with the record of this version.
    Answer(Version),

    /// The follower is suspended.
    Suspend,
    /// It continues.
    Resume,
    /// Its wall clock is set back by a tick.
    SetBack,
    /// Its wall clock is set forward.
    SetForward,
    /// By now, both of its clocks have missed another tick.
    MissTime,
}

impl Contract {
    /// Every possible step.
    pub(crate) fn possible_actions(&self, s: &State) -> Vec<Action> {
        let mut actions = self.time_and_database_actions(s);
        for (n, connection) in s.connections.iter().enumerate() {
            if let Some(connection) = connection {
                self.add_feed_actions(s, n, connection, &mut actions);
            }
        }
        match s.follower.activity {
            Activity::Suspended(age) if age < self.min_suspension => {}
            Activity::Suspended(_) => actions.push(Action::Resume),
            Activity::Running | Activity::JustResumed => self.add_follower_actions(s, &mut actions),
        }
        actions
    }

    fn time_and_database_actions(&self, s: &State) -> Vec<Action> {
        let mut actions = Vec::new();
        let connections = s.connections.iter().flatten();
        let mut first_messages = connections.filter_map(|connection| connection.queue[0]);
        // A message that always takes the same time arrives before any more time passes.
        let is_due =
            self.delay.is_some() && first_messages.any(|message| self.delay == Some(message.transit));
        if !is_due {
            actions.push(Action::Tick);
        }
        if s.database.revoked_by.is_none() {
            actions.push(Action::Revoke);
            if s.database.version - 1 < self.max_other_changes {
                actions.push(Action::Change);
            }
        }
        actions
    }

    /// Steps of verify-service and of the network.
    fn add_feed_actions(&self, s: &State, n: usize, connection: &Connection, actions: &mut Vec<Action>) {
        if n == NEWEST {
            actions.push(Action::Break);
        }
        let is_running = !matches!(s.follower.activity, Activity::Suspended(_));
        if let Some(first) = connection.queue[0]
            && is_running
            && self.delay.is_none_or(|delay| delay == first.transit)
        {
            actions.push(Action::Receive(n));
        }
        if connection.queued() >= self.max_queue {
            return;
        }
        match connection.promised {
            Promised::Nothing => {
                if connection.reference.ahead == 0 || self.has_slow_requests {
                    actions.push(Action::Begin(n));
                }
            }
            Promised::Reset => self.add_events(s, n, 0, actions),
            Promised::Covered(covered) => {
                actions.push(Action::SendReset(n));
                // Every change before `delivered_until` has been announced.
                let uncovered = covered + 1..=s.database.version;
                let min_age = uncovered.map(|version| s.database.age(version)).max().unwrap_or(0);
                self.add_events(s, n, min_age, actions);
            }
        }
    }

    /// Events that verify-service may send again and again. A watermark that is even older might as well have
    /// been sent earlier.
    fn add_events(&self, s: &State, n: usize, min_age: Age, actions: &mut Vec<Action>) {
        actions.extend((2..=s.database.version).map(|version| Action::SendUser(n, version)));
        let ages = min_age..=self.times.watermark_max_age + 1;
        actions.extend(ages.map(|age| Action::SendWatermark(n, age)));
    }

    fn add_follower_actions(&self, s: &State, actions: &mut Vec<Action>) {
        actions.push(Action::Connect);
        match s.follower.question {
            // After the revocation, every answer includes it.
            None if s.database.revoked_by.is_none() => actions.push(Action::BeginQuestion),
            None => {}
            Some(question) if question.is_asked => {
                actions.extend((question.oldest..=s.database.version).map(Action::Answer));
            }
            Some(_) => actions.push(Action::Ask),
        }
        let reference = s.connections[NEWEST].map(|connection| connection.reference);
        let is_behind = reference.is_some_and(|reference| reference.wall_behind >= self.max_behind);
        let is_unasked = s.follower.question.is_some_and(|question| !question.is_asked);
        let faults = [
            (ClockFault::MissedTime, Action::MissTime, !is_behind),
            (ClockFault::Suspension, Action::Suspend, true),
            (ClockFault::SetBack, Action::SetBack, !is_behind),
            (ClockFault::SetForward, Action::SetForward, is_unasked),
        ];
        let possible =
            faults.into_iter().filter(|(fault, _, is_possible)| self.may_fail(*fault) && *is_possible);
        actions.extend(possible.map(|(_, action, _)| action));
    }
}
