use std::{
    fs::File,
    io::{Read, stdin},
    path::Path,
    sync::mpsc::SyncSender,
};

use anyhow::Context;
use auth_service::storage::ImportedAccount;

use super::{progress::ImportProgress, row::RowRules, source::RowSource};
use crate::user::format::is_standard_stream;

/// How many accounts are created in one transaction.
const ACCOUNTS_PER_BATCH: usize = 2000;

/// An account and the line that its row starts on.
pub(super) struct NumberedAccount {
    pub(super) line: u64,
    pub(super) account: ImportedAccount,
}

/// Accounts to write together, or the error that ended the reading.
pub(super) type AccountBatch = anyhow::Result<Vec<NumberedAccount>>;

/// The input and its size, if it is a regular file.
pub(super) struct ImportInput {
    pub(super) content: Box<dyn Read + Send>,
    pub(super) bytes: Option<u64>,
}

/// Opens a file or standard input.
pub(super) fn open(file: &Path) -> anyhow::Result<ImportInput> {
    if is_standard_stream(file) {
        return Ok(ImportInput { content: Box::new(stdin()), bytes: None });
    }
    let cannot_read = || format!("cannot read {}", file.display());
    let opened = File::open(file).with_context(cannot_read)?;
    let metadata = opened.metadata().with_context(cannot_read)?;
    let bytes = metadata.is_file().then_some(metadata.len());
    Ok(ImportInput { content: Box::new(opened), bytes })
}

/// Reads and checks rows and sends them in batches, until the input ends, the user stops the import or the receiver is
/// gone.
pub(super) fn read_batches(
    mut source: RowSource,
    rules: RowRules,
    progress: &ImportProgress,
    batches: &SyncSender<AccountBatch>,
) {
    let mut batch = Vec::with_capacity(ACCOUNTS_PER_BATCH);
    while !progress.is_stopped() {
        match source.next() {
            Ok(Some(row)) => {
                let account = row.fields.and_then(|fields| rules.parse_account(&fields));
                match account {
                    Ok(account) => {
                        progress.count_valid(account.hash.is_some());
                        batch.push(NumberedAccount { line: row.line, account });
                    }
                    Err(error) => {
                        progress.count_invalid();
                        progress.print_note(format_args!("line {}: {error}", row.line));
                    }
                }
            }
            Ok(None) => break,
            Err(error) => {
                let _ = batches.send(Ok(batch)).and_then(|()| batches.send(Err(error)));
                return;
            }
        }
        if batch.len() == ACCOUNTS_PER_BATCH {
            let full = std::mem::replace(&mut batch, Vec::with_capacity(ACCOUNTS_PER_BATCH));
            if batches.send(Ok(full)).is_err() {
                return;
            }
        }
    }
    let _ = batches.send(Ok(batch));
}
