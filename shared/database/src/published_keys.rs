use chrono::{DateTime, Utc};
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, RunQueryDsl};
use jsonwebtoken::jwk::{Jwk, JwkSet};

use crate::{connection::Connection, error::DatabaseUnavailable, on_backend, schema::signing_keys};

/// Finds the public keys of tokens that may still be valid at `now`, oldest first.
pub(super) fn find_published_keys(
    connection: &mut Connection,
    now: DateTime<Utc>,
) -> Result<JwkSet, DatabaseUnavailable> {
    let published: Vec<String> = on_backend!(connection, |c| {
        signing_keys::table
            .filter(signing_keys::expires_at.is_null().or(signing_keys::expires_at.gt(now.naive_utc())))
            .order(signing_keys::active_from)
            .select(signing_keys::public_jwk)
            .load(c)
    })?;
    let keys: Result<Vec<Jwk>, _> = published.iter().map(|jwk| serde_json::from_str(jwk)).collect();
    let keys =
        keys.map_err(|error| DatabaseUnavailable(format!("a published key cannot be parsed: {error}")))?;
    Ok(JwkSet { keys })
}
