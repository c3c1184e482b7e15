use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, delete, insert_into};
use drawbridge_core::id::UserId;
use drawbridge_database::{Connection, on_backend, schema::recovery_codes};

use super::{
    accounts::lock_user,
    audit::{NewEvent, insert_event},
};

/// The hashes of a set of recovery codes, to be stored.
#[derive(Clone)]
pub struct RecoveryCodeHashes {
    /// The hashes of the codes.
    pub hashes: Vec<Vec<u8>>,
    /// The audit event about them.
    pub event: NewEvent,
}

/// Replaces the recovery codes of an account.
pub fn replace_recovery_codes(
    connection: &mut Connection,
    user: UserId,
    hashes: &[Vec<u8>],
    event: &NewEvent,
) -> QueryResult<()> {
    connection.transaction(|connection| {
        lock_user(connection, user)?;
        delete_recovery_codes(connection, user)?;
        insert_recovery_codes(connection, user, hashes)?;
        insert_event(connection, event)
    })
}

/// Uses up a recovery code. Returns false if there is no such code.
pub fn use_recovery_code(
    connection: &mut Connection,
    user: UserId,
    hash: &[u8],
    event: &NewEvent,
) -> QueryResult<bool> {
    let this = recovery_codes::table.find((user, hash));
    connection.transaction(|connection| {
        let used = on_backend!(&mut *connection, |c| delete(this).execute(c))?;
        if used == 1 {
            insert_event(connection, event)?;
        }
        Ok(used == 1)
    })
}

pub(super) fn insert_recovery_codes(
    connection: &mut Connection,
    user: UserId,
    hashes: &[Vec<u8>],
) -> QueryResult<()> {
    for hash in hashes {
        let row = (recovery_codes::user_id.eq(user), recovery_codes::hash.eq(hash));
        on_backend!(&mut *connection, |c| insert_into(recovery_codes::table).values(row).execute(c))?;
    }
    Ok(())
}

pub(super) fn delete_recovery_codes(connection: &mut Connection, user: UserId) -> QueryResult<()> {
    let theirs = recovery_codes::table.filter(recovery_codes::user_id.eq(user));
    on_backend!(connection, |c| delete(theirs).execute(c)).map(drop)
}
