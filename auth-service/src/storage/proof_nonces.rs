use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, delete, insert_into};
use drawbridge_database::{Connection, on_backend, schema::proof_nonces};

/// Stores the nonce of a proof until `expires_at`. Returns false if it is stored already; of two concurrent calls, one
/// gets true.
pub fn insert_nonce(
    connection: &mut Connection,
    nonce: &[u8],
    expires_at: DateTime<Utc>,
) -> QueryResult<bool> {
    let row = (proof_nonces::nonce.eq(nonce), proof_nonces::expires_at.eq(expires_at.naive_utc()));
    let inserted = on_backend!(connection, |c| {
        insert_into(proof_nonces::table).values(row).on_conflict(proof_nonces::nonce).do_nothing().execute(c)
    })?;
    Ok(inserted == 1)
}

/// Deletes expired nonces. Returns how many there were.
pub fn delete_expired_nonces(connection: &mut Connection, now: DateTime<Utc>) -> QueryResult<usize> {
    let expired = proof_nonces::table.filter(proof_nonces::expires_at.le(now.naive_utc()));
    on_backend!(connection, |c| delete(expired).execute(c))
}
