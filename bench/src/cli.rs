//! The command line.

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::{Args, Parser, Subcommand};
use drawbridge_core::clock::{Clock, SystemClock};

use crate::{
    compare,
    context::Context,
    error::{MeasurementError, Result},
    machine::Machine,
    output,
    plan::Plan,
    programs,
    report::{FailedRow, RunReport},
    rows::{ROWS, RowDefinition},
    table, tools,
};

/// Exit status if a row could not be measured, a target was missed with `--check`, or the run failed.
const EXIT_FAILED: u8 = 1;

/// Exit status if a program returned a wrong response.
const EXIT_WRONG_ANSWER: u8 = 2;

/// Drawbridge's benchmark: each figure is a ratio to a floor measured in the same run.
#[derive(Parser)]
#[command(name = "bench", args_conflicts_with_subcommands = true)]
pub struct BenchArgs {
    #[command(subcommand)]
    command: Option<BenchCommand>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Subcommand)]
enum BenchCommand {
    /// Compare two runs
    Compare {
        /// JSON file of the first run
        a: PathBuf,
        /// JSON file of the second run
        b: PathBuf,
    },
    /// List the rows
    Rows,
}

#[derive(Args)]
struct RunArgs {
    /// Measure in few, short rounds to check that everything works; the figures are rough
    #[arg(long)]
    quick: bool,
    /// Measure only rows whose names contain this text; repeat the option for several texts
    #[arg(long, value_name = "TEXT")]
    row: Vec<String>,
    /// Write the results to this file instead of target/bench/<time>.json and latest.json
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Exit with status 1 if a target is missed
    #[arg(long)]
    check: bool,
    /// Do not build the programs before measuring them
    #[arg(long)]
    no_build: bool,
}

/// Runs the command. An error is printed as one line on standard error.
pub fn main(args: &BenchArgs) -> ExitCode {
    run(args).unwrap_or_else(|error| {
        output::progress(format_args!("bench: {error}"));
        ExitCode::from(EXIT_FAILED)
    })
}

fn run(args: &BenchArgs) -> Result<ExitCode> {
    match &args.command {
        Some(BenchCommand::Compare { a, b }) => {
            let a = RunReport::read(a)?;
            let b = RunReport::read(b)?;
            compare::print(&a, &b);
            Ok(ExitCode::SUCCESS)
        }
        Some(BenchCommand::Rows) => {
            for row in &ROWS {
                output::line(format_args!("{}", row.name));
            }
            Ok(ExitCode::SUCCESS)
        }
        None => measure(&args.run),
    }
}

fn measure(args: &RunArgs) -> Result<ExitCode> {
    refuse_configured_servers()?;
    let rows = select_rows(&args.row)?;
    let machine = Machine::detect();
    tools::ensure_installed()?;
    if !args.no_build {
        programs::build()?;
    }
    let mut report = RunReport {
        started: SystemClock.now().timestamp(),
        quick: args.quick,
        optimised: programs::are_optimised()?,
        machine: machine.clone(),
        rows: Vec::new(),
        failed: Vec::new(),
    };
    let plan = if args.quick { Plan::QUICK } else { Plan::FULL };
    let mut context = Context::new(plan, machine)?;
    for row in rows {
        measure_row(&mut context, row, &mut report);
    }
    table::print(&report);
    let file = report.write(&programs::target_folder()?.join("bench"), args.json.as_deref())?;
    output::line(format_args!("\n{}", file.display()));
    Ok(exit_code(&report, args.check))
}

/// Refuses to run if servers are configured. The benchmark overwrites data, so it starts its own servers.
fn refuse_configured_servers() -> Result<()> {
    for name in ["DATABASE_URL", "REDIS_URL"] {
        if drawbridge_core::settings::environment(name).is_some() {
            return Err(MeasurementError::not_measured(format_args!(
                "unset {name}: the benchmark starts its own servers"
            )));
        }
    }
    Ok(())
}

fn select_rows(texts: &[String]) -> Result<Vec<&'static RowDefinition>> {
    let is_selected =
        |row: &&RowDefinition| texts.is_empty() || texts.iter().any(|text| row.name.contains(text.as_str()));
    let rows: Vec<_> = ROWS.iter().filter(is_selected).collect();
    if rows.is_empty() {
        return Err(MeasurementError::not_measured("no row matches; `bench rows` lists all rows"));
    }
    Ok(rows)
}

fn measure_row(context: &mut Context, row: &RowDefinition, report: &mut RunReport) {
    let started = Instant::now();
    match (row.measure)(context, row.name) {
        Ok(measured) => {
            output::progress(format_args!("{}: {:.0} s", row.name, started.elapsed().as_secs_f64()));
            report.rows.push(measured);
        }
        Err(error) => {
            output::progress(format_args!("{}: {error}", row.name));
            report.failed.push(FailedRow {
                row: row.name.to_owned(),
                why: error.reason().to_owned(),
                wrong_answer: matches!(error, MeasurementError::WrongAnswer(_)),
            });
        }
    }
}

fn exit_code(report: &RunReport, check_targets: bool) -> ExitCode {
    if report.has_wrong_answers() {
        ExitCode::from(EXIT_WRONG_ANSWER)
    } else if !report.failed.is_empty() || (check_targets && report.has_missed_targets()) {
        ExitCode::from(EXIT_FAILED)
    } else {
        ExitCode::SUCCESS
    }
}
