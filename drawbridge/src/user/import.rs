//! `drawbridge user import`
//!
//! One thread reads and parses rows while another writes batches of accounts to the database.

mod columns;
mod fields;
mod progress;
mod reading;
mod row;
mod source;
mod value;
mod writing;

use std::{
    path::PathBuf,
    pin::pin,
    process::exit,
    sync::{Arc, mpsc},
    thread,
};

use anyhow::{Context, bail};
use auth_service::{
    domain::{Actor, EventKind},
    password_hasher::PasswordConfig,
    storage::{self, NewEvent},
};
use clap::Args;
use drawbridge_core::{
    clock::{Clock, SystemClock},
    settings::{Reader, environment},
};
use tokio::{
    signal::ctrl_c,
    time::{Instant, interval_at},
};

use self::{
    columns::ColumnArgs,
    progress::{ImportProgress, ImportTally, with_thousands_separators},
    reading::{open, read_batches},
    row::RowRules,
    source::RowSource,
};
use super::format::{FileFormat, is_standard_stream};
use crate::{
    deployment::{DataArgs, TargetDeployment},
    output::print_line,
};

/// How many batches may wait for the database. With two, reading and writing overlap.
const WAITING_BATCHES_MAX: usize = 2;

/// The exit status of a program that was interrupted.
const INTERRUPTED_STATUS: i32 = 130;

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// File to read; - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Input format [default: from the file's extension]
    #[arg(long)]
    format: Option<FileFormat>,
    /// Check every row and report what would happen, without writing anything
    #[arg(long)]
    dry_run: bool,
    /// Exit with status 0 even if rows are invalid
    #[arg(long)]
    skip_invalid: bool,
    #[command(flatten)]
    columns: ColumnArgs,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn import(args: ImportArgs) -> anyhow::Result<()> {
    let ImportArgs { file, format, dry_run, skip_invalid, columns, data } = args;
    let mut reader = Reader::new(&environment);
    let passwords = PasswordConfig::read(&mut reader);
    let passwords = reader.finish(Some(passwords))?;
    let deployment = data.deployment()?;
    let rules = RowRules { max_cost: passwords.max_cost, now: SystemClock.now() };
    let format = match format {
        Some(format) => format,
        None if is_standard_stream(&file) => bail!("pass --format csv or --format jsonl for standard input"),
        None => FileFormat::from_extension(&file)?,
    };
    let input = open(&file)?;
    let progress = Arc::new(ImportProgress::new(input.bytes));
    let source = RowSource::open(input.content, format, columns.names(), &progress)?;

    let imported = run(&deployment, source, rules, dry_run, &progress).await;
    let tally = progress.tally();
    let recorded = if dry_run { Ok(()) } else { record_event(&deployment, tally.imported).await };
    print_tally(&tally, dry_run);
    imported.context("the import is incomplete; run the same command again to continue")?;
    recorded.context("cannot record the import in the audit log")?;
    if progress.is_stopped() {
        bail!("interrupted; run the same command again to continue");
    }
    match tally.invalid {
        0 => Ok(()),
        _ if skip_invalid => Ok(()),
        1 => bail!("1 row is invalid"),
        invalid => bail!("{} rows are invalid", with_thousands_separators(invalid)),
    }
}

/// Reads the rows on a separate thread, and writes them to the database.
async fn run(
    deployment: &TargetDeployment,
    source: RowSource,
    rules: RowRules,
    dry_run: bool,
    progress: &Arc<ImportProgress>,
) -> anyhow::Result<()> {
    let (sender, batches) = mpsc::sync_channel(WAITING_BATCHES_MAX);
    let reader_progress = progress.clone();
    // The thread is never joined: when the database fails, it may still be waiting for standard input.
    thread::Builder::new()
        .name("import-reader".into())
        .spawn(move || read_batches(source, rules, &reader_progress, &sender))
        .context("cannot start a thread")?;
    let writer_progress = progress.clone();
    let work = deployment.query(move |connection| {
        let process = if dry_run { writing::check } else { writing::write };
        process(connection, &batches, &writer_progress)
    });
    show_progress_until(work, progress).await
}

/// Records one audit event for the whole import.
async fn record_event(deployment: &TargetDeployment, imported: u64) -> anyhow::Result<()> {
    if imported == 0 {
        return Ok(());
    }
    let event = NewEvent::new(EventKind::Imported, &Actor::operator(), SystemClock.now());
    let event = event.with_detail(format!("{imported} accounts"));
    deployment.query(move |c| Ok(storage::insert_event(c, &event)?)).await
}

/// Shows the progress until `work` is done. The first Ctrl-C stops after the current rows, the second one immediately.
async fn show_progress_until<T>(work: impl Future<Output = T>, progress: &ImportProgress) -> T {
    let mut work = pin!(work);
    let period = progress.interval();
    let mut ticks = interval_at(Instant::now() + period, period);
    loop {
        tokio::select! {
            done = &mut work => {
                progress.clear();
                return done;
            }
            _ = ticks.tick() => progress.draw(),
            Ok(()) = ctrl_c() => {
                if progress.is_stopped() {
                    exit(INTERRUPTED_STATUS);
                }
                progress.stop();
                progress.print_note(format_args!(
                    "stopping after the current rows; press Ctrl-C again to stop immediately"
                ));
            }
        }
    }
}

fn print_tally(tally: &ImportTally, dry_run: bool) {
    let imported = if dry_run { "would import" } else { "imported" };
    print_line(format_args!(
        "read {}, {imported} {}, existing {}, invalid {}",
        with_thousands_separators(tally.read),
        with_thousands_separators(tally.imported),
        with_thousands_separators(tally.existing),
        with_thousands_separators(tally.invalid)
    ));
    if tally.without_password > 0 {
        print_line(format_args!(
            "{} without a password; these users choose one with \"Forgot your password?\"",
            with_thousands_separators(tally.without_password)
        ));
    }
}
