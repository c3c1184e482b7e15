use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, Insertable, NullableExpressionMethods, QueryDsl, QueryResult,
    RunQueryDsl, delete,
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
    audit::{EventFilter, NewEvent, find_events, insert_event},
    enrolled_factors::find_enrolled_factors,
    outbox::{UserChange, bump_version, record_change},
    passkeys::find_passkey,
    session_details::{DetailsRow, insert_details},
};
use crate::domain::EventKind;

/// How long an account counts as new after its creation. The first sign-in to a new account causes no notice.
const NEW_ACCOUNT_PERIOD: TimeDelta = TimeDelta::days(1);

/// A session to start.
#[derive(Clone)]
pub struct NewSession {
    /// The session.
    pub id: SessionId,
    /// The user.
    pub user_id: UserId,
    /// How the user proved their identity.
    pub proof: Proof,
    /// Whether the user has proved a second factor.
    pub second_factor: bool,
    /// The client's address.
    pub address: String,
    /// The browser's `User-Agent`.
    pub user_agent: String,
    /// The current time.
    pub now: DateTime<Utc>,
    /// The absolute timeout.
    pub expires_at: DateTime<Utc>,
    /// The maximum number of sessions of the user; the oldest ones beyond it are ended.
    pub limit: u32,
    /// Earlier sessions in the same browser, which this one replaces.
    pub replaces: Vec<SessionId>,
}

/// How a user proved their identity. It must still be valid when the session starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// With the password that was set at this time, if it is known.
    Password(Option<NaiveDateTime>),
    /// With the passkey that has this credential ID.
    Passkey(Vec<u8>),
}

#[derive(Insertable)]
#[diesel(table_name = sessions)]
struct NewSessionRow {
    id: SessionId,
    user_id: UserId,
    created_at: NaiveDateTime,
    expires_at: NaiveDateTime,
    second_factor: bool,
}

/// What a sign-in needs to know about the user.
struct SignInState {
    disabled: bool,
    created_at: NaiveDateTime,
    password_changed_at: Option<NaiveDateTime>,
}

/// Why no session was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartRefused {
    /// The account was deleted, or the proof is no longer valid.
    ProofInvalid,
    /// The account is disabled.
    Disabled,
    /// The database is unreachable.
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

/// Starts a session, and ends expired ones, replaced ones and the oldest ones beyond the limit. The mail of `event` is
/// not sent for the first sign-in to a new account.
pub fn start_session(
    connection: &mut Connection,
    new: &NewSession,
    event: &NewEvent,
) -> Result<UserChange, StartRefused> {
    connection.transaction(|connection| {
        // This locks the user, so what is read below stays true.
        let version = bump_version(connection, new.user_id)?.ok_or(StartRefused::ProofInvalid)?;
        let state = find_sign_in_state(connection, new.user_id)?;
        if state.disabled {
            return Err(StartRefused::Disabled);
        }
        if !is_valid(connection, new, &state)? {
            return Err(StartRefused::ProofInvalid);
        }
        let is_first = is_first_sign_in(connection, new, &state)?;
        let replaced = sessions::table
            .filter(sessions::user_id.eq(new.user_id).and(sessions::id.eq_any(new.replaces.clone())));
        on_backend!(&mut *connection, |c| delete(replaced).execute(c))?;
        make_room(connection, new)?;
        insert_session(connection, new)?;
        if is_first {
            insert_event(connection, &event.without_mail())?;
        } else {
            insert_event(connection, event)?;
        }
        Ok(record_change(connection, new.user_id, version, new.now)?)
    })
}

fn find_sign_in_state(connection: &mut Connection, user: UserId) -> QueryResult<SignInState> {
    let (disabled, created_at, password_changed_at) = on_backend!(connection, |c| {
        users::table
            .left_join(passwords::table)
            .filter(users::id.eq(user))
            .select((users::disabled, users::created_at, passwords::changed_at.nullable()))
            .first::<(bool, NaiveDateTime, Option<NaiveDateTime>)>(c)
    })?;
    Ok(SignInState { disabled, created_at, password_changed_at })
}

fn is_valid(connection: &mut Connection, new: &NewSession, state: &SignInState) -> QueryResult<bool> {
    match &new.proof {
        Proof::Password(changed_at) => Ok(state.password_changed_at == *changed_at),
        Proof::Passkey(id) => {
            let passkey = find_passkey(connection, id)?;
            Ok(passkey.is_some_and(|passkey| passkey.user_id == new.user_id))
        }
    }
}

fn is_first_sign_in(connection: &mut Connection, new: &NewSession, state: &SignInState) -> QueryResult<bool> {
    if new.now.naive_utc() - state.created_at >= NEW_ACCOUNT_PERIOD {
        return Ok(false);
    }
    let filter =
        EventFilter { user: Some(new.user_id), kind: Some(EventKind::SignedIn), ..EventFilter::default() };
    Ok(find_events(connection, &filter, 1)?.is_empty())
}

fn make_room(connection: &mut Connection, new: &NewSession) -> QueryResult<()> {
    let expired = sessions::table
        .filter(sessions::user_id.eq(new.user_id).and(sessions::expires_at.le(new.now.naive_utc())));
    on_backend!(&mut *connection, |c| delete(expired).execute(c))?;
    let newest_first: Vec<SessionId> = on_backend!(&mut *connection, |c| {
        sessions::table
            .filter(sessions::user_id.eq(new.user_id))
            .order((sessions::created_at.desc(), sessions::id.desc()))
            .select(sessions::id)
            .load(c)
    })?;
    let kept = usize::try_from(new.limit.saturating_sub(1)).unwrap_or(usize::MAX);
    let oldest: Vec<_> = newest_first.into_iter().skip(kept).collect();
    if !oldest.is_empty() {
        on_backend!(connection, |c| delete(sessions::table.filter(sessions::id.eq_any(oldest))).execute(c))?;
    }
    Ok(())
}

fn insert_session(connection: &mut Connection, new: &NewSession) -> QueryResult<()> {
    // The last factor may have been removed since the user proved it.
    let second_factor = new.second_factor && find_enrolled_factors(connection, new.user_id)?.any();
    let row = NewSessionRow {
        id: new.id,
        user_id: new.user_id,
        created_at: new.now.naive_utc(),
        expires_at: new.expires_at.naive_utc(),
        second_factor,
    };
    on_backend!(&mut *connection, |c| insert_into(sessions::table).values(&row).execute(c))?;
    let details = DetailsRow {
        session_id: new.id,
        address: &new.address,
        user_agent: &new.user_agent,
        last_seen_at: Some(new.now.naive_utc()),
        confirmed_at: new.now.naive_utc(),
    };
    insert_details(connection, &details)
}

/// Ends a session. Returns `None` if it had already ended.
pub fn end_session(
    connection: &mut Connection,
    user: UserId,
    session: SessionId,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<Option<UserChange>> {
    let this = sessions::table.filter(sessions::id.eq(session).and(sessions::user_id.eq(user)));
    // Check first, so that ending a session twice writes nothing.
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
