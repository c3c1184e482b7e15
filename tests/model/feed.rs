//! The contract of the change feed (`docs/changes.md`), as a second model. It is separate from the first one,
//! because both together have too many states. What verify-service does here is what the contract promises.
//!
//! # The promise
//! A follower that remembers answers of `POST /api/verify` accepts no session from its memory later than 4 s
//! after the commit of the session's revocation. If at most one of its two clocks is wrong, the bound is in
//! fact the maximum age of a watermark, 1.5 s. What both clocks have missed is added: the promise is kept up
//! to 2 s. Without any one part of the contract, some run exceeds 4 s, and a test below finds it.
//!
//! # The parts
//! - **verify-service** begins each response with a `reset`. It announces changes at any time after their
//!   commit, in any order, repeatedly or never. It sends a watermark only if every change before the
//!   watermark's `delivered_until` was announced, or committed before the first watermark since the newest
//!   `reset`. It may send another `reset` at any time.
//! - The **network** delivers the messages of a connection in order, after any time or never. The connection
//!   breaks at any point. The follower connects again at any point, while messages of the earlier connection
//!   are still on the way.
//! - The **database** changes as in the first model.
//! - The **follower** applies the rules of the contract. [`Part`] lists them.
//! - Its **clocks** are wrong in the ways that [`ClockFault`] lists.
//!
//! # Questions
//! Three rules mention the time two seconds before a question, and all of them compare it with other events:
//! the answer includes every change from before, the feed was connected before, and the announcements since
//! then count. So a question begins with a step of its own at that time, and which steps come before it is
//! exact. How long the question itself takes is not limited.
//!
//! Times are rounded to ticks as in the first model.
//!
//! # What is left out, and why that is sound
//! - Other users, as in the first model.
//! - Other questions at the same time: whether an answer may be remembered depends on the feed and on its own
//!   question. An answer that replaces another one is accepted exactly if it would be without the other one.
//! - An answer without `record`: it is used for its own request, and not remembered.
//! - A verification that is suspended between looking at the watermark and accepting: it started before.
//! - Forgetting for lack of memory, and connecting again because a watermark's age is negative or nothing
//!   arrives: the follower accepts less.
//! - A wall clock that is set forward makes watermarks look older. The model contains only its effect on the
//!   two seconds before a question, if these were measured with it.
//! - A restart of verify-service, or another replica: a connection belongs to one run of one replica, and the
//!   ages of watermarks are computed for each connection.
//! - The keys: a follower replaces them in the order in which they arrive.

mod actions;
mod contract;
mod merge;
mod properties;
mod protocol;
mod state;
mod steps;

use std::collections::BTreeSet;

use stateright::{Checker, HasDiscoveries, Model};

use contract::Contract;
use properties::PROMISE;
use protocol::{ClockFault, Part, Times};

/// The whole contract, with correct clocks and a bound of 1.5 s.
const WHOLE: Contract = Contract::WHOLE;

/// For runs that exceed 4 s.
const PROMISED: Contract = Contract { times: Times::PROMISED, max_queue: 2, ..WHOLE };

/// For runs that exceed 4 s by far and have many states.
const FAR_EXCEEDED: Contract = Contract { times: Times::FAR_EXCEEDED, max_queue: 2, ..WHOLE };

/// Every message takes exactly 10 s.
const CONSTANT_DELAY: Contract = Contract { delay: Some(5), max_behind: 5, ..WHOLE };

/// Every suspension takes at least 60 s.
const LONG_SUSPENSION: Contract = Contract {
    clock_faults: &[ClockFault::Suspension],
    min_suspension: 30,
    max_behind: 4,
    max_queue: 2,
    ..WHOLE
};

/// Tries every run. The promise must be kept, and everything must happen that gives it meaning.
fn assert_kept(contract: Contract) {
    let checker = contract.checker().threads(2).spawn_bfs().join();
    println!("{} states, up to {} steps: {contract:?}", checker.unique_state_count(), checker.max_depth());
    checker.assert_properties();
}

/// Finds a run in which the session is accepted too late.
fn assert_broken(contract: Contract) {
    let is_found = HasDiscoveries::AllOf(BTreeSet::from([PROMISE]));
    let checker = contract.checker().threads(2).finish_when(is_found).spawn_bfs().join();
    let run = checker.discovery(PROMISE);
    let steps = run.map(stateright::Path::into_actions).unwrap_or_default();
    println!("after {} states: {steps:?}: {contract:?}", checker.unique_state_count());
    assert!(!steps.is_empty(), "the promise is kept by {contract:?}");
}

/// The same without `part`.
fn assert_broken_without(part: Part, contract: Contract) {
    assert_broken(Contract { without: Some(part), ..contract });
}

#[test]
fn kept_if_messages_are_delayed_or_lost() {
    assert_kept(WHOLE);
}

#[test]
fn kept_if_the_response_begins_late() {
    assert_kept(Contract { has_slow_requests: true, max_queue: 2, ..WHOLE });
}

#[test]
fn kept_if_the_user_changes_in_other_ways() {
    assert_kept(Contract { max_other_changes: 1, max_queue: 2, ..WHOLE });
}

#[test]
fn kept_if_the_follower_is_suspended() {
    let clock_faults = &[ClockFault::Suspension, ClockFault::SetForward];
    assert_kept(Contract { clock_faults, max_behind: 8, max_queue: 2, ..WHOLE });
}

#[test]
fn kept_if_the_wall_clock_is_set() {
    let clock_faults = &[ClockFault::SetBack, ClockFault::SetForward];
    assert_kept(Contract { clock_faults, max_behind: 8, max_queue: 2, ..WHOLE });
}

#[test]
fn kept_if_both_clocks_miss_two_seconds() {
    let clock_faults = &[ClockFault::MissedTime];
    assert_kept(Contract { clock_faults, max_behind: 4, max_queue: 1, ..PROMISED });
}

#[test]
fn a_constant_delay_of_10_s_never_looks_fresh() {
    assert_kept(Contract { times: Times::COARSE, ..CONSTANT_DELAY });
}

#[test]
fn suspended_for_60_s_trusts_nothing_it_remembers() {
    assert_kept(Contract { times: Times::COARSE, ..LONG_SUSPENSION });
}

#[test]
fn broken_if_both_clocks_miss_three_seconds() {
    let clock_faults = &[ClockFault::MissedTime];
    assert_broken(Contract { clock_faults, max_behind: 6, max_queue: 1, ..PROMISED });
}

#[test]
fn broken_if_the_age_counts_from_the_arrival() {
    assert_broken_without(Part::DeliveredUntil, PROMISED);
}

#[test]
fn broken_if_the_clocks_are_noted_after_the_request() {
    let contract = Contract { times: Times::FAR_EXCEEDED, ..CONSTANT_DELAY };
    assert_broken_without(Part::ClocksBeforeRequest, contract);
}

#[test]
fn broken_if_only_the_wall_clock_counts() {
    let contract = Contract { clock_faults: &[ClockFault::SetBack], max_behind: 4, ..FAR_EXCEEDED };
    assert_broken_without(Part::MonotonicClock, contract);
}

#[test]
fn broken_if_only_the_monotonic_clock_counts() {
    let contract = Contract { times: Times::FAR_EXCEEDED, ..LONG_SUSPENSION };
    assert_broken_without(Part::WallClock, contract);
}

#[test]
fn broken_if_the_wall_clock_measures_the_two_seconds() {
    let contract = Contract { clock_faults: &[ClockFault::SetForward], ..PROMISED };
    assert_broken_without(Part::MonotonicTwoSeconds, contract);
}

#[test]
fn broken_if_a_reset_is_ignored() {
    assert_broken_without(Part::ForgetOnReset, PROMISED);
}

#[test]
fn broken_if_an_old_connection_counts() {
    assert_broken_without(Part::IgnoreOldConnection, FAR_EXCEEDED);
}

#[test]
fn broken_if_the_feed_is_connected_without_a_watermark() {
    assert_broken_without(Part::FirstWatermark, PROMISED);
}

#[test]
fn broken_if_the_feed_has_just_been_connected() {
    assert_broken_without(Part::ConnectedBefore, PROMISED);
}

#[test]
fn broken_if_announcements_count_from_the_question() {
    assert_broken_without(Part::TwoSecondsOfEvents, PROMISED);
}

#[test]
fn broken_without_the_version_comparison() {
    assert_broken_without(Part::VersionComparison, PROMISED);
}

#[test]
fn broken_if_an_announced_change_is_not_forgotten() {
    assert_broken_without(Part::ForgetOnUser, PROMISED);
}
