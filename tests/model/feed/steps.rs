//! The effect of each step.

use super::{
    actions::Action,
    contract::Contract,
    protocol::Part,
    state::{
        Activity, Connection, Event, Interruption, Message, NEWEST, OLD, Promised, Question, Reference,
        State, Version, Watermark,
    },
};

impl Contract {
    /// Takes a step. Returns `None` if it turns out to be impossible.
    pub(crate) fn step(&self, s: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Tick => self.tick(s),
            Action::Revoke | Action::Change => change(s, action == Action::Revoke),
            Action::Connect => {
                s.connections[OLD] = s.connections[NEWEST];
                s.connections[NEWEST] = Some(Connection::REQUESTED);
            }
            Action::Break => s.connections[NEWEST] = None,
            Action::Begin(n)
            | Action::SendReset(n)
            | Action::SendUser(n, _)
            | Action::SendWatermark(n, _) => send(s.connections[n].as_mut()?, s.database.version, action)?,
            Action::Receive(n) => self.receive(s, n)?,
            Action::BeginQuestion => {
                let is_connected = s.follower.is_connected;
                let oldest = s.database.version;
                let question = Question { oldest, announced: 0, is_connected, is_asked: false };
                s.follower.question = Some(question);
            }
            Action::Ask => self.ask(s)?,
            Action::Answer(version) => self.answer(s, version)?,
            Action::Suspend => s.follower.activity = Activity::Suspended(0),
            Action::Resume => s.follower.activity = Activity::JustResumed,
            Action::MissTime => self.miss_time(s, true, true),
            Action::SetBack => self.miss_time(s, false, true),
            Action::SetForward => self.start_two_seconds_now(s),
        }
        Some(())
    }

    fn tick(&self, s: &mut State) {
        let (max_change_age, outdated) = (self.max_change_age(), self.outdated());
        for age in &mut s.database.ages {
            *age = (*age + 1).min(max_change_age);
        }
        for connection in s.connections.iter_mut().flatten() {
            if connection.promised == Promised::Nothing {
                connection.reference.ahead = (connection.reference.ahead + 1).min(outdated);
            }
            for message in connection.queue.iter_mut().flatten() {
                self.age_message(message);
            }
        }
        if let Some(watermark) = &mut s.follower.watermark {
            watermark.age = (watermark.age + 1).min(outdated);
        }
        if let Activity::Suspended(age) = &mut s.follower.activity {
            *age = (*age + 1).min(self.min_suspension);
            self.miss_time(s, true, false);
        }
    }

    fn age_message(&self, message: &mut Message) {
        if let Event::Watermark { age } = &mut message.event {
            *age = (*age + 1).min(self.outdated());
        }
        let is_first = message.event == Event::Reset { is_first: true };
        let max_transit = match self.delay {
            Some(delay) => delay,
            None if is_first && !self.has(Part::ClocksBeforeRequest) => self.max_behind,
            None => 0,
        };
        message.transit = (message.transit + 1).min(max_transit);
    }

    /// The follower's clocks miss a tick.
    fn miss_time(&self, s: &mut State, monotonic: bool, wall: bool) {
        let connections = s.connections.iter_mut().flatten();
        let references = connections.map(|connection| &mut connection.reference);
        let used = s.follower.watermark.iter_mut().map(|watermark| &mut watermark.reference);
        for reference in references.chain(used) {
            let Reference { monotonic_behind, wall_behind, .. } = reference;
            *monotonic_behind = (*monotonic_behind + u8::from(monotonic)).min(self.max_behind);
            *wall_behind = (*wall_behind + u8::from(wall)).min(self.max_behind);
        }
    }

    /// A message arrives.
    fn receive(&self, s: &mut State, n: usize) -> Option<()> {
        let connection = s.connections[n].as_mut()?;
        let message = connection.queue[0].take()?;
        connection.queue.rotate_left(1);
        if message.event == (Event::Reset { is_first: true }) && !self.has(Part::ClocksBeforeRequest) {
            let missed = message.transit.min(self.max_behind);
            connection.reference = Reference { ahead: 0, monotonic_behind: missed, wall_behind: missed };
        }
        let reference = connection.reference;
        s.follower.activity = Activity::Running;
        match message.event {
            Event::Reset { is_first } => self.reset(s, is_first),
            Event::User(version) => self.hear_of(s, version),
            Event::Watermark { age } => {
                let counted_from_arrival = Watermark { age: 0, reference: Reference::default() };
                let is_whole = self.has(Part::DeliveredUntil);
                let received = if is_whole { Watermark { age, reference } } else { counted_from_arrival };
                let known = s.follower.watermark;
                let is_newer = |known| self.computed_age(received) <= self.computed_age(known);
                if known.is_none_or(is_newer) {
                    s.follower.watermark = Some(received);
                }
                s.follower.is_connected = true;
            }
        }
        Some(())
    }

    /// Events may be missing.
    fn reset(&self, s: &mut State, is_first: bool) {
        let follower = &mut s.follower;
        if self.has(Part::ForgetOnReset) {
            follower.memory = None;
        }
        follower.watermark = None;
        follower.is_connected = !self.has(Part::FirstWatermark);
        if let Some(question) = &mut follower.question {
            question.is_connected = false;
        }
        follower.interruption = if is_first { Interruption::Reconnect } else { Interruption::Reset };
    }

    /// A version is announced.
    fn hear_of(&self, s: &mut State, version: Version) {
        let is_trusted = self.trusts_memory(&s.follower);
        let follower = &mut s.follower;
        if let Some(question) = &mut follower.question {
            question.announced = question.announced.max(version);
        }
        let is_outdated = follower.memory.is_some_and(|known| known < version);
        if is_outdated && self.has(Part::ForgetOnUser) {
            follower.memory = None;
            follower.was_prompt |= is_trusted && s.database.revoked_for() == Some(0);
        }
    }

    fn ask(&self, s: &mut State) -> Option<()> {
        let is_connected = s.follower.is_connected;
        let question = s.follower.question.as_mut()?;
        question.is_asked = true;
        if !self.has(Part::ConnectedBefore) {
            question.is_connected = is_connected;
        }
        if !self.has(Part::TwoSecondsOfEvents) {
            question.announced = 0;
        }
        Some(())
    }

    fn answer(&self, s: &mut State, version: Version) -> Option<()> {
        let question = s.follower.question.take()?;
        let is_outdated = question.announced > version && self.has(Part::VersionComparison);
        if s.database.accepts(version) && question.is_connected && !is_outdated {
            s.follower.memory = Some(version);
        }
        Some(())
    }

    /// By the wall clock, two seconds have passed. Everything that has arrived is older than that.
    fn start_two_seconds_now(&self, s: &mut State) {
        let is_connected = s.follower.is_connected;
        if let Some(question) = &mut s.follower.question
            && !self.has(Part::MonotonicTwoSeconds)
        {
            question.announced = 0;
            question.is_connected = is_connected;
        }
    }
}

/// A transaction changes the user.
fn change(s: &mut State, ends_session: bool) {
    let database = &mut s.database;
    database.version += 1;
    database.ages[usize::from(database.version)] = 0;
    if ends_session {
        database.revoked_by = Some(database.version);
    }
}

/// verify-service sends an event.
fn send(connection: &mut Connection, newest: Version, action: Action) -> Option<()> {
    let promised = connection.promised;
    let (event, promised) = match action {
        Action::Begin(_) => (Event::Reset { is_first: true }, Promised::Reset),
        Action::SendReset(_) => (Event::Reset { is_first: false }, Promised::Reset),
        Action::SendUser(_, version) => {
            let promised = match promised {
                Promised::Covered(covered) => Promised::Covered(covered.max(version)),
                Promised::Nothing | Promised::Reset => promised,
            };
            (Event::User(version), promised)
        }
        Action::SendWatermark(_, age) => {
            let promised = match promised {
                Promised::Covered(covered) => Promised::Covered(covered),
                // Whatever was committed before the first watermark may have been lost.
                Promised::Nothing | Promised::Reset => Promised::Covered(newest),
            };
            (Event::Watermark { age }, promised)
        }
        _ => return None,
    };
    connection.promised = promised;
    *connection.queue.iter_mut().find(|place| place.is_none())? = Some(Message { event, transit: 0 });
    Some(())
}
