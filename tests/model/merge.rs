//! States that differ in nothing that matters are made one, so that there are few enough to visit all.
//! What is left out can only ever keep a verification from accepting, never help it.

use crate::{
    actions::Drawbridge,
    protocol::{Fault, Part},
    state::{Check, EPOCHS, Epoch, State, Teller},
};

impl Drawbridge {
    /// The state that stands for this one.
    pub(crate) fn merge(&self, s: &mut State) {
        self.merge_verifier(s);
        let whole = [Part::Epochs, Part::EpochAgain, Part::WatermarkBesideRecord];
        if whole.into_iter().all(|part| self.has(part)) {
            give_up_old_epochs(s);
        }
        self.merge_channel(s);
        // Nobody minds who is first.
        s.checks.sort_unstable();
        s.tellers.sort_unstable();
        // Too old a look raises nothing.
        s.look = s.look.filter(|look| look.age <= self.times.watermark_max_age);
        if !self.may_fail(s, Fault::FailOver) {
            s.copy = None;
        }
        forget_unknown_epochs(s);
    }

    /// A record that refuses the session lets nobody in, and a verification that can neither accept nor
    /// leave anything behind is as good as over.
    fn merge_verifier(&self, s: &mut State) {
        let database = s.database;
        s.near = s.near.filter(|version| database.lets_pass(*version));
        for check in &mut s.checks {
            let over = match *check {
                Check::Idle | Check::Fetching { .. } => false,
                Check::Fetched { version, ticket, late } => {
                    !database.lets_pass(version) || !(ticket || late) && self.has(Part::Tickets)
                }
                Check::Answered { version, age, fill, .. } => {
                    let used_up = fill.is_none() && age > self.times.stale_max && self.has(Part::LookUpAge);
                    !database.lets_pass(version) || used_up && self.has(Part::EpochBeforeLookUp)
                }
            };
            if over {
                *check = Check::Idle;
            }
        }
    }

    /// A watermark that is too old by now changes nothing when it arrives, nor does a change when nothing
    /// is kept or about to be.
    fn merge_channel(&self, s: &mut State) {
        let young = |watermark| self.believes(watermark);
        if s.channel.watermark.is_some_and(|watermark| !young(watermark)) {
            s.channel.watermark = None;
            s.channel.change |= std::mem::take(&mut s.channel.later_change);
        }
        let may_keep = s.checks.iter_mut().filter_map(Check::ticket).any(|ticket| *ticket);
        if s.near.is_none() && !may_keep && self.has(Part::Tickets) {
            s.channel.change = false;
            s.channel.later_change = false;
            s.trust = s.trust.filter(|watermark| young(*watermark));
        }
    }
}

/// An epoch that neither Redis nor its copy names never comes again. Who tells of a change in it will find
/// that out and begin anew, what is fetched from it is not believed, and who fills it fills it in vain.
fn give_up_old_epochs(s: &mut State) {
    let copied = s.copy.and_then(|copy| copy.watermark);
    let watermarks = [s.redis.watermark, copied];
    let is_over = |epoch: Epoch| !watermarks.iter().flatten().any(|watermark| watermark.epoch == epoch);
    for teller in &mut s.tellers {
        if let Teller::Asked(epoch) | Teller::Holds(epoch, _) | Teller::Put(epoch, _) = *teller
            && is_over(epoch)
        {
            *teller = Teller::Idle;
        }
    }
    for check in &mut s.checks {
        match check {
            Check::Fetching { epoch, .. } if is_over(*epoch) => *check = Check::Idle,
            Check::Answered { fill, .. } => *fill = fill.filter(|epoch| !is_over(*epoch)),
            Check::Idle | Check::Fetching { .. } | Check::Fetched { .. } => {}
        }
    }
}

/// What stands in an epoch that nobody knows any more is read by nobody.
fn forget_unknown_epochs(s: &mut State) {
    let mut known = [false; EPOCHS];
    let mut know = |epoch: Epoch| known[usize::from(epoch)] = true;
    let copied = s.copy.and_then(|copy| copy.watermark);
    let watermarks = [s.redis.watermark, copied, s.channel.watermark, s.trust];
    watermarks.into_iter().flatten().for_each(|watermark| know(watermark.epoch));
    for teller in s.tellers {
        if let Teller::Asked(epoch) | Teller::Holds(epoch, _) | Teller::Put(epoch, _) = teller {
            know(epoch);
        }
    }
    for check in s.checks {
        if let Check::Fetching { epoch, .. } | Check::Answered { fill: Some(epoch), .. } = check {
            know(epoch);
        }
    }
    for data in [Some(&mut s.redis), s.copy.as_mut()].into_iter().flatten() {
        for (record, known) in data.records.iter_mut().zip(known) {
            *record = if known { *record } else { 0 };
        }
    }
}
