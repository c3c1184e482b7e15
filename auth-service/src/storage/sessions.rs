use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, NullableExpressionMethods, QueryDsl, RunQueryDsl,
    delete,
    dsl::{exists, select},
    insert_into,
    result::Error as QueryError,
};
use drawbridge_core::id::{SessionId, UserId};
use drawbridge_database::{
    Connection, DatabaseUnavailable, on_backend,
    schema::{passwords, sessions, users},
};

use super::{
    Change, EventFilter, MailJobRow, NewEvent, QueryResult, find_events, find_passkey, insert_event,
    outbox::{bump_version, record_change},
    session_details::{DetailsRow, insert_details},
};
use crate::domain::EventKind;

/// A session to be started.
#[derive(Clone)]
pub struct NewSession {
    /// The session.
    pub id: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// By what the person has shown who they are.
    pub proof: Proof,
    /// From where.
    pub address: String,
    /// With what.
    pub user_agent: String,
    /// Now.
    pub now: DateTime<Utc>,
    /// The absolute end.
    pub expires_at: DateTime<Utc>,
    /// How many sessions the user may have; the oldest make room.
    pub limit: u32,
    /// What the audit log keeps of it.
    pub event: NewEvent,
    /// Sessions of the same user that the browser brought along, and which this one takes the place of.
    pub replaces: Vec<SessionId>,
    /// The mail that tells the holder of a device that is new, unless it is the first of all.
    pub news: Option<MailJobRow>,
}

/// By what a person has shown who they are. It must still hold when the session begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// A password that was chosen then, if it was.
    Password(Option<NaiveDateTime>),
    /// The passkey with this credential id.
    Passkey(Vec<u8>),
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
        let (disabled, created_at, password_changed_at) = on_backend!(&mut *connection, |c| {
            users::table
                .left_join(passwords::table)
                .filter(users::id.eq(new.user_id))
                .select((users::disabled, users::created_at, passwords::changed_at.nullable()))
                .first::<(bool, NaiveDateTime, Option<NaiveDateTime>)>(c)
        })?;
        if disabled {
            return Err(StartRefused::Disabled);
        }
        let holds = match &new.proof {
            Proof::Password(changed_at) => password_changed_at == *changed_at,
            Proof::Passkey(id) => {
                find_passkey(connection, id)?.is_some_and(|passkey| passkey.user_id == new.user_id)
            }
        };
        if !holds {
            return Err(StartRefused::Changed);
        }
        let is_young = new.now.naive_utc() - created_at < YOUNG;
        let is_first = is_young && !has_signed_in(connection, new.user_id)?;
        let replaced = sessions::table
            .filter(sessions::user_id.eq(new.user_id).and(sessions::id.eq_any(new.replaces.clone())));
        on_backend!(&mut *connection, |c| delete(replaced).execute(c))?;
        make_room(connection, new)?;
        let row = SessionRow {
            id: new.id,
            user_id: new.user_id,
            created_at: new.now.naive_utc(),
            expires_at: new.expires_at.naive_utc(),
        };
        on_backend!(&mut *connection, |c| insert_into(sessions::table).values(&row).execute(c))?;
        let details = DetailsRow {
            session_id: new.id,
            address: &new.address,
            user_agent: &new.user_agent,
            last_seen_at: Some(new.now.naive_utc()),
            confirmed_at: new.now.naive_utc(),
        };
        insert_details(connection, &details)?;
        let news = new.news.clone().filter(|_| !is_first);
        insert_event(connection, &new.event.clone().mailing(news))?;
        Ok(record_change(connection, new.user_id, version, new.now)?)
    })
}

/// How long an account is so young that its first sign-in is no news to its holder.
const YOUNG: TimeDelta = TimeDelta::days(1);

fn has_signed_in(connection: &mut Connection, user: UserId) -> QueryResult<bool> {
    let filter = EventFilter { user: Some(user), kind: Some(EventKind::SignedIn), ..EventFilter::default() };
    Ok(!find_events(connection, &filter, 1)?.is_empty())
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
    event: &NewEvent,
) -> QueryResult<Option<Change>> {
    let this = sessions::table.filter(sessions::id.eq(session).and(sessions::user_id.eq(user)));
    // A session that is gone costs no write.
    if !on_backend!(&mut *connection, |c| select(exists(this)).get_result::<bool>(c))? {
        return Ok(None);
    }
    connection.transaction(|connection| {
        let Some(version) = bump_version(connection, user)? else { return Ok(None) };
        on_backend!(&mut *connection, |c| delete(this).execute(c))?;
        insert_event(connection, event)?;
        record_change(connection, user, version, now).map(Some)
    })
}
