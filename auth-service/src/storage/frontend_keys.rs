use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, QueryResult,
    Queryable, RunQueryDsl, Selectable, SelectableHelper, delete, insert_into, update,
};
use drawbridge_core::frontend_key::{FrontendKeyKind, KeyId};
use drawbridge_database::{Connection, on_backend, schema::frontend_keys};

use crate::domain::FrontendName;

/// A key of a frontend.
#[derive(Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = frontend_keys)]
pub struct FrontendKeyRow {
    /// The key's public ID.
    pub id: String,
    /// The name of the frontend.
    pub frontend: String,
    /// What the key is for, as returned by [`key_kind_word`].
    pub kind: String,
    /// The SHA-256 digest of the whole key.
    pub hash: Vec<u8>,
    /// The whole key, sealed under the master secret.
    pub sealed: Vec<u8>,
    /// When the key was created.
    pub created_at: NaiveDateTime,
    /// When the key expires, once another one replaces it.
    pub expires_at: Option<NaiveDateTime>,
}

/// A key in a list for operators.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = frontend_keys)]
pub struct FrontendKeySummary {
    /// The key's public ID.
    pub id: String,
    /// The name of the frontend.
    pub frontend: String,
    /// What the key is for, as returned by [`key_kind_word`].
    pub kind: String,
    /// When the key was created.
    pub created_at: NaiveDateTime,
    /// When the key expires, once another one replaces it.
    pub expires_at: Option<NaiveDateTime>,
}

/// What a key is for, as stored.
pub const fn key_kind_word(kind: FrontendKeyKind) -> &'static str {
    match kind {
        FrontendKeyKind::Frontend => "frontend",
        FrontendKeyKind::Preview => "preview",
        FrontendKeyKind::WebFrontend => "web-frontend",
    }
}

/// Stores a key.
pub fn insert_frontend_key(connection: &mut Connection, key: &FrontendKeyRow) -> QueryResult<()> {
    on_backend!(connection, |c| insert_into(frontend_keys::table).values(key).execute(c)).map(drop)
}

/// Finds a key that has not expired.
pub fn find_frontend_key(
    connection: &mut Connection,
    id: &KeyId,
    now: DateTime<Utc>,
) -> QueryResult<Option<FrontendKeyRow>> {
    let is_current = frontend_keys::expires_at.is_null().or(frontend_keys::expires_at.gt(now.naive_utc()));
    let key = frontend_keys::table.filter(frontend_keys::id.eq(id.as_str())).filter(is_current);
    on_backend!(connection, |c| key.select(FrontendKeyRow::as_select()).first(c).optional())
}

/// The keys that have not expired, sorted by frontend and age.
pub fn find_frontend_key_summaries(
    connection: &mut Connection,
    now: DateTime<Utc>,
) -> QueryResult<Vec<FrontendKeySummary>> {
    let is_current = frontend_keys::expires_at.is_null().or(frontend_keys::expires_at.gt(now.naive_utc()));
    let keys = frontend_keys::table.filter(is_current);
    on_backend!(connection, |c| {
        keys.order((frontend_keys::frontend, frontend_keys::created_at, frontend_keys::id))
            .select(FrontendKeySummary::as_select())
            .load(c)
    })
}

/// Lets the keys of one kind expire at `expires_at`, unless they expire earlier.
pub fn expire_frontend_keys(
    connection: &mut Connection,
    name: &FrontendName,
    kind: FrontendKeyKind,
    expires_at: DateTime<Utc>,
) -> QueryResult<usize> {
    let end = expires_at.naive_utc();
    let lives_longer = frontend_keys::expires_at.is_null().or(frontend_keys::expires_at.gt(end));
    let keys = frontend_keys::table
        .filter(frontend_keys::frontend.eq(name.as_str()).and(frontend_keys::kind.eq(key_kind_word(kind))))
        .filter(lives_longer);
    on_backend!(connection, |c| update(keys).set(frontend_keys::expires_at.eq(end)).execute(c))
}

/// Deletes expired keys. Returns how many there were.
pub fn delete_expired_frontend_keys(connection: &mut Connection, now: DateTime<Utc>) -> QueryResult<usize> {
    let expired = frontend_keys::table.filter(frontend_keys::expires_at.le(now.naive_utc()));
    on_backend!(connection, |c| delete(expired).execute(c))
}
