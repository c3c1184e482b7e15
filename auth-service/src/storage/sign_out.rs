use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{ExpressionMethods, Insertable, QueryDsl, RunQueryDsl, delete, insert_into, update};
use drawbridge_core::{
    id::{OutboxId, UserId},
    random::Random,
};
use drawbridge_database::{
    Connection, on_backend,
    schema::{outbox, sessions, users},
};

use super::{NewEvent, QueryResult, insert_event};
use crate::{caller::Caller, domain::EventKind};

#[derive(Insertable)]
#[diesel(table_name = outbox)]
struct OutboxRow {
    id: OutboxId,
    user_id: UserId,
    version: i64,
    created_at: NaiveDateTime,
}

/// Users who have a session, in the order of their ids: at most `limit`, after the one with id `after`.
pub fn find_signed_in(
    connection: &mut Connection,
    after: Option<UserId>,
    limit: i64,
) -> QueryResult<Vec<UserId>> {
    on_backend!(connection, |c| {
        let mut query = sessions::table
            .select(sessions::user_id)
            .distinct()
            .order(sessions::user_id)
            .limit(limit)
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(sessions::user_id.gt(after));
        }
        query.load(c)
    })
}

/// Ends all sessions of these users in one transaction, and leaves it to the outbox to tell the caches.
/// How many sessions that were.
///
/// It takes turns with others that do the same: each changes many users in whatever order.
pub fn end_sessions_of(
    connection: &mut Connection,
    of: &[UserId],
    now: DateTime<Utc>,
    caller: &Caller,
) -> QueryResult<usize> {
    connection.exclusively(|connection| {
        // As in every change: first the version, so that nobody signs in between.
        let versions: Vec<(UserId, i64)> = on_backend!(&mut *connection, |c| {
            update(users::table.filter(users::id.eq_any(of)))
                .set(users::version.eq(users::version + 1))
                .returning((users::id, users::version))
                .get_results(c)
        })?;
        let ended: Vec<UserId> = on_backend!(&mut *connection, |c| {
            delete(sessions::table.filter(sessions::user_id.eq_any(of)))
                .returning(sessions::user_id)
                .get_results(c)
        })?;
        let changed: BTreeSet<_> = ended.iter().collect();
        let rows: Vec<_> = versions
            .into_iter()
            .filter(|(user_id, _)| changed.contains(user_id))
            .map(|(user_id, version)| OutboxRow {
                id: OutboxId::generate(Random, now),
                user_id,
                version,
                created_at: now.naive_utc(),
            })
            .collect();
        on_backend!(&mut *connection, |c| insert_into(outbox::table).values(&rows).execute(c))?;
        for row in &rows {
            let event = NewEvent::new(EventKind::SessionsEnded, caller, now).to(row.user_id);
            insert_event(connection, &event)?;
        }
        Ok(ended.len())
    })
}
