//! `drawbridge user export`

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use auth_service::storage::{self, ExportedAccount};
use chrono::SecondsFormat;
use clap::Args;
use drawbridge_database::Connection;
use serde_json::{Map, Value, json};

use super::format::{Format, is_standard};
use crate::{cli::DataArgs, once::draft, output};

/// How many accounts are read and written at a time.
const PAGE: i64 = 1000;

/// The columns, as `user import` reads them without being told.
const COLUMNS: [&str; 6] = ["id", "email", "email_verified", "disabled", "created_at", "roles"];
const HASH_COLUMN: &str = "password_hash";

#[derive(Args)]
pub(crate) struct ExportArgs {
    /// File to write, which must not be there yet; without it, or as -, standard output
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// CSV or JSON Lines [default: as the file's name ends, CSV on standard output]
    #[arg(long)]
    format: Option<Format>,
    /// Write the passwords' hashes, too: whoever has the file can guess at them
    #[arg(long)]
    with_hashes: bool,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn export(args: ExportArgs) -> anyhow::Result<()> {
    let with_hashes = args.with_hashes;
    let file = args.file.filter(|file| !is_standard(file));
    let format = match (&file, args.format) {
        (_, Some(format)) => format,
        (Some(file), None) => Format::of(file)?,
        (None, None) => Format::Csv,
    };
    let deployment = args.data.deployment()?;
    let Some(file) = file else {
        let work = move |c: &mut Connection| write_all(c, &mut io::stdout().lock(), format, with_hashes);
        deployment.query(work).await?;
        return Ok(());
    };
    let shown = file.display().to_string();
    if file.exists() {
        bail!("{shown} is there already; name another file");
    }
    let written = deployment.query(move |c| into_file(c, &file, format, with_hashes)).await;
    output::line(format_args!("exported {} accounts to {shown}", written?));
    Ok(())
}

/// Writes beside the file and then gives it its name, so that half an export is never taken for a whole one.
fn into_file(
    connection: &mut Connection,
    file: &Path,
    format: Format,
    with_hashes: bool,
) -> anyhow::Result<u64> {
    let shown = file.display();
    let draft = draft(file);
    let made = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&draft);
    let mut made = made.with_context(|| format!("cannot write {shown}"))?;
    let written = write_all(connection, &mut made, format, with_hashes).and_then(|count| {
        finish(&made, &draft, file).with_context(|| format!("cannot write {shown}"))?;
        Ok(count)
    });
    // Also after a failure: what was written so far is of no use.
    fs::remove_file(&draft).with_context(|| format!("cannot remove {}", draft.display()))?;
    written
}

fn finish(made: &File, draft: &Path, file: &Path) -> io::Result<()> {
    made.sync_all()?;
    fs::hard_link(draft, file)
}

/// Writes all accounts, page by page. How many there were.
fn write_all(
    connection: &mut Connection,
    to: &mut impl Write,
    format: Format,
    with_hashes: bool,
) -> anyhow::Result<u64> {
    let mut writer = Writer::new(BufWriter::new(to), format, with_hashes)?;
    let (mut count, mut after) = (0, None);
    loop {
        let page = storage::find_accounts_to_export(connection, after, PAGE, with_hashes)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for account in &page {
            match writer.write(account) {
                // A reader that has gone, such as `head`, has what it wants.
                Err(error) if error.kind() == ErrorKind::BrokenPipe => return Ok(count),
                written => written?,
            }
            count += 1;
        }
    }
    match writer.flush() {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(count),
    }
}

struct Writer<W: Write> {
    to: Shape<W>,
    with_hashes: bool,
}

enum Shape<W: Write> {
    Csv(Box<csv::Writer<W>>),
    JsonLines(W),
}

impl<W: Write> Writer<W> {
    fn new(to: W, format: Format, with_hashes: bool) -> anyhow::Result<Self> {
        let to = match format {
            Format::JsonLines => Shape::JsonLines(to),
            Format::Csv => {
                let mut to = csv::Writer::from_writer(to);
                to.write_record(COLUMNS.into_iter().chain(with_hashes.then_some(HASH_COLUMN)))?;
                Shape::Csv(Box::new(to))
            }
        };
        Ok(Self { to, with_hashes })
    }

    fn write(&mut self, account: &ExportedAccount) -> io::Result<()> {
        let id = account.id.to_string();
        let created_at = account.created_at.and_utc().to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let hash = self.with_hashes.then_some(account.hash.as_deref());
        match &mut self.to {
            Shape::Csv(to) => {
                let roles = account.roles.join(",");
                let (verified, disabled) = (account.email_verified, account.disabled);
                let (verified, disabled) = (verified.to_string(), disabled.to_string());
                let fields = [&id, account.email.as_str(), &verified, &disabled, &created_at, &roles];
                let hash = hash.map(Option::unwrap_or_default);
                to.write_record(fields.into_iter().chain(hash)).map_err(plain)
            }
            Shape::JsonLines(to) => {
                let values = [
                    json!(id),
                    json!(account.email),
                    json!(account.email_verified),
                    json!(account.disabled),
                    json!(created_at),
                    json!(account.roles),
                ];
                let fields = COLUMNS.into_iter().zip(values);
                let hash = hash.map(|hash| (HASH_COLUMN, json!(hash)));
                let object: Map<String, Value> =
                    fields.chain(hash).map(|(name, value)| (name.to_owned(), value)).collect();
                serde_json::to_writer(&mut *to, &object)?;
                to.write_all(b"\n")
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            Shape::Csv(to) => to.flush(),
            Shape::JsonLines(to) => to.flush(),
        }
    }
}

/// csv's own conversion would hide that a pipe is closed.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}
