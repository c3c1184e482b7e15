//! Comparison of counts with baselines.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Context;

use crate::{
    baseline::{Baselines, Cost, Kind},
    operation::Operation,
};

/// How many functions are shown for an operation that costs too much.
const FUNCTIONS_SHOWN: usize = 10;

/// An operation that costs too much.
#[derive(Debug, PartialEq)]
pub(crate) struct Excess {
    pub(crate) operation: Operation,
    /// What increased and by how much, as a sentence.
    pub(crate) sentence: String,
    /// The functions whose own instructions changed most.
    pub(crate) functions: Vec<FunctionChange>,
}

/// How many instructions a function executed before and executes now.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct FunctionChange {
    pub(crate) name: String,
    pub(crate) before: u64,
    pub(crate) now: u64,
}

impl FunctionChange {
    fn size(&self) -> u64 {
        self.before.abs_diff(self.now)
    }
}

/// Finds the operations that exceed the limit of a baseline.
pub(crate) fn compare(
    measured: &BTreeMap<Operation, Cost>,
    baselines: &[(Kind, Baselines)],
) -> anyhow::Result<Vec<Excess>> {
    let mut excesses = Vec::new();
    for (operation, cost) in measured {
        for (kind, baseline) in baselines {
            let before = baseline.operations.get(operation);
            let before =
                before.with_context(|| format!("{} does not list {}", kind.file_name(), operation.name()))?;
            excesses.extend(excess(*operation, *kind, before, cost));
        }
    }
    Ok(excesses)
}

fn excess(operation: Operation, kind: Kind, before: &Cost, now: &Cost) -> Option<Excess> {
    let (name, limit) = (operation.name(), kind.limit_percent());
    let instructions = percent(as_float(before.instructions), as_float(now.instructions));
    let allocations = percent(before.allocations, now.allocations);
    let mut parts = Vec::new();
    if instructions > limit {
        parts.push(format!("{instructions:.2} % more instructions"));
    }
    if allocations > limit {
        parts.push(format!("{allocations:.2} % more allocations"));
    }
    if parts.is_empty() {
        return None;
    }
    let sentence = format!(
        "{name} costs {} than {}, which is above the limit of {limit} %.",
        parts.join(" and "),
        kind.name()
    );
    Some(Excess { operation, sentence, functions: changed_functions(before, now) })
}

/// By how many percent a value grew.
pub(crate) fn percent(before: f64, now: f64) -> f64 {
    if before == 0.0 { 0.0 } else { (now - before) * 100.0 / before }
}

/// A number of instructions as a floating-point number.
#[expect(clippy::cast_precision_loss, reason = "counts per request are far below 2^52")]
pub(crate) fn as_float(instructions: u64) -> f64 {
    instructions as f64
}

/// The functions that changed most, the largest change first.
fn changed_functions(before: &Cost, now: &Cost) -> Vec<FunctionChange> {
    // A function that the baseline does not list costs at most as much as the cheapest one that it lists.
    let unlisted = before.functions.values().min().copied().unwrap_or(0);
    let (before, now) = (by_short_name(&before.functions), by_short_name(&now.functions));
    let names: BTreeSet<_> = before.keys().chain(now.keys()).cloned().collect();
    let mut changes: Vec<_> = names
        .into_iter()
        .map(|name| {
            let now = now.get(&name).copied().unwrap_or(0);
            let before = before.get(&name).copied().unwrap_or(unlisted.min(now));
            FunctionChange { name, before, now }
        })
        .filter(|change| change.size() > 0)
        .collect();
    changes.sort_by_key(|change| std::cmp::Reverse(change.size()));
    changes.truncate(FUNCTIONS_SHOWN);
    changes
}

fn by_short_name(functions: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let mut short = BTreeMap::new();
    for (name, instructions) in functions {
        *short.entry(short_name(name)).or_default() += instructions;
    }
    short
}

/// A function's name with at most two segments of each path, so that a function that moved to another crate or module
/// is recognized.
fn short_name(name: &str) -> String {
    let is_path = |character: char| character.is_alphanumeric() || "_:".contains(character);
    let mut short = String::new();
    for piece in name.split_inclusive(|character| !is_path(character)) {
        let mut separators = piece.rmatch_indices("::").map(|(at, _)| at);
        let start = separators.nth(1).map_or(0, |at| at + 2);
        short.push_str(piece.get(start..).unwrap_or(piece));
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cost(instructions: u64, allocations: f64, functions: &[(&str, u64)]) -> Cost {
        let functions = functions.iter().map(|(name, cost)| ((*name).to_owned(), *cost)).collect();
        Cost { instructions, allocations, functions, spread_percent: 0.0 }
    }

    fn judge(kind: Kind, before: &Cost, now: &Cost) -> Option<String> {
        excess(Operation::VerifyHot, kind, before, now).map(|excess| excess.sentence)
    }

    #[test]
    fn five_percent_more_instructions_fail_per_change() {
        let (before, now) = (cost(10_000, 20.0, &[]), cost(10_500, 20.0, &[]));

        let sentence = judge(Kind::PerChange, &before, &now);

        let expected =
            "verify-hot costs 5.00 % more instructions than the baseline, which is above the limit of 3 %.";
        assert_eq!(sentence.as_deref(), Some(expected));
    }

    #[test]
    fn each_baseline_has_its_own_limit() {
        let before = cost(10_000, 20.0, &[]);
        for (name, instructions, per_change, since_release) in [
            ("fewer instructions", 9_000, false, false),
            ("at the limit per change", 10_300, false, false),
            ("above the limit per change", 10_310, true, false),
            ("above both limits", 10_510, true, true),
        ] {
            let now = cost(instructions, 20.0, &[]);
            assert_eq!(judge(Kind::PerChange, &before, &now).is_some(), per_change, "{name}");
            assert_eq!(judge(Kind::SinceRelease, &before, &now).is_some(), since_release, "{name}");
        }
    }

    #[test]
    fn one_more_allocation_among_twenty_fails() {
        let (before, now) = (cost(10_000, 20.0, &[]), cost(10_000, 21.0, &[]));

        let sentence = judge(Kind::PerChange, &before, &now).unwrap();

        assert!(sentence.contains("5.00 % more allocations"), "{sentence}");
    }

    #[test]
    fn the_functions_that_changed_most_come_first() {
        let before = cost(0, 0.0, &[("a::b::f", 100), ("g", 50), ("h", 10)]);
        let now = cost(0, 0.0, &[("other::b::f", 100), ("g", 20), ("h", 11), ("new", 90)]);

        let changes = changed_functions(&before, &now);

        let names: Vec<_> =
            changes.iter().map(|change| (change.name.as_str(), change.before, change.now)).collect();
        assert_eq!(names, [("new", 10, 90), ("g", 50, 20), ("h", 10, 11)]);
    }

    #[test]
    fn short_names_keep_two_segments_of_each_path() {
        for (name, short) in [
            ("malloc", "malloc"),
            ("shared::verification::Verifier::verify_hot", "Verifier::verify_hot"),
            ("<a::b::Hot<S> as c::d::Service<R>>::call", "<b::Hot<S> as d::Service<R>>::call"),
        ] {
            assert_eq!(short_name(name), short);
        }
    }
}
