use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, QueryResult, Queryable, RunQueryDsl,
    Selectable, SelectableHelper, delete, insert_into,
};
use drawbridge_core::{
    id::{EventId, SessionId, UserId},
    random::Random,
};
use drawbridge_database::{
    Connection, on_backend,
    schema::{audit_events, users},
};

use super::mail_jobs::{MailJobRow, insert_mail_job};
use crate::domain::{Actor, EventKind};

/// The number of wrong codes within a day that causes a notice (ASVS 5.0, V6.3.5).
const WRONG_CODES_UNTIL_NOTICE: i64 = 5;

/// An audit event with the mail that it causes. It is inserted in the transaction of the change that it describes
/// (ASVS 5.0, V16.3).
#[derive(Clone)]
pub struct NewEvent {
    row: EventRow,
    mail: Vec<MailJobRow>,
    /// Mail about the account, which goes only to a confirmed address.
    notices: Vec<MailJobRow>,
}

#[derive(Clone, Insertable)]
#[diesel(table_name = audit_events)]
struct EventRow {
    id: EventId,
    at: NaiveDateTime,
    kind: &'static str,
    user_id: Option<UserId>,
    actor: &'static str,
    address: String,
    user_agent: String,
    session_id: Option<SessionId>,
    request_id: String,
    detail: String,
}

impl NewEvent {
    /// An event caused by `actor`.
    pub fn new(kind: EventKind, actor: &Actor, now: DateTime<Utc>) -> Self {
        let row = EventRow {
            id: EventId::generate(Random, now),
            at: now.naive_utc(),
            kind: kind.as_str(),
            user_id: None,
            actor: actor.kind.as_str(),
            address: actor.address_text(),
            user_agent: actor.user_agent.clone(),
            session_id: None,
            request_id: actor.request_id.clone(),
            detail: String::new(),
        };
        Self { row, mail: Vec::new(), notices: Vec::new() }
    }

    /// Sets the account that the event is about.
    #[must_use]
    pub fn to(mut self, user: UserId) -> Self {
        self.row.user_id = Some(user);
        self
    }

    /// Sets the session in which the event happened.
    #[must_use]
    pub fn within(mut self, session: SessionId) -> Self {
        self.row.session_id = Some(session);
        self
    }

    /// Sets the detail, which must not be a secret.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.row.detail = detail.into();
        self
    }

    /// Adds mail jobs, which are inserted together with the event.
    #[must_use]
    pub fn with_mail(mut self, mail: impl IntoIterator<Item = MailJobRow>) -> Self {
        self.mail.extend(mail);
        self
    }

    /// Adds notices to the holder of the account. They are inserted together with the event, if the account's address
    /// is confirmed by then: an unconfirmed address may belong to someone else, who must not learn about the account.
    #[must_use]
    pub fn with_notices(mut self, notices: impl IntoIterator<Item = MailJobRow>) -> Self {
        self.notices.extend(notices);
        self
    }

    /// The same event without its mail jobs.
    #[must_use]
    pub(super) fn without_mail(&self) -> Self {
        Self { row: self.row.clone(), mail: Vec::new(), notices: Vec::new() }
    }

    /// The same event for a change that deletes the account or replaces its address: whether the notices are sent is
    /// decided now, based on the address before the change.
    pub(super) fn before_address_changes(&self, connection: &mut Connection) -> QueryResult<Self> {
        let mut event = self.without_mail();
        event.mail.extend(self.mail.iter().cloned());
        if self.sends_notices(connection)? {
            event.mail.extend(self.notices.iter().cloned());
        }
        Ok(event)
    }

    /// Returns true if there are notices and the address of the account is confirmed.
    fn sends_notices(&self, connection: &mut Connection) -> QueryResult<bool> {
        let Some(user) = self.row.user_id.filter(|_| !self.notices.is_empty()) else { return Ok(false) };
        let confirmed = users::table.find(user).select(users::email_verified);
        let confirmed: Option<bool> = on_backend!(connection, |c| confirmed.first(c).optional())?;
        Ok(confirmed.unwrap_or(false))
    }

    /// Returns true if mail may be queued with the event.
    pub(crate) fn has_mail(&self) -> bool {
        !self.mail.is_empty() || !self.notices.is_empty()
    }
}

/// A stored audit event.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = audit_events)]
pub struct AuditEvent {
    /// The ID; later events have greater IDs.
    pub id: EventId,
    /// When it happened.
    pub at: NaiveDateTime,
    /// A kind from [`EventKind`], or from a later version.
    pub kind: String,
    /// The account, if there is one.
    pub user_id: Option<UserId>,
    /// Who caused it: `person`, `operator` or `frontend`.
    pub actor: String,
    /// The client's address; empty for an operator.
    pub address: String,
    /// The browser's `User-Agent`.
    pub user_agent: String,
    /// The session in which it happened.
    pub session_id: Option<SessionId>,
    /// The ID of the request in the logs.
    pub request_id: String,
    /// The detail; empty if there is none.
    pub detail: String,
}

/// The audit events to find.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Only events of this account.
    pub user: Option<UserId>,
    /// Only events of this kind.
    pub kind: Option<EventKind>,
    /// Only events at or after this time.
    pub since: Option<NaiveDateTime>,
    /// Only events older than this one, the last one of the previous page.
    pub before: Option<EventId>,
}

/// Inserts an audit event and its mail jobs.
pub fn insert_event(connection: &mut Connection, event: &NewEvent) -> QueryResult<()> {
    let row = &event.row;
    on_backend!(&mut *connection, |c| insert_into(audit_events::table).values(row).execute(c))?;
    event.mail.iter().try_for_each(|job| insert_mail_job(connection, job))?;
    if event.sends_notices(connection)? {
        event.notices.iter().try_for_each(|notice| insert_mail_job(connection, notice))?;
    }
    Ok(())
}

/// Finds audit events, newest first, at most `limit`.
pub fn find_events(
    connection: &mut Connection,
    filter: &EventFilter,
    limit: i64,
) -> QueryResult<Vec<AuditEvent>> {
    on_backend!(connection, |c| {
        let mut query = audit_events::table
            .select(AuditEvent::as_select())
            .order(audit_events::id.desc())
            .limit(limit)
            .into_boxed();
        if let Some(user) = filter.user {
            query = query.filter(audit_events::user_id.eq(user));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(audit_events::kind.eq(kind.as_str()));
        }
        if let Some(since) = filter.since {
            query = query.filter(audit_events::at.ge(since));
        }
        if let Some(before) = filter.before {
            query = query.filter(audit_events::id.lt(before));
        }
        query.load(c)
    })
}

/// Deletes the events that happened before `end`, and returns how many there were.
pub fn delete_events_before(connection: &mut Connection, end: DateTime<Utc>) -> QueryResult<usize> {
    let old = audit_events::table.filter(audit_events::at.lt(end.naive_utc()));
    on_backend!(connection, |c| delete(old).execute(c))
}

/// Deletes the failed sign-ins before `end` that concern addresses without an account, and returns how many there were.
pub fn delete_unattributed_events_before(
    connection: &mut Connection,
    end: DateTime<Utc>,
) -> QueryResult<usize> {
    let old = audit_events::table
        .filter(audit_events::user_id.is_null())
        .filter(audit_events::kind.eq(EventKind::SignInFailed.as_str()))
        .filter(audit_events::at.lt(end.naive_utc()));
    on_backend!(connection, |c| delete(old).execute(c))
}

/// Deletes the events of an account.
pub(super) fn delete_events_of(connection: &mut Connection, user: UserId) -> QueryResult<usize> {
    let theirs = audit_events::table.filter(audit_events::user_id.eq(user));
    on_backend!(connection, |c| delete(theirs).execute(c))
}

/// Inserts an audit event for a wrong code. Its mail is sent only with the fifth wrong code in a day (ASVS 5.0,
/// V6.3.5).
pub fn insert_wrong_code(
    connection: &mut Connection,
    user: UserId,
    now: DateTime<Utc>,
    event: &NewEvent,
) -> QueryResult<()> {
    let filter = EventFilter {
        user: Some(user),
        kind: Some(EventKind::SecondFactorFailed),
        since: Some((now - TimeDelta::days(1)).naive_utc()),
        before: None,
    };
    let earlier = find_events(connection, &filter, WRONG_CODES_UNTIL_NOTICE)?.len();
    if i64::try_from(earlier + 1).is_ok_and(|count| count == WRONG_CODES_UNTIL_NOTICE) {
        insert_event(connection, event)
    } else {
        insert_event(connection, &event.without_mail())
    }
}
