use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable,
    RunQueryDsl, Selectable, SelectableHelper, delete, insert_into,
};
use drawbridge_core::id::UserId;
use drawbridge_database::{Connection, on_backend, schema::links};

use super::QueryResult;

/// A link in a mail that has not been used.
#[derive(Clone, Insertable, Queryable, Selectable)]
#[diesel(table_name = links)]
pub struct LinkRow {
    /// SHA-256 of its token.
    pub hash: Vec<u8>,
    /// What it is for.
    pub kind: String,
    /// Whose it is, if there is an account already.
    pub user_id: Option<UserId>,
    /// What it does, under the master secret.
    pub sealed: Vec<u8>,
    /// When it is no longer good.
    pub expires_at: NaiveDateTime,
}

/// Keeps a link.
pub fn insert_link(connection: &mut Connection, link: &LinkRow) -> QueryResult<()> {
    on_backend!(connection, |c| insert_into(links::table).values(link).execute(c)).map(drop)
}

/// The link, if it is still good. It stays.
pub fn find_link(
    connection: &mut Connection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<LinkRow>> {
    let good = links::table.filter(links::hash.eq(hash).and(links::expires_at.gt(now.naive_utc())));
    on_backend!(connection, |c| good.select(LinkRow::as_select()).first(c).optional())
}

/// Uses the link up; whether it was still there: of two who come at once, one gets `true`.
pub(super) fn take_link(connection: &mut Connection, hash: &[u8], now: DateTime<Utc>) -> QueryResult<bool> {
    let good = links::table.filter(links::hash.eq(hash).and(links::expires_at.gt(now.naive_utc())));
    Ok(on_backend!(connection, |c| delete(good).execute(c))? == 1)
}

/// Forgets a link that was not sent.
pub fn delete_link(connection: &mut Connection, hash: &[u8]) -> QueryResult<()> {
    on_backend!(connection, |c| delete(links::table.find(hash)).execute(c)).map(drop)
}

/// Makes all links of one kind void.
pub fn delete_links_of_kind(connection: &mut Connection, user: UserId, kind: &str) -> QueryResult<()> {
    delete_links_of(connection, user, Some(kind))
}

/// Makes all links of a user void, or those of one kind.
pub(super) fn delete_links_of(
    connection: &mut Connection,
    user: UserId,
    kind: Option<&str>,
) -> QueryResult<()> {
    on_backend!(connection, |c| match kind {
        Some(kind) =>
            delete(links::table.filter(links::user_id.eq(user).and(links::kind.eq(kind)))).execute(c),
        None => delete(links::table.filter(links::user_id.eq(user))).execute(c),
    })
    .map(drop)
}

/// Forgets links whose time is over.
pub fn delete_ended_links(connection: &mut Connection, now: DateTime<Utc>) -> QueryResult<usize> {
    let ended = links::table.filter(links::expires_at.le(now.naive_utc()));
    on_backend!(connection, |c| delete(ended).execute(c))
}
