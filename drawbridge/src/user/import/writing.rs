use std::{
    collections::{HashSet, hash_map::RandomState},
    hash::BuildHasher,
    sync::mpsc::Receiver,
};

use auth_service::storage;
use drawbridge_core::clock::{Clock, SystemClock};
use drawbridge_database::Connection;

use super::{progress::ImportProgress, reading::AccountBatch};
use crate::output::print_line;

/// Creates the accounts of each batch in one transaction.
pub(super) fn write(
    connection: &mut Connection,
    batches: &Receiver<AccountBatch>,
    progress: &ImportProgress,
) -> anyhow::Result<()> {
    for batch in batches {
        let accounts: Vec<_> = batch?.into_iter().map(|numbered| numbered.account).collect();
        let imported = storage::import_accounts(connection, &accounts, SystemClock.now())?;
        progress.count_imported(imported);
        progress.count_existing(accounts.len() - imported);
    }
    Ok(())
}

/// Reports addresses that already have an account or appear more than once in the file, without writing anything.
pub(super) fn check(
    connection: &mut Connection,
    batches: &Receiver<AccountBatch>,
    progress: &ImportProgress,
) -> anyhow::Result<()> {
    // Nothing is written, so the database cannot find duplicates within the file. A hash of 8 bytes is kept for each
    // address. In a file of a million rows, two hashes collide with a probability of less than one in ten million.
    let mut seen = HashSet::new();
    let hasher = RandomState::new();
    for batch in batches {
        let batch = batch?;
        let keys: Vec<_> = batch.iter().map(|numbered| numbered.account.email.key()).collect();
        let existing: HashSet<_> = storage::find_known_email_keys(connection, &keys)?.into_iter().collect();
        for (numbered, key) in batch.iter().zip(&keys) {
            let problem = if existing.contains(key) {
                "already has an account"
            } else if seen.insert(hasher.hash_one(key)) {
                progress.count_imported(1);
                continue;
            } else {
                "appears earlier in the file"
            };
            print_line(format_args!("line {}: {} {problem}", numbered.line, numbered.account.email));
            progress.count_existing(1);
        }
    }
    Ok(())
}
