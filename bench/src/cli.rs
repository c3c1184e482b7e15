//! The command line.

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::{Args, Parser, Subcommand};
use drawbridge_core::clock::{Clock, SystemClock};

use crate::{
    compare,
    context::{Context, Plan},
    failure::{Failure, Result},
    machine::Machine,
    output, programs,
    report::{Failed, Report},
    rows::{ROWS, Row},
    table, tools,
};

/// Drawbridge's benchmark: each figure as a ratio to a floor that is measured in the same run.
#[derive(Parser)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Subcommand)]
enum Command {
    /// Print two runs beside each other
    Compare {
        /// The file of one run
        a: PathBuf,
        /// The file of another
        b: PathBuf,
    },
    /// List the rows
    Rows,
}

#[derive(Args)]
struct RunArgs {
    /// Few and short rounds: shows that everything works; the figures are rough
    #[arg(long)]
    quick: bool,
    /// Measure only the rows whose names contain this; may be given more than once
    #[arg(long)]
    row: Vec<String>,
    /// Where to write what was found, instead of target/bench/<time>.json and latest.json
    #[arg(long)]
    json: Option<PathBuf>,
    /// Fail if a target is missed
    #[arg(long)]
    check: bool,
    /// Measure the programs that are there, without building them first
    #[arg(long)]
    no_build: bool,
}

/// A target was missed, a row could not be measured, or nothing at all.
const MISSED: u8 = 1;
/// A program answered something wrong.
const WRONG: u8 = 2;

/// Does what the command line says; on failure with one plain line on standard error.
pub fn main(cli: &Cli) -> ExitCode {
    run(cli).unwrap_or_else(|failure| {
        output::progress(format_args!("bench: {failure}"));
        ExitCode::from(MISSED)
    })
}

fn run(cli: &Cli) -> Result<ExitCode> {
    match &cli.command {
        Some(Command::Compare { a, b }) => compare::print(&Report::read(a)?, &Report::read(b)?),
        Some(Command::Rows) => {
            for row in &ROWS {
                output::line(format_args!("{}", row.name));
            }
        }
        None => return measure(&cli.run),
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(args: &RunArgs) -> Result<ExitCode> {
    refuse_other_servers()?;
    let rows = wanted_rows(&args.row)?;
    let machine = Machine::here();
    tools::ensure()?;
    if !args.no_build {
        programs::build()?;
    }
    let plan = if args.quick { Plan::QUICK } else { Plan::FULL };
    let mut report = Report {
        started: SystemClock.now().timestamp(),
        quick: args.quick,
        optimised: programs::are_optimised()?,
        machine: machine.clone(),
        rows: Vec::new(),
        failed: Vec::new(),
    };
    let mut context = Context::new(plan, machine)?;
    for row in rows {
        measure_row(&mut context, row, &mut report);
    }
    table::print(&report);
    let written = report.write(&programs::target()?.join("bench"), args.json.as_deref())?;
    output::line(format_args!("\n{}", written.display()));
    Ok(verdict(&report, args.check))
}

/// The benchmark fills and empties servers, which must be its own.
fn refuse_other_servers() -> Result<()> {
    for name in ["DATABASE_URL", "REDIS_URL"] {
        if drawbridge_core::settings::environment(name).is_some() {
            return Err(Failure::NotMeasured(format!(
                "unset {name}: the benchmark starts servers of its own"
            )));
        }
    }
    Ok(())
}

fn wanted_rows(names: &[String]) -> Result<Vec<&'static Row>> {
    let wanted = |row: &&Row| names.is_empty() || names.iter().any(|part| row.name.contains(part.as_str()));
    let rows: Vec<_> = ROWS.iter().filter(wanted).collect();
    if rows.is_empty() {
        return Err(Failure::not_measured("no row is called that; `bench rows` lists them"));
    }
    Ok(rows)
}

fn measure_row(context: &mut Context, row: &Row, report: &mut Report) {
    let began = Instant::now();
    match (row.run)(context, row.name) {
        Ok(measured) => {
            output::progress(format_args!("{}: {:.0} s", row.name, began.elapsed().as_secs_f64()));
            report.rows.push(measured);
        }
        Err(failure) => {
            output::progress(format_args!("{}: {failure}", row.name));
            let wrong_answer = matches!(failure, Failure::WrongAnswer(_));
            report.failed.push(Failed { row: row.name.to_owned(), why: failure.to_string(), wrong_answer });
        }
    }
}

fn verdict(report: &Report, check: bool) -> ExitCode {
    if report.has_wrong_answers() {
        ExitCode::from(WRONG)
    } else if !report.failed.is_empty() || (check && report.has_missed()) {
        ExitCode::from(MISSED)
    } else {
        ExitCode::SUCCESS
    }
}
