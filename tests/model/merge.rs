//! Merges states whose differences do not matter, so that there are few enough to visit all of them. What is
//! dropped could only keep a verification from accepting the session, and never make it accept.

use crate::{
    drawbridge::Drawbridge,
    protocol::{Fault, Part},
    state::{Epoch, MAX_EPOCHS, State, Verification, Writer},
};

impl Drawbridge {
    /// Replaces a state with the one that represents it.
    pub(crate) fn merge(&self, s: &mut State) {
        self.merge_verifier(s);
        let epoch_parts = [Part::Epochs, Part::EpochAgain, Part::WatermarkBesideRecord];
        if epoch_parts.into_iter().all(|part| self.has(part)) {
            give_up_old_epochs(s);
        }
        self.merge_channel(s);
        // The order makes no difference.
        s.verifications.sort_unstable();
        s.writers.sort_unstable();
        // A check that is too old raises nothing.
        s.outbox_check = s.outbox_check.filter(|check| check.age <= self.times.watermark_max_age);
        if !self.may_fail(s, Fault::FailOver) {
            s.copy = None;
        }
        forget_unknown_epochs(s);
    }

    /// Drops records without the session, and verifications that can neither accept nor leave anything
    /// behind.
    fn merge_verifier(&self, s: &mut State) {
        let database = s.database;
        s.near = s.near.filter(|version| database.accepts(*version));
        for verification in &mut s.verifications {
            let is_over = match *verification {
                Verification::Idle | Verification::Fetching { .. } => false,
                Verification::Fetched { version, has_valid_ticket, is_late } => {
                    let has_effect = has_valid_ticket || is_late || !self.has(Part::Tickets);
                    !database.accepts(version) || !has_effect
                }
                Verification::Answered { version, age, fill, .. } => {
                    let is_expired = age > self.times.stale_max && self.has(Part::LookUpAge);
                    let has_effect = fill.is_some() || !is_expired || !self.has(Part::EpochBeforeLookUp);
                    !database.accepts(version) || !has_effect
                }
            };
            if is_over {
                *verification = Verification::Idle;
            }
        }
    }

    /// Drops messages that change nothing when they arrive: a watermark that is too old by now, and an
    /// invalidation if nothing is cached or about to be.
    fn merge_channel(&self, s: &mut State) {
        if s.channel.watermark.is_some_and(|watermark| !self.trusts(watermark)) {
            s.channel.watermark = None;
            s.channel.invalidation |= std::mem::take(&mut s.channel.later_invalidation);
        }
        let may_keep = s.verifications.iter_mut().filter_map(Verification::ticket).any(|ticket| *ticket);
        if s.near.is_none() && !may_keep && self.has(Part::Tickets) {
            s.channel.invalidation = false;
            s.channel.later_invalidation = false;
            s.watermark = s.watermark.filter(|watermark| self.trusts(*watermark));
        }
    }
}

/// Ends everything that belongs to an epoch named neither by Redis nor by its copy, since such an epoch never
/// returns. A writer finds that out and starts again, records fetched from it are not trusted, and filling it
/// has no effect.
fn give_up_old_epochs(s: &mut State) {
    let copied = s.copy.and_then(|copy| copy.watermark);
    let watermarks = [s.redis.watermark, copied];
    let is_over = |epoch: Epoch| !watermarks.iter().flatten().any(|watermark| watermark.epoch == epoch);
    for writer in &mut s.writers {
        if writer_epoch(*writer).is_some_and(is_over) {
            *writer = Writer::Idle;
        }
    }
    for verification in &mut s.verifications {
        match verification {
            Verification::Fetching { epoch, .. } if is_over(*epoch) => *verification = Verification::Idle,
            Verification::Answered { fill, .. } => *fill = fill.filter(|epoch| !is_over(*epoch)),
            Verification::Idle | Verification::Fetching { .. } | Verification::Fetched { .. } => {}
        }
    }
}

fn writer_epoch(writer: Writer) -> Option<Epoch> {
    match writer {
        Writer::KnowsEpoch(epoch) | Writer::HoldsRecord { epoch, .. } | Writer::HasPut { epoch, .. } => {
            Some(epoch)
        }
        Writer::Idle | Writer::HasConfirmed(_) => None,
    }
}

/// Drops the records of epochs that nothing refers to any more, because they are never read.
fn forget_unknown_epochs(s: &mut State) {
    let mut is_known = [false; MAX_EPOCHS];
    let mut mark = |epoch: Epoch| is_known[usize::from(epoch)] = true;
    let copied = s.copy.and_then(|copy| copy.watermark);
    let watermarks = [s.redis.watermark, copied, s.channel.watermark, s.watermark];
    watermarks.into_iter().flatten().for_each(|watermark| mark(watermark.epoch));
    s.writers.into_iter().filter_map(writer_epoch).for_each(&mut mark);
    for verification in s.verifications {
        if let Verification::Fetching { epoch, .. } | Verification::Answered { fill: Some(epoch), .. } =
            verification
        {
            mark(epoch);
        }
    }
    for data in [Some(&mut s.redis), s.copy.as_mut()].into_iter().flatten() {
        for (record, is_known) in data.records.iter_mut().zip(is_known) {
            *record = if is_known { *record } else { 0 };
        }
    }
}
