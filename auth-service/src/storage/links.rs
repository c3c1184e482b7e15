use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, QueryResult,
    Queryable, RunQueryDsl, Selectable, SelectableHelper, delete, insert_into,
};
use drawbridge_core::id::UserId;
use drawbridge_database::{Connection, on_backend, schema::links};

use crate::domain::LinkKind;

/// A mailed link that has not been used.
#[derive(Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = links)]
pub struct LinkRow {
    /// The SHA-256 hash of its token.
    pub hash: Vec<u8>,
    /// The text of its [`LinkKind`].
    pub kind: String,
    /// The account, if it exists already.
    pub user_id: Option<UserId>,
    /// What the link does, sealed under the master secret.
    pub sealed: Vec<u8>,
    /// When the link expires.
    pub expires_at: NaiveDateTime,
}

/// Stores a link.
pub fn insert_link(connection: &mut Connection, link: &LinkRow) -> QueryResult<()> {
    on_backend!(connection, |c| insert_into(links::table).values(link).execute(c)).map(drop)
}

/// Finds a valid link without using it up.
pub fn find_link(
    connection: &mut Connection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<LinkRow>> {
    let valid = links::table.filter(links::hash.eq(hash).and(links::expires_at.gt(now.naive_utc())));
    on_backend!(connection, |c| valid.select(LinkRow::as_select()).first(c).optional())
}

/// Uses up a link. Returns false if it is invalid; of two concurrent calls, only one returns true.
pub(super) fn take_link(connection: &mut Connection, hash: &[u8], now: DateTime<Utc>) -> QueryResult<bool> {
    let valid = links::table.filter(links::hash.eq(hash).and(links::expires_at.gt(now.naive_utc())));
    Ok(on_backend!(connection, |c| delete(valid).execute(c))? == 1)
}

/// Deletes a link that was not sent.
pub fn delete_link(connection: &mut Connection, hash: &[u8]) -> QueryResult<()> {
    on_backend!(connection, |c| delete(links::table.find(hash)).execute(c)).map(drop)
}

/// Invalidates a user's links of one kind.
pub fn delete_links_of_kind(connection: &mut Connection, user: UserId, kind: LinkKind) -> QueryResult<()> {
    let theirs = links::table.filter(links::user_id.eq(user).and(links::kind.eq(kind.as_str())));
    on_backend!(connection, |c| delete(theirs).execute(c)).map(drop)
}

/// Invalidates all links of a user.
pub(super) fn delete_links_of(connection: &mut Connection, user: UserId) -> QueryResult<()> {
    let theirs = links::table.filter(links::user_id.eq(user));
    on_backend!(connection, |c| delete(theirs).execute(c)).map(drop)
}

/// Deletes expired links, and returns how many there were.
pub fn delete_expired_links(connection: &mut Connection, now: DateTime<Utc>) -> QueryResult<usize> {
    let expired = links::table.filter(links::expires_at.le(now.naive_utc()));
    on_backend!(connection, |c| delete(expired).execute(c))
}
