//! The protocol by which a revocation reaches every verifier, as a model of which all runs are tried.
//!
//! # The promise
//! No verification that starts later than 4 s after the commit of a revocation accepts the session. It
//! holds whatever crashes, however long a message takes, whether it arrives at all, and whether Redis
//! loses its data or goes on with older data. Without any one part of the protocol there is a run that
//! breaks it, and a test below finds one.
//!
//! # The parts
//! - The **database** holds the truth. A change raises the user's version and leaves a row in the outbox.
//! - **Tellers** in auth-service tell Redis of a change: whoever made it, and the relay. They ask for the
//!   epoch, read the record, put it under the epoch's key, ask for the epoch again and delete the row.
//! - The **relay** looks into the outbox. If nothing waits there, it raises the watermark to the moment
//!   before it looked. It begins an epoch where there is none, or where another run of Redis wrote it.
//! - **Redis** holds the watermark and the records. A record replaces only an older one.
//! - The **channel** brings the verifier what has changed and what the watermark is, in that order.
//! - The **verifier** keeps a record in its process. It believes that, and Redis, while the watermark that
//!   it knows is young. Otherwise, or if Redis has no record, it asks the database, whose answer it uses
//!   again for a while. A record from the database fills Redis; one from Redis is kept in the process.
//!
//! # Faults
//! Nobody is ever forced to act: a step that is possible may be taken later, in another order, or not at
//! all. So a partition between any two parties, a slow network, a frozen process and a message that is
//! lost need no steps of their own; they are the runs in which a step does not come, and there is no limit
//! to them. auth-service crashes at any point, between the commit and the write-through among them. The
//! channel breaks at any point, and what was on its way is lost. Only Redis's data fails a limited number
//! of times ([`Fault`]).
//!
//! # Time
//! Times are whole ticks. In a real run every moment can be rounded to a tick such that whatever took at
//! most n ticks still does, and whatever took at least n still does. So a limit counts as kept when it is
//! met exactly, and the bound as over then, and no real run is left out. Time begins with the revocation:
//! before it nobody is late, and what is younger is believed longer, so that all that stands before it may
//! as well have come to be in that moment.
//!
//! The promise is kept with room to spare. The ages that make up the bound do not add up
//! (`the_bounds_parts_do_not_add_up`); what does is the age of the watermark beside a record that a server
//! with older data gave, and that of the one by which the record is then believed in the process: 3 s.
//!
//! # What is left out, and why that is sound
//! - Other users: nothing that is said of one depends on another.
//! - What else a record says: it is replaced as a whole, and believed as a whole.
//! - Other verifiers: they reach this one by what they fill Redis with, and the second verification of this
//!   one fills it with the same. One that restarts is one that has lost its connection. One that asks
//!   another for the database's answer is this one, as long as that look-up began after it had asked.
//! - Other relays: one that has looked and acts late does all that a second could.
//! - `OUTAGE_GRACE` is 0. It is how long the operator wants last known records to be honoured while both the
//!   watermark and the database are out of reach, and lengthens the bound by what its name says.
//! - Another question to the database for a session that is newer than what is known: its answer is fresh.
//! - Trust that is withdrawn: a verifier that reads no watermark, or notices a broken connection, believes
//!   less than one that goes on until the last watermark is too old, as here.
//! - Records that Redis drops one by one. They live for an hour, are not evicted before, and who fills the
//!   cache is seconds old.
//! - Two servers at a time. One serves; another that takes over has a clock that agrees with its clock, and
//!   one that was replaced comes back empty or with a copy of the data, in a run of its own.
//! - The cache of a deployment that is one process. It has neither a channel nor an epoch to change.

#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that meets something unexpected must fail, and says how much it tried"
)]

mod actions;
mod merge;
mod properties;
mod protocol;
mod state;
mod steps;

use stateright::{Checker, CheckerBuilder, HasDiscoveries, Model};

use actions::Drawbridge;
use properties::PROMISE;
use protocol::{Fault, Part, Times};

/// The whole protocol, one revocation, one verification at a time; nothing happens to Redis's data.
const WHOLE: Drawbridge = Drawbridge {
    without: None,
    times: Times::FINE,
    faults: Fault::ALL,
    faults_at_most: 0,
    other_changes: 0,
    checks: 1,
};

fn checker(model: Drawbridge) -> CheckerBuilder<Drawbridge> {
    model.checker().threads(2)
}

/// Tries every run: the promise is kept, and each thing happens that must happen for that to mean
/// anything.
fn holds(model: Drawbridge) {
    let checker = checker(model).spawn_bfs().join();
    println!("{} states, up to {} steps: {model:?}", checker.unique_state_count(), checker.max_depth());
    checker.assert_properties();
}

/// Finds a run in which somebody is let in too late without `part`.
fn fails_without(part: Part, model: Drawbridge) {
    let model = Drawbridge { without: Some(part), ..model };
    let checker = checker(model).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let run = checker.discovery(PROMISE);
    let steps = run.map(stateright::Path::into_actions).unwrap_or_default();
    println!("without {part:?}, after {} states: {steps:?}", checker.unique_state_count());
    assert!(!steps.is_empty(), "the promise is kept without {part:?}");
}

#[test]
fn it_holds_under_crashes_partitions_and_delays() {
    holds(Drawbridge { checks: 2, ..WHOLE });
}

#[test]
fn it_holds_when_redis_loses_data_or_keeps_old_data() {
    holds(Drawbridge { faults_at_most: 1, ..WHOLE });
}

#[test]
fn it_holds_when_that_happens_twice() {
    let faults = &[Fault::Restart, Fault::FailOver];
    holds(Drawbridge { faults, faults_at_most: 2, times: Times::COARSE, ..WHOLE });
}

#[test]
fn it_holds_for_verifications_that_share_a_look_up() {
    holds(Drawbridge { faults_at_most: 1, checks: 2, times: Times::COARSE, ..WHOLE });
}

#[test]
fn it_holds_beside_other_changes_of_the_user() {
    let faults = &[Fault::Flush, Fault::Restart];
    holds(Drawbridge { faults, faults_at_most: 1, other_changes: 1, times: Times::COARSEST, ..WHOLE });
}

#[test]
fn the_bounds_parts_do_not_add_up() {
    let times = Times { bound: Times::FINE.stale_max + 1, ..Times::FINE };
    holds(Drawbridge { checks: 2, times, ..WHOLE });
}

#[test]
fn it_fails_without_the_version_check() {
    fails_without(Part::VersionCheck, WHOLE);
}

#[test]
fn it_fails_without_the_watermark() {
    fails_without(Part::Watermark, WHOLE);
}

#[test]
fn it_fails_if_the_watermark_counts_from_its_arrival() {
    fails_without(Part::TimeBeforeLook, WHOLE);
}

#[test]
fn it_fails_without_tickets() {
    fails_without(Part::Tickets, WHOLE);
}

#[test]
fn it_fails_without_epochs() {
    fails_without(Part::Epochs, Drawbridge { faults: &[Fault::Flush], faults_at_most: 1, ..WHOLE });
}

#[test]
fn it_fails_if_the_epoch_is_not_asked_for_again() {
    fails_without(Part::EpochAgain, Drawbridge { faults: &[Fault::Flush], faults_at_most: 1, ..WHOLE });
}

#[test]
fn it_fails_if_the_record_is_read_before_the_epoch() {
    let model = Drawbridge { faults: &[Fault::Flush], faults_at_most: 1, other_changes: 1, ..WHOLE };
    fails_without(Part::EpochBeforeRecord, Drawbridge { times: Times::COARSE, ..model });
}

#[test]
fn it_fails_if_a_record_is_believed_by_another_servers_watermark() {
    let model = Drawbridge { faults: &[Fault::FailOver], faults_at_most: 1, ..WHOLE };
    fails_without(Part::WatermarkBesideRecord, model);
}

#[test]
fn it_fails_if_a_joined_look_up_counts_as_a_new_one() {
    fails_without(Part::LookUpAge, Drawbridge { checks: 2, ..WHOLE });
}

#[test]
fn it_fails_if_a_joined_look_up_fills_the_cache() {
    let model = Drawbridge { faults: &[Fault::Flush], faults_at_most: 1, checks: 2, ..WHOLE };
    fails_without(Part::EpochBeforeLookUp, Drawbridge { times: Times::COARSE, ..model });
}
