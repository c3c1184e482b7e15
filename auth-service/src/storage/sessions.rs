use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, NullableExpressionMethods, QueryDsl, RunQueryDsl,
    delete,
    dsl::{exists, select},
    insert_into,
    result::Error as QueryError,
};
use shared::{
    database::{
        Connection, DatabaseUnavailable, on_backend,
        schema::{passwords, sessions, users},
    },
    id::{SessionId, UserId},
};

use super::{
    Change, QueryResult,
    outbox::{bump_version, record_change},
};

/// A session to be started.
#[derive(Debug, Clone, Copy)]
pub struct NewSession {
    /// The session.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// When the password that was checked had been chosen; if it was changed since, nobody gets in.
    pub password_changed_at: Option<NaiveDateTime>,
    /// Now.
    pub now: DateTime<Utc>,
    /// The absolute end.
    pub expires_at: DateTime<Utc>,
    /// How many sessions the user may have; the oldest make room.
    pub limit: u32,
}

#[derive(Insertable)]
#[diesel(table_name = sessions)]
struct SessionRow {
    id: SessionId,
    user_id: UserId,
    created_at: NaiveDateTime,
    expires_at: NaiveDateTime,
}

/// Why no session was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartRefused {
    /// The user is gone, or has another password by now.
    Changed,
    /// The user was disabled.
    Disabled,
    /// The database is out of reach.
    Unavailable(DatabaseUnavailable),
}

impl From<QueryError> for StartRefused {
    fn from(error: QueryError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<DatabaseUnavailable> for StartRefused {
    fn from(error: DatabaseUnavailable) -> Self {
        Self::Unavailable(error)
    }
}

/// Starts a session, and drops those that have ended and the oldest above the limit.
pub fn start_session(connection: &mut Connection, new: &NewSession) -> Result<Change, StartRefused> {
    connection.transaction(|connection| {
        // From here on nobody else changes this user, so what is read below stays true.
        let version = bump_version(connection, new.user_id)?.ok_or(StartRefused::Changed)?;
        let (disabled, password_changed_at) = on_backend!(&mut *connection, |c| {
            users::table
                .left_join(passwords::table)
                .filter(users::id.eq(new.user_id))
                .select((users::disabled, passwords::changed_at.nullable()))
                .first::<(bool, Option<NaiveDateTime>)>(c)
        })?;
        if disabled {
            return Err(StartRefused::Disabled);
        }
        if password_changed_at != new.password_changed_at {
            return Err(StartRefused::Changed);
        }
        make_room(connection, new)?;
        let row = SessionRow {
            id: new.id,
            user_id: new.user_id,
            created_at: new.now.naive_utc(),
            expires_at: new.expires_at.naive_utc(),
        };
        on_backend!(&mut *connection, |c| insert_into(sessions::table).values(&row).execute(c))?;
        Ok(record_change(connection, new.user_id, version, new.now)?)
    })
}

fn make_room(connection: &mut Connection, new: &NewSession) -> QueryResult<()> {
    let ended = sessions::table
        .filter(sessions::user_id.eq(new.user_id).and(sessions::expires_at.le(new.now.naive_utc())));
    on_backend!(&mut *connection, |c| delete(ended).execute(c))?;
    let newest_first: Vec<SessionId> = on_backend!(&mut *connection, |c| {
        sessions::table
            .filter(sessions::user_id.eq(new.user_id))
            .order((sessions::created_at.desc(), sessions::id.desc()))
            .select(sessions::id)
            .load(c)
    })?;
    let kept = usize::try_from(new.limit.saturating_sub(1)).unwrap_or(usize::MAX);
    let dropped: Vec<_> = newest_first.into_iter().skip(kept).collect();
    if !dropped.is_empty() {
        on_backend!(connection, |c| delete(sessions::table.filter(sessions::id.eq_any(dropped))).execute(c))?;
    }
    Ok(())
}

/// Ends a session. `None` if it had ended before.
pub fn end_session(
    connection: &mut Connection,
    user: UserId,
    session: SessionId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Change>> {
    let this = sessions::table.filter(sessions::id.eq(session).and(sessions::user_id.eq(user)));
    // A session that is gone costs no write.
    if !on_backend!(&mut *connection, |c| select(exists(this)).get_result::<bool>(c))? {
        return Ok(None);
    }
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, user)? else { return Ok(None) };
        on_backend!(&mut *connection, |c| delete(this).execute(c))?;
        record_change(connection, user, version, now).map(Some)
    })
}
