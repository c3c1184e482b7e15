//! The command line.

use std::{collections::BTreeMap, io::Write, path::PathBuf};

use anyhow::{bail, ensure};
use clap::{Parser, ValueEnum};

use crate::{
    baseline::{Baselines, Cost, Kind},
    compare::compare,
    environment::Environment,
    measure::measure,
    operation::Operation,
    report,
};

/// Count the instructions and allocations of Drawbridge's hot operations and compare them with the baselines.
///
/// Exits with 1 if an operation exceeds its baseline by too much, and with 2 if it could not be counted.
#[derive(Parser)]
struct Cli {
    /// Count this operation only; may be repeated
    #[arg(long = "operation", value_enum)]
    operations: Vec<Operation>,
    /// Write the counts to baselines.json
    #[arg(long)]
    accept: bool,
    /// Write the counts to baselines-release.json; use this when releasing a version
    #[arg(long)]
    accept_release: bool,
    /// Make every request execute this percentage of its baseline as additional instructions, to show that the check
    /// fails
    #[arg(long, value_name = "PERCENT", conflicts_with_all = ["accept", "accept_release"])]
    slow_down: Option<u32>,
    /// What to do if the baselines were taken with another compiler, Valgrind, C library or CPU
    #[arg(long, value_enum, default_value_t = OtherEnvironment::Refuse)]
    other_environment: OtherEnvironment,
    /// The folder of the baselines
    #[arg(long, default_value = "bench/counts")]
    baselines: PathBuf,
}

/// What to do with baselines from another environment.
#[derive(Clone, Copy, ValueEnum)]
enum OtherEnvironment {
    /// Fail without counting.
    Refuse,
    /// Succeed without counting.
    Skip,
    /// Compare anyway.
    Compare,
}

impl Cli {
    /// Returns true if the counts become baselines instead of being compared with them.
    fn accepts(&self) -> bool {
        self.accept || self.accept_release
    }
}

/// Runs the command line. Returns false if an operation costs too much.
pub(crate) fn run() -> anyhow::Result<bool> {
    let args = Cli::parse();
    let operations =
        if args.operations.is_empty() { Operation::ALL.to_vec() } else { args.operations.clone() };
    ensure!(
        !args.accepts() || operations == Operation::ALL,
        "a baseline is accepted for all operations at once: leave out --operation"
    );
    let environment = Environment::detect()?;
    let Some(baselines) = load_baselines(&args, &environment)? else { return Ok(true) };
    let burn = |operation: Operation| -> u64 {
        let per_change = baselines.first().and_then(|(_, baseline)| baseline.operations.get(&operation));
        let percent = u64::from(args.slow_down.unwrap_or(0));
        per_change.map_or(0, |cost| cost.instructions * percent / 100)
    };
    let measured = measure(&operations, args.slow_down.map(|_| &burn as &dyn Fn(Operation) -> u64))?;
    report::costs(&measured, baselines.first().map(|(_, baseline)| baseline))?;
    store_accepted(&args, &environment, &measured)?;
    report_excesses(&measured, &baselines)
}

/// Loads the baselines to compare with. Returns `None` if nothing is to be counted, because they were taken in another
/// environment.
fn load_baselines(args: &Cli, environment: &Environment) -> anyhow::Result<Option<Vec<(Kind, Baselines)>>> {
    let mut baselines = Vec::new();
    if args.accepts() {
        return Ok(Some(baselines));
    }
    for kind in Kind::ALL {
        let baseline = Baselines::load(&args.baselines, kind)?;
        if let Some(differences) = baseline.environment.differences(environment) {
            let file = kind.file_name();
            match args.other_environment {
                OtherEnvironment::Compare => report::line(format_args!("{file}: {differences}"))?,
                OtherEnvironment::Skip => {
                    report::line(format_args!("not counted: {file}: {differences}"))?;
                    return Ok(None);
                }
                OtherEnvironment::Refuse => bail!(
                    "{file} cannot be compared with counts taken here: {differences}. Use the same versions, or \
                     pass --other-environment compare"
                ),
            }
        }
        baselines.push((kind, baseline));
    }
    Ok(Some(baselines))
}

/// Stores the counts as the baselines that are to be replaced.
fn store_accepted(
    args: &Cli,
    environment: &Environment,
    measured: &BTreeMap<Operation, Cost>,
) -> anyhow::Result<()> {
    for (kind, is_wanted) in [(Kind::PerChange, args.accept), (Kind::SinceRelease, args.accept_release)] {
        if is_wanted {
            Baselines::new(environment.clone(), measured).store(&args.baselines, kind)?;
            report::line(format_args!("{} was written. Commit it on its own.", kind.file_name()))?;
        }
    }
    Ok(())
}

/// Reports the operations that cost too much. Returns false if there are any.
fn report_excesses(
    measured: &BTreeMap<Operation, Cost>,
    baselines: &[(Kind, Baselines)],
) -> anyhow::Result<bool> {
    let excesses = compare(measured, baselines)?;
    report::excesses(&excesses)?;
    let failed = measured.iter().filter(|(name, _)| excesses.iter().any(|e| e.operation == **name)).count();
    report::line(format_args!("{} passed, {failed} failed", measured.len() - failed))?;
    std::io::stdout().flush()?;
    Ok(failed == 0)
}
