use chrono::{DateTime, Utc};
use diesel::{
    ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper, update,
};
use drawbridge_core::{
    id::{OutboxId, UserId},
    random::Random,
};
use drawbridge_database::{
    Connection, find_user_record, on_backend,
    schema::{outbox, users},
};
use drawbridge_verification::user_record::UserState;

use super::{Change, QueryResult};

/// A change that the cache may not know yet.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub struct Pending {
    /// The row.
    pub id: OutboxId,
    /// Whose change it is.
    pub user_id: UserId,
    /// The user's version after it.
    pub version: i64,
}

#[derive(Insertable)]
#[diesel(table_name = outbox)]
struct OutboxRow {
    id: OutboxId,
    user_id: UserId,
    version: i64,
    created_at: chrono::NaiveDateTime,
}

/// Counts a change of the user and gives the new version, or `None` if there is no such user.
///
/// Call it first in a transaction: from here on no other change of this user can come between.
pub(super) fn bump_version(connection: &mut Connection, user: UserId) -> QueryResult<Option<i64>> {
    let versions: Vec<i64> = on_backend!(connection, |c| {
        update(users::table.find(user))
            .set(users::version.eq(users::version + 1))
            .returning(users::version)
            .get_results(c)
    })?;
    Ok(versions.first().copied())
}

/// Notes in the outbox that the user changed, and gives the change as it will be told.
pub(super) fn record_change(
    connection: &mut Connection,
    user: UserId,
    version: i64,
    now: DateTime<Utc>,
) -> QueryResult<Change> {
    let id = OutboxId::generate(Random, now);
    let row = OutboxRow { id, user_id: user, version, created_at: now.naive_utc() };
    on_backend!(connection, |c| diesel::insert_into(outbox::table).values(&row).execute(c))?;
    let state = match find_user_record(connection, user)? {
        Some(record) => record.into(),
        None => UserState::Deleted { version },
    };
    Ok(Change { outbox_id: id, user_id: user, state })
}

/// The oldest changes that wait, at most `limit`.
pub fn find_pending(connection: &mut Connection, limit: i64) -> QueryResult<Vec<Pending>> {
    on_backend!(connection, |c| {
        outbox::table.order(outbox::id).limit(limit).select(Pending::as_select()).load(c)
    })
}

/// Forgets changes that the cache has been told of.
pub fn delete_pending(connection: &mut Connection, ids: &[OutboxId]) -> QueryResult<usize> {
    on_backend!(connection, |c| { diesel::delete(outbox::table.filter(outbox::id.eq_any(ids))).execute(c) })
}
