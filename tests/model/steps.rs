//! The effect of each step.

use crate::{
    actions::Action,
    drawbridge::Drawbridge,
    protocol::{Fault, Part},
    state::{
        Age, Channel, Epoch, OutboxCheck, RedisData, Revocation, State, Verification, Version, Watermark,
        Writer,
    },
};

impl Drawbridge {
    /// Takes a step. Returns `None` if it turns out to be impossible.
    pub(crate) fn step(&self, s: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Tick => self.tick(s),
            Action::Wait => (0..self.times.bound).for_each(|_| self.tick(s)),
            Action::Revoke | Action::Change => change(s, action == Action::Revoke),
            Action::ReadEpoch(n)
            | Action::ReadRecord(n)
            | Action::ReadRecordFirst(n, _)
            | Action::Put(n)
            | Action::ReadEpochAgain(n)
            | Action::DeleteRow(n)
            | Action::GiveUpDelivery(n) => self.deliver(s, n, action)?,
            Action::Crash => {
                s.writers = [Writer::Idle; 2];
                // A command that was sent cannot be called back.
                s.outbox_check = s.outbox_check.filter(|check| check.is_sent);
            }
            Action::CheckOutbox => s.outbox_check = Some(OutboxCheck { age: 0, is_sent: false }),
            Action::SendWatermark => s.outbox_check.as_mut()?.is_sent = true,
            Action::RaiseWatermark => {
                let age = s.outbox_check.take()?.age;
                self.raise_watermark(s, age);
            }
            Action::StartEpoch => self.raise_watermark(s, self.times.watermark_max_age + 1),
            Action::CopyData => s.copy = Some(RedisData { is_own: false, ..s.redis }),
            Action::Fail(fault) => fail(s, fault)?,
            Action::ReportWatermark => s.channel.watermark = s.redis.watermark,
            Action::Receive => receive(s)?,
            Action::Reconnect => {
                s.channel = Channel { is_connected: true, ..Channel::default() };
                s.clear_near();
                // Not trusted until a watermark has arrived over the new connection.
                s.watermark = None;
            }
            Action::StartFetch(n)
            | Action::Fetch(n)
            | Action::KeepRecord(n)
            | Action::LookUp(n)
            | Action::Join(n)
            | Action::Fill(n)
            | Action::GiveUp(n) => self.verify(s, n, action)?,
        }
        Some(())
    }

    fn tick(&self, s: &mut State) {
        let times = self.times;
        let increase = |age: &mut Age, max: Age| *age = (*age + 1).min(max);
        if let Some(revocation) = &mut s.database.revocation {
            increase(&mut revocation.age, times.bound);
        }
        if let Some(check) = &mut s.outbox_check
            && !check.is_sent
        {
            increase(&mut check.age, times.watermark_max_age + 1);
        }
        let watermarks = [&mut s.redis.watermark, &mut s.channel.watermark, &mut s.watermark];
        let copied = s.copy.iter_mut().filter_map(|copy| copy.watermark.as_mut());
        for watermark in watermarks.into_iter().flatten().chain(copied) {
            increase(&mut watermark.age, times.watermark_max_age + 1);
        }
        for verification in &mut s.verifications {
            if let Verification::Answered { age, .. } = verification {
                increase(age, times.stale_max + 1);
            }
        }
    }

    /// Steps of a writer (`auth-service/src/relay.rs`, `user_cache/redis/delivery.rs`).
    fn deliver(&self, s: &mut State, n: usize, action: Action) -> Option<()> {
        let current_epoch = s.redis.watermark.map(|watermark| watermark.epoch);
        s.writers[n] = match (action, s.writers[n]) {
            (Action::ReadEpoch(_), _) => Writer::KnowsEpoch(current_epoch?),
            (Action::ReadRecord(_), Writer::KnowsEpoch(epoch)) => {
                Writer::HoldsRecord { epoch, version: s.database.version }
            }
            (Action::ReadRecordFirst(_, version), _) => {
                Writer::HoldsRecord { epoch: current_epoch?, version }
            }
            (Action::Put(_), Writer::HoldsRecord { epoch, version }) => {
                self.put(s, epoch, version);
                Writer::HasPut { epoch, version }
            }
            (Action::ReadEpochAgain(_), Writer::HasPut { epoch, version }) => {
                let is_delivered = current_epoch == Some(epoch) || !self.has(Part::EpochAgain);
                if is_delivered { Writer::HasConfirmed(version) } else { Writer::Idle }
            }
            (Action::DeleteRow(_), Writer::HasConfirmed(version)) => {
                // The newest state includes earlier changes.
                s.database.outbox &= !((2 << version) - 1);
                Writer::Idle
            }
            (Action::GiveUpDelivery(_), _) => Writer::Idle,
            _ => return None,
        };
        Some(())
    }

    /// `put_if_newer.lua`
    fn put(&self, s: &mut State, epoch: Epoch, version: Version) {
        let stored = &mut s.redis.records[usize::from(epoch)];
        if *stored < version || !self.has(Part::VersionCheck) {
            *stored = version;
            s.push_invalidation();
        }
    }

    /// `raise_watermark.lua`
    fn raise_watermark(&self, s: &mut State, age: Age) {
        let current = if Self::may_have_lost_data(s) {
            let epoch = if self.has(Part::Epochs) { s.epochs_started } else { 0 };
            s.epochs_started += 1;
            Watermark { epoch, age }
        } else {
            s.redis.watermark.unwrap_or(Watermark { epoch: 0, age })
        };
        s.redis.watermark = Some(Watermark { age: current.age.min(age), ..current });
        s.redis.is_own = true;
    }

    /// Steps of a verification (`look_up.rs`, `user_cache/redis/cache.rs`, `user_cache/near.rs`).
    fn verify(&self, s: &mut State, n: usize, action: Action) -> Option<()> {
        let is_late = self.is_late(s);
        let version = s.database.version;
        s.verifications[n] = match (action, s.verifications[n]) {
            (Action::StartFetch(_), _) => {
                let epoch = self.trusted_watermark(s)?.epoch;
                Verification::Fetching { epoch, has_valid_ticket: true, is_late }
            }
            (Action::Fetch(_), Verification::Fetching { epoch, has_valid_ticket, is_late }) => {
                self.fetch(s, epoch, has_valid_ticket, is_late)
            }
            (Action::KeepRecord(_), Verification::Fetched { version, has_valid_ticket, .. }) => {
                if has_valid_ticket || !self.has(Part::Tickets) {
                    s.near = Some(version);
                }
                Verification::Idle
            }
            (Action::LookUp(_), _) => Verification::Answered { version, age: 0, fill: None, is_late },
            (Action::Join(_), _) => self.join(s, s.verifications[1 - n])?,
            (Action::Fill(_), Verification::Answered { version, age, fill, is_late }) => {
                self.put(s, fill?, version);
                Verification::Answered { version, age, fill: None, is_late }
            }
            (Action::GiveUp(_), _) => Verification::Idle,
            _ => return None,
        };
        Some(())
    }

    /// Redis answers a verification that asked for the record in `epoch`.
    fn fetch(&self, s: &State, epoch: Epoch, has_valid_ticket: bool, is_late: bool) -> Verification {
        let is_trusted = |watermark: Watermark| watermark.epoch == epoch && self.trusts(watermark);
        let is_trusted = s.redis.watermark.is_some_and(is_trusted) || !self.has(Part::WatermarkBesideRecord);
        match s.redis.records[usize::from(epoch)] {
            // The record from Redis does not count. Asking the database instead is the same as a lookup by
            // another verification.
            _ if !is_trusted => Verification::Idle,
            0 => Verification::Answered { version: s.database.version, age: 0, fill: Some(epoch), is_late },
            version => Verification::Fetched { version, has_valid_ticket, is_late },
        }
    }

    /// A verification joins the lookup of another one.
    fn join(&self, s: &State, other: Verification) -> Option<Verification> {
        let Verification::Answered { version, age, .. } = other else { return None };
        let keeps_age = self.has(Part::LookUpAge);
        if keeps_age && age > self.times.stale_max {
            return None;
        }
        let is_missing = |epoch: &Epoch| s.redis.records[usize::from(*epoch)] == 0;
        let fill = self.trusted_watermark(s).map(|watermark| watermark.epoch).filter(is_missing);
        let fill = fill.filter(|_| !self.has(Part::EpochBeforeLookUp));
        let age = if keeps_age { age } else { 0 };
        Some(Verification::Answered { version, age, fill, is_late: self.is_late(s) })
    }
}

/// A transaction changes the user.
fn change(s: &mut State, ends_session: bool) {
    s.database.version += 1;
    s.database.outbox |= 1 << s.database.version;
    if ends_session {
        s.database.revocation = Some(Revocation { version: s.database.version, age: 0 });
    }
}

/// Something happens to Redis's data.
fn fail(s: &mut State, fault: Fault) -> Option<()> {
    s.faults += 1;
    s.redis = match fault {
        Fault::Flush => {
            s.push_invalidation();
            s.redis = RedisData::NONE;
            return Some(());
        }
        Fault::Restart => RedisData::NONE,
        Fault::FailOver => s.copy.take()?,
    };
    // Nothing is on its way to the new server.
    s.channel = Channel::default();
    s.outbox_check = s.outbox_check.filter(|check| !check.is_sent);
    Some(())
}

/// The first message on the channel arrives (`user_cache/redis/channel.rs`).
fn receive(s: &mut State) -> Option<()> {
    if std::mem::take(&mut s.channel.invalidation) {
        s.clear_near();
        return Some(());
    }
    let received = s.channel.watermark.take()?;
    s.channel.invalidation = std::mem::take(&mut s.channel.later_invalidation);
    let previous = s.watermark.replace(received);
    if previous.is_none_or(|previous| previous.epoch != received.epoch) {
        s.clear_near();
    }
    Some(())
}
