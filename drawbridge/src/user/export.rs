//! `drawbridge user export`

mod writer;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, ErrorKind, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use auth_service::storage;
use clap::Args;
use drawbridge_database::Connection;

use self::writer::AccountWriter;
use super::format::{FileFormat, is_standard_stream};
use crate::{deployment::DataArgs, output::print_line, write_once::temporary_path};

/// How many accounts are read and written at a time.
const ACCOUNTS_PER_PAGE: i64 = 1000;

#[derive(Args)]
pub(crate) struct ExportArgs {
    /// File to create; standard output if omitted or -
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Output format [default: from the file's extension; csv for standard output]
    #[arg(long)]
    format: Option<FileFormat>,
    /// Include password hashes; anyone with the file can try to guess the passwords
    #[arg(long)]
    with_hashes: bool,
    #[command(flatten)]
    data: DataArgs,
}

pub(super) async fn export(args: ExportArgs) -> anyhow::Result<()> {
    let with_hashes = args.with_hashes;
    let file = args.file.filter(|file| !is_standard_stream(file));
    let format = match (&file, args.format) {
        (_, Some(format)) => format,
        (Some(file), None) => FileFormat::from_extension(file)?,
        (None, None) => FileFormat::Csv,
    };
    let deployment = args.data.deployment()?;
    let Some(file) = file else {
        let write = move |c: &mut Connection| write_all(c, &mut io::stdout().lock(), format, with_hashes);
        deployment.query(write).await?;
        return Ok(());
    };
    let shown = file.display().to_string();
    if file.exists() {
        bail!("{shown} already exists; choose another file");
    }
    let count = deployment.query(move |c| write_file(c, &file, format, with_hashes)).await?;
    print_line(format_args!("exported {count} accounts to {shown}"));
    Ok(())
}

/// Writes to a temporary file and renames it when it is complete, so that `file` never contains a partial export.
/// Returns the number of accounts.
fn write_file(
    connection: &mut Connection,
    file: &Path,
    format: FileFormat,
    with_hashes: bool,
) -> anyhow::Result<u64> {
    let shown = file.display();
    let temporary = temporary_path(file);
    let output = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&temporary);
    let mut output = output.with_context(|| format!("cannot write {shown}"))?;
    let written = write_all(connection, &mut output, format, with_hashes).and_then(|count| {
        publish(&output, &temporary, file).with_context(|| format!("cannot write {shown}"))?;
        Ok(count)
    });
    // Remove the temporary file in any case: after an error, a partial export is of no use.
    fs::remove_file(&temporary).with_context(|| format!("cannot remove {}", temporary.display()))?;
    written
}

fn publish(output: &File, temporary: &Path, file: &Path) -> io::Result<()> {
    output.sync_all()?;
    fs::hard_link(temporary, file)
}

/// Writes all accounts, page by page. Returns their number.
fn write_all(
    connection: &mut Connection,
    output: &mut impl Write,
    format: FileFormat,
    with_hashes: bool,
) -> anyhow::Result<u64> {
    let mut writer = AccountWriter::new(BufWriter::new(output), format, with_hashes)?;
    let mut count = 0;
    let mut after = None;
    loop {
        let page = storage::find_accounts_to_export(connection, after, ACCOUNTS_PER_PAGE, with_hashes)?;
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        for account in &page {
            match writer.write(account) {
                // A reader such as `head` closes the pipe when it has enough.
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
