use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, JoinOnDsl, NullableExpressionMethods,
    OptionalExtension, QueryDsl, QueryResult, Queryable, RunQueryDsl, delete,
    dsl::{exists, select},
    insert_into, update,
};
use drawbridge_core::id::{SessionId, UserId};
use drawbridge_database::{
    Connection, on_backend,
    schema::{session_details, sessions},
};

use super::{
    audit::{NewEvent, insert_event},
    outbox::{CommitOutcome, UserChange, bump_version, record_change},
    second_factor_mark::mark_session,
};

/// A session's time of last use is updated at most once in this period.
const LAST_USE_RESOLUTION: TimeDelta = TimeDelta::minutes(1);

/// A session in the user's list of sessions.
#[derive(Debug, Clone, Queryable)]
pub struct SessionSummary {
    /// The session.
    pub id: SessionId,
    /// When the session started.
    pub created_at: NaiveDateTime,
    /// The absolute timeout.
    pub expires_at: NaiveDateTime,
    /// The client's address, if it was recorded.
    pub address: Option<String>,
    /// The browser's `User-Agent`, if it was recorded.
    pub user_agent: Option<String>,
    /// When the session was last used.
    pub last_seen_at: Option<NaiveDateTime>,
}

/// The result of ending several sessions of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedSessions {
    /// The change to the user's record.
    pub change: UserChange,
    /// The number of sessions that ended.
    pub count: usize,
}

impl CommitOutcome for EndedSessions {
    fn change(&self) -> Option<&UserChange> {
        Some(&self.change)
    }
}

/// A user has confirmed their identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewConfirmation {
    /// The user.
    pub user: UserId,
    /// The session in which they did.
    pub session: SessionId,
    /// Whether they have proved a second factor.
    pub second_factor: bool,
    /// The current time.
    pub now: DateTime<Utc>,
}

/// The result of recording a confirmation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedConfirmation {
    /// The change to the user's record, if a second factor was proved.
    pub change: Option<UserChange>,
}

impl CommitOutcome for RecordedConfirmation {
    fn change(&self) -> Option<&UserChange> {
        self.change.as_ref()
    }
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

/// The active sessions of a user, newest first.
pub fn find_sessions(
    connection: &mut Connection,
    user: UserId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<SessionSummary>> {
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

/// Records that a session was used, at most once a minute.
pub fn record_session_use(
    connection: &mut Connection,
    session: SessionId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let before = (now - LAST_USE_RESOLUTION).naive_utc();
    let outdated = session_details::table.filter(session_details::session_id.eq(session)).filter(
        session_details::last_seen_at
            .is_null()
            .or(session_details::last_seen_at.lt(before).assume_not_null()),
    );
    on_backend!(connection, |c| {
        update(outdated).set(session_details::last_seen_at.eq(now.naive_utc())).execute(c)
    })
    .map(drop)
}

/// Finds out when the user last confirmed their identity in this session.
pub fn find_confirmation(
    connection: &mut Connection,
    session: SessionId,
) -> QueryResult<Option<NaiveDateTime>> {
    on_backend!(connection, |c| {
        session_details::table.find(session).select(session_details::confirmed_at).first(c).optional()
    })
}

/// Records that the user has confirmed their identity in this session. Returns `None` if the session has ended.
pub fn record_confirmation(
    connection: &mut Connection,
    new: &NewConfirmation,
    event: &NewEvent,
) -> QueryResult<Option<RecordedConfirmation>> {
    let NewConfirmation { user, session, second_factor, now } = *new;
    connection.transaction(|connection| {
        let this = sessions::table.filter(sessions::id.eq(session).and(sessions::user_id.eq(user)));
        if !on_backend!(&mut *connection, |c| select(exists(this)).get_result::<bool>(c))? {
            return Ok(None);
        }
        let change = if second_factor { mark_session(connection, user, session, now)? } else { None };
        // A session that started before details were recorded has none yet, so insert them.
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
        Ok(Some(RecordedConfirmation { change }))
    })
}

/// Ends all sessions of a user except one. Returns `None` if there is no such user.
pub fn end_other_sessions(
    connection: &mut Connection,
    user: UserId,
    keep: SessionId,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<Option<EndedSessions>> {
    let others = sessions::table.filter(sessions::user_id.eq(user).and(sessions::id.ne(keep)));
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, user)? else { return Ok(None) };
        let count = on_backend!(&mut *connection, |c| delete(others).execute(c))?;
        insert_event(connection, event)?;
        let change = record_change(connection, user, version, now)?;
        Ok(Some(EndedSessions { change, count }))
    })
}
