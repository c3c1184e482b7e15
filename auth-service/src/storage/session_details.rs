use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, JoinOnDsl, NullableExpressionMethods,
    OptionalExtension, QueryDsl, Queryable, RunQueryDsl, delete, insert_into, update,
};
use drawbridge_core::id::{SessionId, UserId};
use drawbridge_database::{
    Connection, on_backend,
    schema::{session_details, sessions},
};

use super::{
    Change, NewEvent, QueryResult, insert_event,
    outbox::{bump_version, record_change},
};

/// How seldom it is kept when a session was seen.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(1);

/// A session as its holder sees it.
#[derive(Debug, Clone, Queryable)]
pub struct SessionView {
    /// The session.
    pub id: SessionId,
    /// When the person signed in.
    pub created_at: NaiveDateTime,
    /// When it ends whatever happens.
    pub expires_at: NaiveDateTime,
    /// From where, if that was kept.
    pub address: Option<String>,
    /// With what.
    pub user_agent: Option<String>,
    /// When it was last seen.
    pub last_seen_at: Option<NaiveDateTime>,
}

#[derive(Insertable)]
#[diesel(table_name = session_details)]
pub(super) struct DetailsRow<'a> {
    pub(super) session_id: SessionId,
    pub(super) address: &'a str,
    pub(super) user_agent: &'a str,
    pub(super) last_seen_at: Option<NaiveDateTime>,
    pub(super) confirmed_at: NaiveDateTime,
}

pub(super) fn insert_details(connection: &mut Connection, details: &DetailsRow<'_>) -> QueryResult<()> {
    on_backend!(connection, |c| insert_into(session_details::table).values(details).execute(c)).map(drop)
}

/// The user's sessions that are alive, newest first.
pub fn find_sessions(
    connection: &mut Connection,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<SessionView>> {
    on_backend!(connection, |c| {
        sessions::table
            .left_join(session_details::table.on(session_details::session_id.eq(sessions::id)))
            .filter(sessions::user_id.eq(user).and(sessions::expires_at.gt(now.naive_utc())))
            .order((sessions::created_at.desc(), sessions::id.desc()))
            .select((
                sessions::id,
                sessions::created_at,
                sessions::expires_at,
                session_details::address.nullable(),
                session_details::user_agent.nullable(),
                session_details::last_seen_at.nullable(),
            ))
            .load(c)
    })
}

/// Keeps that a session was seen, at most once a minute.
pub fn note_seen(connection: &mut Connection, session: SessionId, now: DateTime<Utc>) -> QueryResult<()> {
    let before = (now - SEEN_EVERY).naive_utc();
    let unseen = session_details::table.filter(session_details::session_id.eq(session)).filter(
        session_details::last_seen_at
            .is_null()
            .or(session_details::last_seen_at.lt(before).assume_not_null()),
    );
    on_backend!(connection, |c| {
        update(unseen).set(session_details::last_seen_at.eq(now.naive_utc())).execute(c)
    })
    .map(drop)
}

/// When the person last showed in this session who they are.
pub fn find_confirmation(
    connection: &mut Connection,
    session: SessionId,
) -> QueryResult<Option<NaiveDateTime>> {
    on_backend!(connection, |c| {
        session_details::table.find(session).select(session_details::confirmed_at).first(c).optional()
    })
}

/// Keeps that the person has shown in this session who they are. `false` if the session has ended.
pub fn note_confirmation(
    connection: &mut Connection,
    session: SessionId,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<bool> {
    connection.transaction(|connection| {
        let exists = diesel::dsl::exists(sessions::table.find(session));
        if !on_backend!(&mut *connection, |c| diesel::select(exists).get_result::<bool>(c))? {
            return Ok(false);
        }
        // One that began before such details were kept gets them now.
        let details = DetailsRow {
            session_id: session,
            address: "",
            user_agent: "",
            last_seen_at: None,
            confirmed_at: now.naive_utc(),
        };
        on_backend!(&mut *connection, |c| {
            insert_into(session_details::table)
                .values(&details)
                .on_conflict(session_details::session_id)
                .do_update()
                .set(session_details::confirmed_at.eq(now.naive_utc()))
                .execute(c)
        })?;
        insert_event(connection, event)?;
        Ok(true)
    })
}

/// Ends all sessions of a user but one. `None` if there is no such user; and how many it were.
pub fn end_other_sessions(
    connection: &mut Connection,
    user: UserId,
    keep: SessionId,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<Option<(Change, usize)>> {
    let others = sessions::table.filter(sessions::user_id.eq(user).and(sessions::id.ne(keep)));
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, user)? else { return Ok(None) };
        let ended = on_backend!(&mut *connection, |c| delete(others).execute(c))?;
        insert_event(connection, event)?;
        Ok(Some((record_change(connection, user, version, now)?, ended)))
    })
}
