use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::{ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, delete, update};
use drawbridge_core::id::UserId;
use drawbridge_database::{
    Connection, on_backend,
    schema::{sessions, users},
};

use super::{
    audit::{NewEvent, insert_event},
    outbox::{OutboxRow, insert_outbox_rows},
};
use crate::domain::{Actor, EventKind};

/// Finds at most `limit` users who have a session, in the order of their IDs, starting after `after`.
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

/// Ends all sessions of these users in one transaction, and leaves the delivery to the relay. Returns the number of
/// ended sessions.
///
/// The transaction is exclusive: it changes many users in an arbitrary order, so two concurrent ones could deadlock.
pub fn end_sessions_of(
    connection: &mut Connection,
    users: &[UserId],
    now: DateTime<Utc>,
    actor: &Actor,
) -> QueryResult<usize> {
    connection.exclusively(|connection| {
        // Bump the versions first, as every change does, so that no sign-in interferes.
        let versions: Vec<(UserId, i64)> = on_backend!(&mut *connection, |c| {
            update(users::table.filter(users::id.eq_any(users)))
                .set(users::version.eq(users::version + 1))
                .returning((users::id, users::version))
                .get_results(c)
        })?;
        let ended: Vec<UserId> = on_backend!(&mut *connection, |c| {
            delete(sessions::table.filter(sessions::user_id.eq_any(users)))
                .returning(sessions::user_id)
                .get_results(c)
        })?;
        let changed: BTreeSet<_> = ended.iter().collect();
        let rows: Vec<_> = versions
            .into_iter()
            .filter(|(user, _)| changed.contains(user))
            .map(|(user, version)| OutboxRow::new(user, version, now))
            .collect();
        insert_outbox_rows(connection, &rows)?;
        for row in &rows {
            let event = NewEvent::new(EventKind::SessionsEnded, actor, now).to(row.user_id);
            insert_event(connection, &event)?;
        }
        Ok(ended.len())
    })
}
