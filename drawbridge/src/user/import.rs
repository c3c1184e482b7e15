//! `drawbridge user import`

mod fields;
mod progress;
mod row;
mod source;
mod value;
mod writing;

use std::{
    fs::File,
    io::{Read, stdin},
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    thread,
};

use anyhow::{Context, bail};
use auth_service::{
    caller::Caller,
    config::PasswordConfig,
    domain::EventKind,
    storage::{self, ImportedAccount, NewEvent},
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
    fields::NameArgs,
    progress::{Progress, Tally, grouped},
    row::Rules,
    source::Source,
};
use super::format::{Format, is_standard};
use crate::{cli::DataArgs, deployment::Deployment, output};

/// How many accounts are made in one transaction.
const BATCH: usize = 2000;

/// How many batches wait for the database at most: enough that reading and writing go on at once.
const WAITING: usize = 2;

#[derive(Args)]
pub(crate) struct ImportArgs {
    /// File to read; - is standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// CSV or JSON Lines [default: as the file's name ends]
    #[arg(long)]
    format: Option<Format>,
    /// Read and check everything and say what would happen, but write nothing
    #[arg(long)]
    dry_run: bool,
    /// End with status 0 also if rows were refused
    #[arg(long)]
    skip_invalid: bool,
    #[command(flatten)]
    names: NameArgs,
    #[command(flatten)]
    data: DataArgs,
}

/// An account, and the line where it stands.
type Numbered = (u64, ImportedAccount);

/// What the reader hands on: rows, or why there are no more.
type Batch = anyhow::Result<Vec<Numbered>>;

pub(super) async fn import(args: ImportArgs) -> anyhow::Result<()> {
    let ImportArgs { file, format, dry_run, skip_invalid, names, data } = args;
    let mut reader = Reader::new(&environment);
    let passwords = PasswordConfig::read(&mut reader);
    reader.finish(Some(()))?;
    let deployment = data.deployment()?;
    let rules = Rules { max_cost: passwords.max_cost, now: SystemClock.now() };
    let format = match format {
        Some(format) => format,
        None if is_standard(&file) => bail!("say --format csv or --format jsonl for standard input"),
        None => Format::of(&file)?,
    };
    let (bytes, size) = open(&file)?;
    let progress = Arc::new(Progress::new(size));
    let source = Source::open(bytes, format, names.names(), &progress)?;

    let (sender, batches) = mpsc::sync_channel(WAITING);
    let reading = progress.clone();
    // It is not waited for: where the database fails, it may still wait for standard input.
    thread::Builder::new()
        .name("import-reader".into())
        .spawn(move || read(source, rules, &reading, &sender))
        .context("cannot start a thread")?;
    let writing = progress.clone();
    let work = deployment.query(move |connection| {
        let become_accounts = if dry_run { writing::rehearse } else { writing::write };
        become_accounts(connection, &batches, &writing)
    });
    let done = watch(work, &progress).await;
    let tally = progress.tally();
    let noted = if dry_run { Ok(()) } else { note(&deployment, tally.imported).await };
    report(&tally, dry_run);
    done.context("not all of it was imported; the same command again goes on where it ended")?;
    noted.context("the audit log does not say that it was imported")?;
    if progress.is_stopped() {
        bail!("interrupted; the same command again goes on where it ended");
    }
    match tally.refused {
        0 => Ok(()),
        _ if skip_invalid => Ok(()),
        1 => bail!("1 row was refused"),
        refused => bail!("{} rows were refused", grouped(refused)),
    }
}

/// One event for all: each account would say no more.
async fn note(deployment: &Deployment, imported: u64) -> anyhow::Result<()> {
    if imported == 0 {
        return Ok(());
    }
    let event = NewEvent::new(EventKind::Imported, &Caller::operator(), SystemClock.now());
    let event = event.saying(format!("{imported} accounts"));
    deployment.query(move |c| Ok(storage::insert_event(c, &event)?)).await
}

/// The file's bytes, and how many there are, if that is known.
fn open(file: &Path) -> anyhow::Result<(Box<dyn Read + Send>, Option<u64>)> {
    if is_standard(file) {
        return Ok((Box::new(stdin()), None));
    }
    let shown = file.display();
    let opened = File::open(file).with_context(|| format!("cannot read {shown}"))?;
    let metadata = opened.metadata().with_context(|| format!("cannot read {shown}"))?;
    Ok((Box::new(opened), metadata.is_file().then_some(metadata.len())))
}

/// Reads and checks rows, and hands them on by batches, until the file ends or nobody takes them any more.
fn read(mut source: Source, rules: Rules, progress: &Progress, batches: &mpsc::SyncSender<Batch>) {
    let mut batch = Vec::with_capacity(BATCH);
    while !progress.is_stopped() {
        let (line, row) = match source.next() {
            Ok(Some(row)) => row,
            Ok(None) => break,
            Err(error) => {
                let _ = batches.send(Ok(batch)).and_then(|()| batches.send(Err(error)));
                return;
            }
        };
        match row.and_then(|row| rules.account(&row)) {
            Ok(account) => {
                progress.count(|tally| {
                    tally.read += 1;
                    tally.without_password += u64::from(account.hash.is_none());
                });
                batch.push((line, account));
            }
            Err(fault) => {
                progress.count(|tally| {
                    tally.read += 1;
                    tally.refused += 1;
                });
                progress.note(format_args!("line {line}: {fault}"));
            }
        }
        if batch.len() == BATCH {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            if batches.send(Ok(full)).is_err() {
                return;
            }
        }
    }
    let _ = batches.send(Ok(batch));
}

/// Shows how far it is until it is done. Ctrl-C ends it after the rows at hand, a second one at once.
async fn watch<T>(work: impl Future<Output = T>, progress: &Progress) -> T {
    let mut work = std::pin::pin!(work);
    let period = progress.interval();
    let mut ticks = interval_at(Instant::now() + period, period);
    loop {
        tokio::select! {
            done = &mut work => {
                progress.finish();
                return done;
            }
            _ = ticks.tick() => progress.draw(),
            Ok(()) = ctrl_c() => {
                if progress.is_stopped() {
                    std::process::exit(130);
                }
                progress.stop();
                progress.note(format_args!("ends after the rows at hand; Ctrl-C again ends it at once"));
            }
        }
    }
}

fn report(tally: &Tally, dry_run: bool) {
    let imported = if dry_run { "would be imported" } else { "imported" };
    output::line(format_args!(
        "read {}, {imported} {}, known already {}, refused {}",
        grouped(tally.read),
        grouped(tally.imported),
        grouped(tally.known),
        grouped(tally.refused)
    ));
    if tally.without_password > 0 {
        output::line(format_args!(
            "{} of them without a password, to be chosen by \"forgotten password\"",
            grouped(tally.without_password)
        ));
    }
}
