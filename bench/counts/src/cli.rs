//! The command line.

use std::{io::Write, path::PathBuf};

use anyhow::{bail, ensure};
use clap::{Parser, ValueEnum};

use crate::{
    baseline::{Baselines, Kind},
    compare::compare,
    environment::Environment,
    measure::measure,
    operation::Operation,
    report,
};

/// Count the instructions and allocations of Drawbridge's hot operations and compare them with the baselines.
///
/// Exits with 1 if an operation costs too much more than its baseline, and with 2 if it could not be counted.
#[derive(Parser)]
struct Cli {
    /// Count this operation only; may be repeated
    #[arg(long = "operation", value_enum)]
    operations: Vec<Operation>,
    /// Write the counts to baselines.json
    #[arg(long)]
    accept: bool,
    /// Write the counts to baselines-release.json, when a version is released
    #[arg(long)]
    accept_release: bool,
    /// Make every request execute this many percent of its baseline in addition, to see the check fail
    #[arg(long, value_name = "PERCENT", conflicts_with_all = ["accept", "accept_release"])]
    slow_down: Option<u32>,
    /// What to do if the baselines were taken with another compiler, Valgrind, C library or CPU
    #[arg(long, value_enum, default_value_t = OtherEnvironment::Refuse)]
    other_environment: OtherEnvironment,
    /// The folder of the baselines
    #[arg(long, default_value = "bench/counts")]
    baselines: PathBuf,
}

/// What to do with baselines of another environment.
#[derive(Clone, Copy, ValueEnum)]
enum OtherEnvironment {
    /// Fail without counting.
    Refuse,
    /// Succeed without counting.
    Skip,
    /// Compare anyway.
    Compare,
}

/// Runs the command line. Returns false if an operation costs too much.
pub(crate) fn run() -> anyhow::Result<bool> {
    let args = Cli::parse();
    let operations = if args.operations.is_empty() { Operation::ALL.to_vec() } else { args.operations };
    let accepts = args.accept || args.accept_release;
    ensure!(
        !accepts || operations == Operation::ALL,
        "a baseline is accepted for all operations at once: leave out --operation"
    );
    let environment = Environment::detect()?;
    let mut baselines = Vec::new();
    if !accepts {
        for kind in Kind::ALL {
            let baseline = Baselines::load(&args.baselines, kind)?;
            if let Some(differences) = baseline.environment.differences(&environment) {
                let file = kind.file_name();
                match args.other_environment {
                    OtherEnvironment::Compare => report::line(format_args!("{file}: {differences}"))?,
                    OtherEnvironment::Skip => {
                        report::line(format_args!("not counted: {file}: {differences}"))?;
                        return Ok(true);
                    }
                    OtherEnvironment::Refuse => bail!(
                        "{file} cannot be compared with counts taken here: {differences}. Use the same versions, or \
                         pass --other-environment compare"
                    ),
                }
            }
            baselines.push((kind, baseline));
        }
    }

    let burn = |operation: Operation| -> u64 {
        let per_change = baselines.first().and_then(|(_, baseline)| baseline.operations.get(&operation));
        let percent = u64::from(args.slow_down.unwrap_or(0));
        per_change.map_or(0, |cost| cost.instructions * percent / 100)
    };
    let measured = measure(&operations, args.slow_down.map(|_| &burn as &dyn Fn(Operation) -> u64))?;
    report::costs(&measured, baselines.first().map(|(_, baseline)| baseline))?;
    for (kind, is_wanted) in [(Kind::PerChange, args.accept), (Kind::SinceRelease, args.accept_release)] {
        if is_wanted {
            Baselines::new(environment.clone(), &measured).store(&args.baselines, kind)?;
            report::line(format_args!("{} is written. Commit it on its own.", kind.file_name()))?;
        }
    }
    let excesses = compare(&measured, &baselines)?;
    report::excesses(&excesses)?;
    let failed = measured.iter().filter(|(name, _)| excesses.iter().any(|e| e.operation == **name)).count();
    report::line(format_args!("{} passed, {failed} failed", measured.len() - failed))?;
    std::io::stdout().flush()?;
    Ok(failed == 0)
}
