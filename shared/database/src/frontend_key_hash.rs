use chrono::{DateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl,
};
use drawbridge_core::frontend_key::KeyId;

use crate::{connection::Connection, on_backend, schema::frontend_keys};

/// Finds the SHA-256 digest of a frontend's key; `None` if there is no such key or it has expired.
pub fn find_frontend_key_hash(
    connection: &mut Connection,
    id: &KeyId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Vec<u8>>> {
    let is_current = frontend_keys::expires_at.is_null().or(frontend_keys::expires_at.gt(now.naive_utc()));
    let key = frontend_keys::table.filter(frontend_keys::id.eq(id.as_str())).filter(is_current);
    on_backend!(connection, |c| key.select(frontend_keys::hash).first(c).optional())
}

/// Finds which of these keys exist and have not expired.
pub fn find_current_frontend_keys(
    connection: &mut Connection,
    ids: &[String],
    now: DateTime<Utc>,
) -> QueryResult<Vec<String>> {
    let is_current = frontend_keys::expires_at.is_null().or(frontend_keys::expires_at.gt(now.naive_utc()));
    let keys = frontend_keys::table.filter(frontend_keys::id.eq_any(ids)).filter(is_current);
    on_backend!(connection, |c| keys.select(frontend_keys::id).load(c))
}
