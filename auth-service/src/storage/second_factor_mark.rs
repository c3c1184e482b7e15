//! The mark of sessions in which the user has proved a second factor. It is part of the user's record.

use chrono::{DateTime, Utc};
use diesel::{BoolExpressionMethods, ExpressionMethods, QueryDsl, QueryResult, RunQueryDsl, update};
use drawbridge_core::id::{SessionId, UserId};
use drawbridge_database::{Connection, on_backend, schema::sessions};

use super::{
    enrolled_factors::find_enrolled_factors,
    outbox::{UserChange, bump_version, record_change},
};

/// Marks a session in which the user has proved a second factor, unless the last factor was removed in the meantime.
/// Returns `None` if there is no such user.
///
/// The record changes even if the session has the mark already. During an upgrade, an older service may have delivered
/// the record without it, and only a higher version replaces that record.
pub(super) fn mark_session(
    connection: &mut Connection,
    user: UserId,
    session: SessionId,
    now: DateTime<Utc>,
) -> QueryResult<Option<UserChange>> {
    let Some(version) = bump_version(connection, user)? else { return Ok(None) };
    let has_factor = find_enrolled_factors(connection, user)?.any();
    let this = sessions::table.filter(sessions::id.eq(session).and(sessions::user_id.eq(user)));
    on_backend!(&mut *connection, |c| {
        update(this).set(sessions::second_factor.eq(has_factor)).execute(c)
    })?;
    record_change(connection, user, version, now).map(Some)
}

/// Removes the mark from all sessions of a user whose last factor was removed. Returns `None` if no session had it.
pub(super) fn unmark_sessions(
    connection: &mut Connection,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Option<UserChange>> {
    let marked = sessions::table.filter(sessions::user_id.eq(user).and(sessions::second_factor.eq(true)));
    let unmarked = on_backend!(&mut *connection, |c| {
        update(marked).set(sessions::second_factor.eq(false)).execute(c)
    })?;
    if unmarked == 0 {
        return Ok(None);
    }
    let Some(version) = bump_version(connection, user)? else { return Ok(None) };
    record_change(connection, user, version, now).map(Some)
}
