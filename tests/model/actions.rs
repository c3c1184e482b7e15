//! Which steps are possible in a state. No step is ever forced, so every delay, every lost message and every
//! partition is among the runs.

use crate::{
    drawbridge::Drawbridge,
    protocol::{Fault, Part},
    state::{State, Verification, Version, Writer},
};

/// One step. A number says which writer or verification takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A tick passes.
    Tick,
    /// A long time passes.
    Wait,

    /// A transaction ends the session, raises the version and inserts an outbox row.
    Revoke,
    /// A transaction changes something else about the user.
    Change,

    /// A writer reads the epoch.
    ReadEpoch(usize),
    /// It reads the record of the user named in an outbox row.
    ReadRecord(usize),
    /// It reads the record at a row's version before it reads the epoch.
    ReadRecordFirst(usize, Version),
    /// It puts the record into the epoch.
    Put(usize),
    /// It reads the epoch again. If another epoch has started, the row remains.
    ReadEpochAgain(usize),
    /// It deletes the row.
    DeleteRow(usize),
    /// It gives up and leaves the row to the relay.
    GiveUpDelivery(usize),
    /// auth-service crashes, whatever it is doing.
    Crash,

    /// The relay looks into the outbox and finds it empty.
    CheckOutbox,
    /// The relay's command leaves auth-service.
    SendWatermark,
    /// The relay's command arrives at Redis.
    RaiseWatermark,
    /// While the outbox is not empty, the relay starts an epoch that is not trusted yet.
    StartEpoch,

    /// A replica has caught up with the server, or the server has written its file.
    CopyData,
    /// Something happens to Redis's data.
    Fail(Fault),

    /// Redis sends the watermark to the verifier, behind the invalidations that it has pushed.
    ReportWatermark,
    /// The verifier receives the first message on the channel.
    Receive,
    /// The channel breaks, its messages are lost, and the verifier reconnects. (A broken channel that the
    /// verifier has not noticed is one on which nothing arrives.)
    Reconnect,

    /// A verification trusts the cache, misses the near cache, and asks Redis.
    StartFetch(usize),
    /// Redis answers. If it has no record, the database is asked.
    Fetch(usize),
    /// The record from Redis is kept in the near cache.
    KeepRecord(usize),
    /// A verification asks only the database.
    LookUp(usize),
    /// A verification joins the lookup of the other one.
    Join(usize),
    /// The cache is filled with the database's answer.
    Fill(usize),
    /// A verification ends, and its remaining steps are not taken.
    GiveUp(usize),
}

impl Drawbridge {
    /// Every possible step.
    pub(crate) fn possible_actions(&self, s: &State) -> Vec<Action> {
        [
            self.time_and_database_actions(s),
            self.writer_actions(s),
            self.relay_actions(s),
            self.redis_actions(s),
            self.verifier_actions(s),
        ]
        .concat()
    }

    fn time_and_database_actions(&self, s: &State) -> Vec<Action> {
        let mut actions = Vec::new();
        // Time starts with the revocation.
        if let Some(age) = s.database.revoked_for() {
            actions.push(Action::Tick);
            if age < self.times.bound {
                actions.push(Action::Wait);
            }
        } else {
            actions.push(Action::Revoke);
        }
        let other_changes = s.database.version - 1 - u8::from(s.database.revocation.is_some());
        if other_changes < self.max_other_changes {
            actions.push(Action::Change);
        }
        actions
    }

    fn writer_actions(&self, s: &State) -> Vec<Action> {
        let mut actions = Vec::new();
        let mut has_idle = false;
        // One writer suffices for one change, because a second one would deliver the same record.
        let skipped = s.writers.len() - 1 - usize::from(self.max_other_changes > 0);
        for (n, writer) in s.writers.into_iter().enumerate().skip(skipped) {
            match writer {
                // Idle writers are interchangeable, so only the first one starts.
                Writer::Idle if has_idle || s.redis.watermark.is_none() => {}
                Writer::Idle if self.has(Part::EpochBeforeRecord) => actions.push(Action::ReadEpoch(n)),
                Writer::Idle => {
                    let is_pending = |version: &Version| s.database.outbox & 1 << version != 0;
                    let versions = (1..=s.database.version).filter(is_pending);
                    actions.extend(versions.map(|version| Action::ReadRecordFirst(n, version)));
                }
                Writer::KnowsEpoch(_) if s.database.outbox != 0 => actions.push(Action::ReadRecord(n)),
                Writer::KnowsEpoch(_) => {}
                Writer::HoldsRecord { .. } => actions.push(Action::Put(n)),
                Writer::HasPut { .. } => actions.push(Action::ReadEpochAgain(n)),
                Writer::HasConfirmed(_) => actions.push(Action::DeleteRow(n)),
            }
            has_idle |= writer == Writer::Idle;
            if writer != Writer::Idle {
                actions.push(Action::GiveUpDelivery(n));
            }
        }
        if actions.len() > 1 || s.outbox_check.is_some() {
            actions.push(Action::Crash);
        }
        actions
    }

    fn relay_actions(&self, s: &State) -> Vec<Action> {
        let mut actions = Vec::new();
        match s.outbox_check {
            None if s.database.outbox == 0 => actions.push(Action::CheckOutbox),
            None => {}
            // For a command with a time by the server's clock, leaving late is the same as arriving late.
            Some(check) if check.is_sent || self.has(Part::TimeBeforeLook) => {
                actions.push(Action::RaiseWatermark);
            }
            Some(_) => actions.push(Action::SendWatermark),
        }
        if s.database.outbox != 0 && Self::may_have_lost_data(s) {
            actions.push(Action::StartEpoch);
        }
        actions
    }

    fn redis_actions(&self, s: &State) -> Vec<Action> {
        let mut actions = Vec::new();
        if self.may_fail(s, Fault::FailOver) && s.copy.is_none() {
            actions.push(Action::CopyData);
        }
        let is_possible =
            |fault: &Fault| self.may_fail(s, *fault) && (*fault != Fault::FailOver || s.copy.is_some());
        actions.extend(Fault::ALL.iter().copied().filter(is_possible).map(Action::Fail));
        if s.channel.is_connected
            && s.channel.watermark.is_none()
            && s.redis.watermark.is_some_and(|watermark| self.trusts(watermark))
        {
            actions.push(Action::ReportWatermark);
        }
        actions
    }

    fn verifier_actions(&self, s: &State) -> Vec<Action> {
        let mut actions = vec![Action::Reconnect];
        if s.channel.invalidation || s.channel.watermark.is_some() {
            actions.push(Action::Receive);
        }
        let mut has_idle = false;
        let skipped = s.verifications.len() - self.concurrent_verifications;
        for (n, verification) in s.verifications.into_iter().enumerate().skip(skipped) {
            match verification {
                Verification::Idle if has_idle => {}
                Verification::Idle => {
                    actions.push(Action::LookUp(n));
                    if self.trusted_watermark(s).is_some() && s.near.is_none() {
                        actions.push(Action::StartFetch(n));
                    }
                    if self.concurrent_verifications > 1 {
                        actions.push(Action::Join(n));
                    }
                }
                Verification::Fetching { .. } => actions.push(Action::Fetch(n)),
                Verification::Fetched { .. } => actions.push(Action::KeepRecord(n)),
                Verification::Answered { fill: Some(_), .. } => actions.push(Action::Fill(n)),
                Verification::Answered { fill: None, .. } => {}
            }
            has_idle |= verification == Verification::Idle;
            if verification != Verification::Idle {
                actions.push(Action::GiveUp(n));
            }
        }
        actions
    }
}
