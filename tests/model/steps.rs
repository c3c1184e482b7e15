//! What each step does.

use crate::{
    actions::{Action, Drawbridge},
    protocol::{Fault, Part},
    state::{Age, Channel, Check, Data, Epoch, Look, State, Teller, Version, Watermark},
};

impl Drawbridge {
    /// Takes one step; `None` if it cannot be taken after all.
    pub(crate) fn step(&self, s: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Tick => self.tick(s),
            Action::Wait => (0..self.times.bound).for_each(|_| self.tick(s)),
            Action::Revoke | Action::Change => {
                s.database.version += 1;
                s.database.waiting |= 1 << s.database.version;
                if action == Action::Revoke {
                    s.database.revoked = Some((s.database.version, 0));
                }
            }
            Action::AskEpoch(n)
            | Action::ReadRecord(n)
            | Action::ReadRecordFirst(n, _)
            | Action::Put(n)
            | Action::AskEpochAgain(n)
            | Action::DeleteRow(n)
            | Action::StopTelling(n) => self.tell(s, n, action)?,
            Action::Crash => {
                s.tellers = [Teller::Idle; 2];
                // What has left is not called back.
                s.look = s.look.filter(|look| look.sent);
            }
            Action::Look => s.look = Some(Look { age: 0, sent: false }),
            Action::SendWatermark => s.look.as_mut()?.sent = true,
            Action::RaiseWatermark => {
                let age = s.look.take()?.age;
                self.raise_watermark(s, age);
            }
            Action::BeginEpoch => self.raise_watermark(s, self.times.watermark_max_age + 1),
            Action::Copy => s.copy = Some(Data { own: false, ..s.redis }),
            Action::Fail(fault) => fail(s, fault)?,
            Action::AnswerWatermark => s.channel.watermark = s.redis.watermark,
            Action::Receive => receive(s)?,
            Action::Reconnect => {
                s.channel = Channel { stands: true, ..Channel::default() };
                s.forget_near();
                // Not believed until a watermark has come over the new connection.
                s.trust = None;
            }
            Action::Start(n)
            | Action::Fetch(n)
            | Action::Keep(n)
            | Action::LookUp(n)
            | Action::Join(n)
            | Action::Fill(n)
            | Action::GiveUp(n) => self.check(s, n, action)?,
        }
        Some(())
    }

    fn tick(&self, s: &mut State) {
        let times = self.times;
        let count = |age: &mut Age, end: Age| *age = (*age + 1).min(end);
        if let Some((_, age)) = &mut s.database.revoked {
            count(age, times.bound);
        }
        if let Some(look) = &mut s.look
            && !look.sent
        {
            count(&mut look.age, times.watermark_max_age + 1);
        }
        let watermarks = [&mut s.redis.watermark, &mut s.channel.watermark, &mut s.trust];
        let copied = s.copy.iter_mut().filter_map(|copy| copy.watermark.as_mut());
        for watermark in watermarks.into_iter().flatten().chain(copied) {
            count(&mut watermark.age, times.watermark_max_age + 1);
        }
        for check in &mut s.checks {
            if let Check::Answered { age, .. } = check {
                count(age, times.stale_max + 1);
            }
        }
    }

    /// Steps of a teller (`relay.rs`, `delivery.rs`).
    fn tell(&self, s: &mut State, n: usize, action: Action) -> Option<()> {
        let epoch = s.redis.watermark.map(|watermark| watermark.epoch);
        s.tellers[n] = match (action, s.tellers[n]) {
            (Action::AskEpoch(_), _) => Teller::Asked(epoch?),
            (Action::ReadRecord(_), Teller::Asked(epoch)) => Teller::Holds(epoch, s.database.version),
            (Action::ReadRecordFirst(_, version), _) => Teller::Holds(epoch?, version),
            (Action::Put(_), Teller::Holds(epoch, version)) => {
                self.put(s, epoch, version);
                Teller::Put(epoch, version)
            }
            (Action::AskEpochAgain(_), Teller::Put(before, version)) => {
                let told = epoch == Some(before) || !self.has(Part::EpochAgain);
                if told { Teller::Told(version) } else { Teller::Idle }
            }
            (Action::DeleteRow(_), Teller::Told(version)) => {
                // The newest state tells of older changes, too.
                s.database.waiting &= !((2 << version) - 1);
                Teller::Idle
            }
            (Action::StopTelling(_), _) => Teller::Idle,
            _ => return None,
        };
        Some(())
    }

    /// `put_if_newer.lua`.
    fn put(&self, s: &mut State, epoch: Epoch, version: Version) {
        let held = &mut s.redis.records[usize::from(epoch)];
        if *held < version || !self.has(Part::VersionCheck) {
            *held = version;
            s.push();
        }
    }

    /// `raise_watermark.lua`.
    fn raise_watermark(&self, s: &mut State, age: Age) {
        let held = if Self::data_may_be_lost(s) {
            let epoch = if self.has(Part::Epochs) { s.epochs_begun } else { 0 };
            s.epochs_begun += 1;
            Watermark { epoch, age }
        } else {
            s.redis.watermark.unwrap_or(Watermark { epoch: 0, age })
        };
        s.redis.watermark = Some(Watermark { age: held.age.min(age), ..held });
        s.redis.own = true;
    }

    /// Steps of a verification (`verification.rs`, `redis.rs`, `near.rs`).
    fn check(&self, s: &mut State, n: usize, action: Action) -> Option<()> {
        let late = self.is_late(s);
        let version = s.database.version;
        s.checks[n] = match (action, s.checks[n]) {
            (Action::Start(_), _) => Check::Fetching { epoch: self.trust(s)?.epoch, ticket: true, late },
            (Action::Fetch(_), Check::Fetching { epoch, ticket, late }) => {
                let beside = |watermark: Watermark| watermark.epoch == epoch && self.believes(watermark);
                let believed =
                    s.redis.watermark.is_some_and(beside) || !self.has(Part::WatermarkBesideRecord);
                match s.redis.records[usize::from(epoch)] {
                    // The database is asked alone: as if by another that looks it up.
                    _ if !believed => Check::Idle,
                    0 => Check::Answered { version, age: 0, fill: Some(epoch), late },
                    version => Check::Fetched { version, ticket, late },
                }
            }
            (Action::Keep(_), Check::Fetched { version, ticket, .. }) => {
                if ticket || !self.has(Part::Tickets) {
                    s.near = Some(version);
                }
                Check::Idle
            }
            (Action::LookUp(_), _) => Check::Answered { version, age: 0, fill: None, late },
            (Action::Join(_), _) => {
                let Check::Answered { version, age, .. } = s.checks[1 - n] else { return None };
                let own_age = self.has(Part::LookUpAge);
                if own_age && age > self.times.stale_max {
                    return None;
                }
                let missing = |epoch: &Epoch| s.redis.records[usize::from(*epoch)] == 0;
                let fill = self.trust(s).map(|trust| trust.epoch).filter(missing);
                let fill = fill.filter(|_| !self.has(Part::EpochBeforeLookUp));
                Check::Answered { version, age: if own_age { age } else { 0 }, fill, late }
            }
            (Action::Fill(_), Check::Answered { version, age, fill, late }) => {
                self.put(s, fill?, version);
                Check::Answered { version, age, fill: None, late }
            }
            (Action::GiveUp(_), _) => Check::Idle,
            _ => return None,
        };
        Some(())
    }
}

/// Something happens to Redis's data.
fn fail(s: &mut State, fault: Fault) -> Option<()> {
    s.faults += 1;
    s.redis = match fault {
        Fault::Flush => {
            s.push();
            s.redis = Data::NONE;
            return Some(());
        }
        Fault::Restart => Data::NONE,
        Fault::FailOver => s.copy.take()?,
    };
    // Nothing is under way to the server that serves now.
    s.channel = Channel::default();
    s.look = s.look.filter(|look| !look.sent);
    Some(())
}

/// What comes first on the channel arrives (`channel.rs`).
fn receive(s: &mut State) -> Option<()> {
    if std::mem::take(&mut s.channel.change) {
        s.forget_near();
        return Some(());
    }
    let read = s.channel.watermark.take()?;
    s.channel.change = std::mem::take(&mut s.channel.later_change);
    let before = s.trust.replace(read);
    if before.is_none_or(|before| before.epoch != read.epoch) {
        s.forget_near();
    }
    Some(())
}
