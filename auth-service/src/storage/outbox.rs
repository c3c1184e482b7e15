use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    ExpressionMethods, Insertable, QueryDsl, QueryResult, Queryable, RunQueryDsl, Selectable,
    SelectableHelper, delete, insert_into, update,
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

/// A committed change to a user's record, to be delivered to the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserChange {
    /// The outbox row, which is deleted once the change is delivered.
    pub outbox_id: OutboxId,
    /// The user.
    pub user_id: UserId,
    /// The state of the user after the change.
    pub state: UserState,
}

/// The result of a transaction that may have changed a user's record.
pub trait CommitOutcome {
    /// The change to deliver to the cache, if there is one.
    fn change(&self) -> Option<&UserChange>;
}

impl CommitOutcome for UserChange {
    fn change(&self) -> Option<&UserChange> {
        Some(self)
    }
}

impl<T: CommitOutcome> CommitOutcome for Option<T> {
    fn change(&self) -> Option<&UserChange> {
        self.as_ref().and_then(T::change)
    }
}

/// Implements [`CommitOutcome`] for the results of transactions that do not affect the user's record.
macro_rules! without_change {
    ($($outcome:ty),+ $(,)?) => {
        $(impl CommitOutcome for $outcome {
            fn change(&self) -> Option<&UserChange> {
                None
            }
        })+
    };
}
pub(super) use without_change;

without_change!((), bool);

/// A change that may not have reached the cache yet.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub struct PendingChange {
    /// The outbox row.
    pub id: OutboxId,
    /// The user.
    pub user_id: UserId,
    /// The version of the user's record after the change.
    pub version: i64,
}

#[derive(Insertable)]
#[diesel(table_name = outbox)]
pub(super) struct OutboxRow {
    id: OutboxId,
    pub(super) user_id: UserId,
    version: i64,
    created_at: NaiveDateTime,
}

impl OutboxRow {
    pub(super) fn new(user_id: UserId, version: i64, now: DateTime<Utc>) -> Self {
        Self { id: OutboxId::generate(Random, now), user_id, version, created_at: now.naive_utc() }
    }
}

pub(super) fn insert_outbox_rows(connection: &mut Connection, rows: &[OutboxRow]) -> QueryResult<()> {
    on_backend!(connection, |c| insert_into(outbox::table).values(rows).execute(c)).map(drop)
}

/// Increments the version of the user's record and returns it, or `None` if there is no such user.
///
/// Call it first in a transaction: it locks the user, so no other change to this user can interfere.
pub(super) fn bump_version(connection: &mut Connection, user: UserId) -> QueryResult<Option<i64>> {
    let versions: Vec<i64> = on_backend!(connection, |c| {
        update(users::table.find(user))
            .set(users::version.eq(users::version + 1))
            .returning(users::version)
            .get_results(c)
    })?;
    Ok(versions.first().copied())
}

/// Inserts an outbox row for a change to the user's record, and returns the change.
pub(super) fn record_change(
    connection: &mut Connection,
    user: UserId,
    version: i64,
    now: DateTime<Utc>,
) -> QueryResult<UserChange> {
    let row = OutboxRow::new(user, version, now);
    on_backend!(connection, |c| insert_into(outbox::table).values(&row).execute(c))?;
    let state = match find_user_record(connection, user)? {
        Some(record) => record.into(),
        None => UserState::Deleted { version },
    };
    Ok(UserChange { outbox_id: row.id, user_id: user, state })
}

/// The oldest pending changes, at most `limit`.
pub fn find_pending_changes(connection: &mut Connection, limit: i64) -> QueryResult<Vec<PendingChange>> {
    on_backend!(connection, |c| {
        outbox::table.order(outbox::id).limit(limit).select(PendingChange::as_select()).load(c)
    })
}

/// Deletes changes that have been delivered, and returns how many there were.
pub fn delete_pending_changes(connection: &mut Connection, ids: &[OutboxId]) -> QueryResult<usize> {
    on_backend!(connection, |c| delete(outbox::table.filter(outbox::id.eq_any(ids))).execute(c))
}
