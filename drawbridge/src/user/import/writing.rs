//! What becomes of the rows: accounts, or in a dry run a word about each that would not become one.

use std::{
    collections::{HashSet, hash_map::RandomState},
    hash::BuildHasher,
    sync::mpsc::Receiver,
};

use auth_service::storage;
use drawbridge_core::clock::{Clock, SystemClock};
use drawbridge_database::Connection;

use super::{Batch, progress::Progress};
use crate::output;

/// Makes the accounts, a transaction for each batch.
pub(super) fn write(
    connection: &mut Connection,
    batches: &Receiver<Batch>,
    progress: &Progress,
) -> anyhow::Result<()> {
    for batch in batches {
        let accounts: Vec<_> = batch?.into_iter().map(|(_, account)| account).collect();
        let made = storage::import_accounts(connection, &accounts, SystemClock.now())?;
        progress.count(|tally| {
            tally.imported += wide(made);
            tally.known += wide(accounts.len() - made);
        });
    }
    Ok(())
}

/// Says which addresses have an account, or stand in the file twice, and writes nothing.
pub(super) fn rehearse(
    connection: &mut Connection,
    batches: &Receiver<Batch>,
    progress: &Progress,
) -> anyhow::Result<()> {
    // Where nothing is written, the database cannot say what stood in the file before. 8 bytes for each
    // address: two of them are the same by chance once in ten million files of a million rows.
    let (mut seen, hasher) = (HashSet::new(), RandomState::new());
    for batch in batches {
        let batch: Vec<_> = batch?.into_iter().map(|(line, account)| (line, account.email)).collect();
        let keys: Vec<_> = batch.iter().map(|(_, email)| email.key()).collect();
        let known: HashSet<_> = storage::find_known_keys(connection, &keys)?.into_iter().collect();
        for ((line, email), key) in batch.iter().zip(&keys) {
            let has_account = known.contains(key);
            if has_account || !seen.insert(hasher.hash_one(key)) {
                let why = if has_account { "has an account" } else { "stands in the file before" };
                output::line(format_args!("line {line}: {email} {why}"));
                progress.count(|tally| tally.known += 1);
            } else {
                progress.count(|tally| tally.imported += 1);
            }
        }
    }
    Ok(())
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
