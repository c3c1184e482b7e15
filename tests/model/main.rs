//! The protocol that brings a revocation to every verifier, as a model. The checker tries every run.
//!
//! # The promise
//! No verification that starts later than 4 s after the commit of a revocation accepts the session. This
//! holds whatever crashes, however long a message takes, whether it arrives at all, and whether Redis loses
//! its data or continues with older data. Without any one part of the protocol, some run breaks the promise,
//! and a test below finds it.
//!
//! # The parts
//! - The **database** holds the truth. A change raises the user's version and inserts a row into the outbox.
//! - **Writers** in auth-service deliver a change to Redis: the request that made it, and the relay. They
//!   read the epoch, read the record, put it under the epoch's key, read the epoch again and delete the row.
//! - The **relay** looks into the outbox. If it is empty, the relay raises the watermark to the moment before
//!   it looked. It starts an epoch if there is none, or if another run of Redis wrote the watermark.
//! - **Redis** holds the watermark and the records. A record only replaces an older one.
//! - The **channel** brings the verifier invalidations and the watermark, in order.
//! - The **verifier** keeps a record in its near cache. It trusts that record, and Redis, while the last
//!   watermark it has read is current. Otherwise, or if Redis has no record, it asks the database, and uses the
//!   answer again for a while. A record from the database fills Redis; one from Redis is kept in the near
//!   cache.
//!
//! # Faults
//! No step is ever forced: it may be taken later, in another order, or not at all. So a partition between any
//! two parties, a slow network, a frozen process and a lost message need no steps of their own. They are the
//! runs in which a step does not happen, and there is no limit to them. auth-service crashes at any point,
//! also between the commit and the delivery. The channel breaks at any point, and loses its messages. Only
//! the faults of Redis's data are limited in number ([`Fault`]).
//!
//! # Time
//! Times are whole ticks. In a real run, every moment can be rounded to a tick so that whatever took at most
//! n ticks still does, and whatever took at least n ticks still does. So a limit that is met exactly counts
//! as kept, and the bound as exceeded at that moment, and no real run is left out. Time starts with the
//! revocation: before it, no verification is late, and what is younger is trusted longer, so everything from
//! before might as well be from that moment.
//!
//! The promise is kept with room to spare. The two ages that make up the bound do not add up
//! (`the_parts_of_the_bound_do_not_add_up`). Two others do: the age of the watermark beside a record from a
//! server with older data, and the age of the watermark because of which that record is then trusted in the
//! near cache. Together they are 3 s.
//!
//! # What is left out, and why that is sound
//! - Other users: nothing about one user depends on another.
//! - The rest of a record: it is replaced as a whole and trusted as a whole.
//! - Other verifiers: they affect this one through what they fill Redis with, and the second verification of
//!   this one fills it with the same. A verifier that restarts is one that has lost its connection. A
//!   verifier that asks another one for the database's answer behaves like this one, provided that the
//!   lookup started after it asked.
//! - Other relays: one that has looked and acts late does everything that a second one could.
//! - `OUTAGE_GRACE` is 0. It is how long the operator wants last known records to be honoured while both the
//!   watermark and the database are unavailable. It extends the bound by its value.
//! - The second question to the database about a session that is newer than the known record: its answer is
//!   new.
//! - The end of trust: a verifier that reads no watermark or notices a broken connection trusts less than one
//!   that continues until the last watermark is too old, which is what the model does.
//! - Records that expire in Redis one by one. They live for an hour and are not evicted earlier, and whatever
//!   fills the cache is seconds old.
//! - Two servers at the same time. One is in use. Another one that takes over has a clock that agrees with
//!   the first one's, and one that was replaced comes back empty or with a copy of the data, in a run of its
//!   own.
//! - The cache of a deployment that is a single process. It has no channel, and its epoch never changes.
//!
//! # The change feed
//! Programs that verify tokens themselves learn of changes from verify-service. [`feed`] is a model of their
//! part: the contract in `docs/changes.md`. It begins where this model ends, with a verify-service that knows the
//! changes and the age of its watermark.

#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "an unexpected result must fail the test, and the output says how many states were tried"
)]

mod actions;
mod drawbridge;
mod feed;
mod merge;
mod model;
mod properties;
mod protocol;
mod state;
mod steps;

use stateright::{Checker, CheckerBuilder, HasDiscoveries, Model};

use drawbridge::Drawbridge;
use properties::PROMISE;
use protocol::{Fault, Part, Times};

/// The whole protocol with one revocation, one verification at a time and no fault of Redis's data.
const WHOLE: Drawbridge = Drawbridge {
    without: None,
    times: Times::FINE,
    faults: Fault::ALL,
    max_faults: 0,
    max_other_changes: 0,
    concurrent_verifications: 1,
};

fn checker(model: Drawbridge) -> CheckerBuilder<Drawbridge> {
    model.checker().threads(2)
}

/// Tries every run. The promise must be kept, and everything must happen that gives it meaning.
fn assert_kept(model: Drawbridge) {
    let checker = checker(model).spawn_bfs().join();
    println!("{} states, up to {} steps: {model:?}", checker.unique_state_count(), checker.max_depth());
    checker.assert_properties();
}

/// Finds a run without `part` in which the session is accepted too late.
fn assert_broken_without(part: Part, model: Drawbridge) {
    let model = Drawbridge { without: Some(part), ..model };
    let checker = checker(model).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let run = checker.discovery(PROMISE);
    let steps = run.map(stateright::Path::into_actions).unwrap_or_default();
    println!("without {part:?}, after {} states: {steps:?}", checker.unique_state_count());
    assert!(!steps.is_empty(), "the promise is kept without {part:?}");
}

#[test]
fn kept_despite_crashes_partitions_and_delays() {
    assert_kept(Drawbridge { concurrent_verifications: 2, ..WHOLE });
}

#[test]
fn kept_if_redis_loses_data_or_has_old_data() {
    assert_kept(Drawbridge { max_faults: 1, ..WHOLE });
}

#[test]
fn kept_if_redis_loses_data_twice() {
    let faults = &[Fault::Restart, Fault::FailOver];
    assert_kept(Drawbridge { faults, max_faults: 2, times: Times::COARSE, ..WHOLE });
}

#[test]
fn kept_if_verifications_share_a_lookup() {
    let model = Drawbridge { max_faults: 1, concurrent_verifications: 2, ..WHOLE };
    assert_kept(Drawbridge { times: Times::COARSE, ..model });
}

#[test]
fn kept_if_the_user_changes_in_other_ways() {
    let faults = &[Fault::Flush, Fault::Restart];
    let model = Drawbridge { faults, max_faults: 1, max_other_changes: 1, ..WHOLE };
    assert_kept(Drawbridge { times: Times::COARSEST, ..model });
}

#[test]
fn the_parts_of_the_bound_do_not_add_up() {
    let times = Times { bound: Times::FINE.stale_max + 1, ..Times::FINE };
    assert_kept(Drawbridge { concurrent_verifications: 2, times, ..WHOLE });
}

#[test]
fn broken_without_the_version_check() {
    assert_broken_without(Part::VersionCheck, WHOLE);
}

#[test]
fn broken_without_the_watermark() {
    assert_broken_without(Part::Watermark, WHOLE);
}

#[test]
fn broken_if_the_watermark_counts_from_its_arrival() {
    assert_broken_without(Part::TimeBeforeLook, WHOLE);
}

#[test]
fn broken_without_tickets() {
    assert_broken_without(Part::Tickets, WHOLE);
}

#[test]
fn broken_without_epochs() {
    assert_broken_without(Part::Epochs, Drawbridge { faults: &[Fault::Flush], max_faults: 1, ..WHOLE });
}

#[test]
fn broken_if_the_epoch_is_not_read_again() {
    assert_broken_without(Part::EpochAgain, Drawbridge { faults: &[Fault::Flush], max_faults: 1, ..WHOLE });
}

#[test]
fn broken_if_the_record_is_read_before_the_epoch() {
    let model = Drawbridge { faults: &[Fault::Flush], max_faults: 1, max_other_changes: 1, ..WHOLE };
    assert_broken_without(Part::EpochBeforeRecord, Drawbridge { times: Times::COARSE, ..model });
}

#[test]
fn broken_if_the_watermark_is_of_another_server() {
    let model = Drawbridge { faults: &[Fault::FailOver], max_faults: 1, ..WHOLE };
    assert_broken_without(Part::WatermarkBesideRecord, model);
}

#[test]
fn broken_if_a_joined_lookup_counts_as_a_new_one() {
    assert_broken_without(Part::LookUpAge, Drawbridge { concurrent_verifications: 2, ..WHOLE });
}

#[test]
fn broken_if_a_joined_lookup_fills_the_cache() {
    let model = Drawbridge { faults: &[Fault::Flush], max_faults: 1, concurrent_verifications: 2, ..WHOLE };
    assert_broken_without(Part::EpochBeforeLookUp, Drawbridge { times: Times::COARSE, ..model });
}
