//! Who can do what next. Whatever is possible may also never happen: nobody is ever forced to act, so
//! that every delay, every lost message and every partition is among the runs.

use stateright::{Model, Property};

use crate::{
    properties,
    protocol::{Fault, Part, Times},
    state::{Check, State, Teller, Version, Watermark},
};

/// The protocol, and what it is put through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drawbridge {
    /// The part that is taken out.
    pub(crate) without: Option<Part>,
    pub(crate) times: Times,
    /// The faults of Redis's data that may happen, and how many of them in one run.
    pub(crate) faults: &'static [Fault],
    pub(crate) faults_at_most: u8,
    /// How many changes there may be that leave the session alone.
    pub(crate) other_changes: u8,
    /// How many verifications are under way at a time: one or two.
    pub(crate) checks: usize,
}

/// One step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A tick goes by.
    Tick,
    /// A long time goes by.
    Wait,

    /// A transaction ends the session, raises the version and leaves a row in the outbox.
    Revoke,
    /// A transaction changes something else of the user.
    Change,

    /// A teller asks for the epoch.
    AskEpoch(usize),
    /// It reads the user's record, of which a row in the outbox says that it may have to be told.
    ReadRecord(usize),
    /// It reads the record of a row's version before it asks for the epoch.
    ReadRecordFirst(usize, Version),
    /// It puts the record into the epoch.
    Put(usize),
    /// It asks for the epoch again; if that is another, the row stays.
    AskEpochAgain(usize),
    /// It deletes the row.
    DeleteRow(usize),
    /// It gives up, and leaves the row to the relay.
    StopTelling(usize),
    /// auth-service crashes, wherever it is.
    Crash,

    /// The relay looks into the outbox, and nothing waits there.
    Look,
    /// Its message leaves.
    SendWatermark,
    /// Its message arrives.
    RaiseWatermark,
    /// While something waits, the relay begins an epoch that nobody believes yet.
    BeginEpoch,

    /// A replica is as far as the server, or the server has written its file.
    Copy,
    /// A fault of Redis's data.
    Fail(Fault),

    /// Redis answers the verifier what the watermark is, behind the changes that it has told of.
    AnswerWatermark,
    /// The verifier receives what comes first on the channel.
    Receive,
    /// The channel breaks and what is on its way in it is lost; the verifier connects anew. (As long as
    /// it has not noticed, the channel is one on which nothing arrives.)
    Reconnect,

    /// A verification finds the cache believed and nothing in the process, and asks Redis.
    Start(usize),
    /// Redis answers it. If there is no record, the database is asked.
    Fetch(usize),
    /// The record from Redis is kept in the process.
    Keep(usize),
    /// A verification asks the database alone.
    LookUp(usize),
    /// A verification joins the look-up of the other one.
    Join(usize),
    /// The cache is filled with the database's answer.
    Fill(usize),
    /// A verification ends, and whatever it was about to do is not done.
    GiveUp(usize),
}

impl Drawbridge {
    /// Whether the protocol has this part.
    pub(crate) fn has(&self, part: Part) -> bool {
        self.without != Some(part)
    }

    /// Whether a verifier that knows this watermark believes what stands in its epoch.
    pub(crate) fn believes(&self, watermark: Watermark) -> bool {
        watermark.age <= self.times.watermark_max_age || !self.has(Part::Watermark)
    }

    /// The watermark that lets the verifier believe the cache.
    pub(crate) fn trust(&self, s: &State) -> Option<Watermark> {
        s.trust.filter(|watermark| self.believes(*watermark))
    }

    /// Whether a verification that begins now must not accept the session any more.
    pub(crate) fn is_late(&self, s: &State) -> bool {
        s.database.revoked_for().is_some_and(|age| age >= self.times.bound)
    }

    /// Whether Redis's data can fail in this way, still.
    pub(crate) fn may_fail(&self, s: &State, fault: Fault) -> bool {
        s.faults < self.faults_at_most && self.faults.contains(&fault)
    }

    /// Whether the next watermark begins an epoch: there is none, or another run of the server wrote it.
    pub(crate) fn data_may_be_lost(s: &State) -> bool {
        s.redis.watermark.is_none() || !s.redis.own
    }

    fn of_time_and_database(&self, s: &State) -> Vec<Action> {
        let mut can = Vec::new();
        // Time begins with the revocation.
        if let Some(age) = s.database.revoked_for() {
            can.push(Action::Tick);
            if age < self.times.bound {
                can.push(Action::Wait);
            }
        } else {
            can.push(Action::Revoke);
        }
        let other_changes = s.database.version - 1 - u8::from(s.database.revoked.is_some());
        if other_changes < self.other_changes {
            can.push(Action::Change);
        }
        can
    }

    fn of_tellers(&self, s: &State) -> Vec<Action> {
        let mut can = Vec::new();
        let mut idle = false;
        // One is enough for one change: whoever else tells of it says the same.
        let skipped = s.tellers.len() - 1 - usize::from(self.other_changes > 0);
        for (n, teller) in s.tellers.into_iter().enumerate().skip(skipped) {
            match teller {
                // They are all alike, so it is the same whichever begins.
                Teller::Idle if idle || s.redis.watermark.is_none() => {}
                Teller::Idle if self.has(Part::EpochBeforeRecord) => can.push(Action::AskEpoch(n)),
                Teller::Idle => {
                    let waits = |version: &Version| s.database.waiting & 1 << version != 0;
                    let versions = (1..=s.database.version).filter(waits);
                    can.extend(versions.map(|version| Action::ReadRecordFirst(n, version)));
                }
                Teller::Asked(_) if s.database.waiting != 0 => can.push(Action::ReadRecord(n)),
                Teller::Asked(_) => {}
                Teller::Holds(..) => can.push(Action::Put(n)),
                Teller::Put(..) => can.push(Action::AskEpochAgain(n)),
                Teller::Told(_) => can.push(Action::DeleteRow(n)),
            }
            idle |= teller == Teller::Idle;
            if teller != Teller::Idle {
                can.push(Action::StopTelling(n));
            }
        }
        if can.len() > 1 || s.look.is_some() {
            can.push(Action::Crash);
        }
        can
    }

    fn of_relay(&self, s: &State) -> Vec<Action> {
        let mut can = Vec::new();
        match s.look {
            None if s.database.waiting == 0 => can.push(Action::Look),
            None => {}
            // A message that says a moment of the server's own clock may as well leave late as arrive late.
            Some(look) if look.sent || self.has(Part::TimeBeforeLook) => can.push(Action::RaiseWatermark),
            Some(_) => can.push(Action::SendWatermark),
        }
        if s.database.waiting != 0 && Self::data_may_be_lost(s) {
            can.push(Action::BeginEpoch);
        }
        can
    }

    fn of_redis(&self, s: &State) -> Vec<Action> {
        let mut can = Vec::new();
        if self.may_fail(s, Fault::FailOver) && s.copy.is_none() {
            can.push(Action::Copy);
        }
        let possible =
            |fault: &Fault| self.may_fail(s, *fault) && (*fault != Fault::FailOver || s.copy.is_some());
        can.extend(Fault::ALL.iter().copied().filter(possible).map(Action::Fail));
        if s.channel.stands
            && s.channel.watermark.is_none()
            && s.redis.watermark.is_some_and(|watermark| self.believes(watermark))
        {
            can.push(Action::AnswerWatermark);
        }
        can
    }

    fn of_verifier(&self, s: &State) -> Vec<Action> {
        let mut can = vec![Action::Reconnect];
        if s.channel.change || s.channel.watermark.is_some() {
            can.push(Action::Receive);
        }
        let mut idle = false;
        for (n, check) in s.checks.into_iter().enumerate().skip(s.checks.len() - self.checks) {
            match check {
                Check::Idle if idle => {}
                Check::Idle => {
                    can.push(Action::LookUp(n));
                    if self.trust(s).is_some() && s.near.is_none() {
                        can.push(Action::Start(n));
                    }
                    if self.checks > 1 {
                        can.push(Action::Join(n));
                    }
                }
                Check::Fetching { .. } => can.push(Action::Fetch(n)),
                Check::Fetched { .. } => can.push(Action::Keep(n)),
                Check::Answered { fill: Some(_), .. } => can.push(Action::Fill(n)),
                Check::Answered { fill: None, .. } => {}
            }
            idle |= check == Check::Idle;
            if check != Check::Idle {
                can.push(Action::GiveUp(n));
            }
        }
        can
    }
}

impl Model for Drawbridge {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::initial()]
    }

    fn actions(&self, s: &State, can: &mut Vec<Action>) {
        can.extend(self.of_time_and_database(s));
        can.extend(self.of_tellers(s));
        can.extend(self.of_relay(s));
        can.extend(self.of_redis(s));
        can.extend(self.of_verifier(s));
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
