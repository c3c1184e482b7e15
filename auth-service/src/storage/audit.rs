use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{
    ExpressionMethods, Insertable, QueryDsl, Queryable, RunQueryDsl, Selectable, SelectableHelper, delete,
    insert_into,
};
use drawbridge_core::{
    id::{EventId, SessionId, UserId},
    random::Random,
};
use drawbridge_database::{Connection, on_backend, schema::audit_events};

use super::{MailJobRow, QueryResult, insert_mail_job};
use crate::{caller::Caller, domain::EventKind};

/// Something that happened, to be kept in the same transaction as what it tells of (ASVS 5.0, V16.3), with the mails
/// that tell somebody.
#[derive(Clone)]
pub struct NewEvent {
    row: EventRow,
    mails: Vec<MailJobRow>,
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
    /// Something that `caller` did.
    pub fn new(kind: EventKind, caller: &Caller, now: DateTime<Utc>) -> Self {
        let row = EventRow {
            id: EventId::generate(Random, now),
            at: now.naive_utc(),
            kind: kind.as_str(),
            user_id: None,
            actor: caller.actor.as_str(),
            address: caller.address_text(),
            user_agent: caller.user_agent.clone(),
            session_id: None,
            request_id: caller.request_id.clone(),
            detail: String::new(),
        };
        Self { row, mails: Vec::new() }
    }

    /// To whom.
    #[must_use]
    pub fn to(mut self, user: UserId) -> Self {
        self.row.user_id = Some(user);
        self
    }

    /// In which session.
    #[must_use]
    pub fn within(mut self, session: SessionId) -> Self {
        self.row.session_id = Some(session);
        self
    }

    /// What more there is to say; never a secret.
    #[must_use]
    pub fn saying(mut self, detail: impl Into<String>) -> Self {
        self.row.detail = detail.into();
        self
    }

    /// Which mail tells somebody of it.
    #[must_use]
    pub fn mailing(mut self, mail: impl IntoIterator<Item = MailJobRow>) -> Self {
        self.mails.extend(mail);
        self
    }
}

/// An event as it was kept.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = audit_events)]
pub struct Event {
    /// The row; later ones are greater.
    pub id: EventId,
    /// When.
    pub at: NaiveDateTime,
    /// What: a word of [`EventKind`], or one of a later version.
    pub kind: String,
    /// To whom.
    pub user_id: Option<UserId>,
    /// By whom: `person` or `operator`.
    pub actor: String,
    /// From where.
    pub address: String,
    /// With what.
    pub user_agent: String,
    /// In which session.
    pub session_id: Option<SessionId>,
    /// Under which id it stands in the logs.
    pub request_id: String,
    /// What more there is to say.
    pub detail: String,
}

/// Which events are wanted, newest first.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Of this user alone.
    pub user: Option<UserId>,
    /// Of this kind alone.
    pub kind: Option<EventKind>,
    /// Not before this moment.
    pub since: Option<NaiveDateTime>,
    /// Older than this one: the last of the page before.
    pub before: Option<EventId>,
}

/// Keeps an event, and puts its mails in the queue.
pub fn insert_event(connection: &mut Connection, event: &NewEvent) -> QueryResult<()> {
    let row = &event.row;
    on_backend!(&mut *connection, |c| insert_into(audit_events::table).values(row).execute(c))?;
    event.mails.iter().try_for_each(|mail| insert_mail_job(connection, mail))
}

/// The wanted events, newest first, at most `limit`.
pub fn find_events(connection: &mut Connection, filter: &EventFilter, limit: i64) -> QueryResult<Vec<Event>> {
    on_backend!(connection, |c| {
        let mut query = audit_events::table
            .select(Event::as_select())
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

/// Forgets what happened before `end`, and how many events that were.
pub fn delete_events_before(connection: &mut Connection, end: DateTime<Utc>) -> QueryResult<usize> {
    let old = audit_events::table.filter(audit_events::at.lt(end.naive_utc()));
    on_backend!(connection, |c| delete(old).execute(c))
}

/// Forgets tries at addresses that have no account before `end`, and how many that were.
pub fn delete_events_of_nobody_before(connection: &mut Connection, end: DateTime<Utc>) -> QueryResult<usize> {
    let old = audit_events::table
        .filter(audit_events::user_id.is_null())
        .filter(audit_events::kind.eq(EventKind::SignInFailed.as_str()))
        .filter(audit_events::at.lt(end.naive_utc()));
    on_backend!(connection, |c| delete(old).execute(c))
}

/// Forgets what happened to somebody who is gone.
pub(super) fn delete_events_of(connection: &mut Connection, user: UserId) -> QueryResult<usize> {
    let theirs = audit_events::table.filter(audit_events::user_id.eq(user));
    on_backend!(connection, |c| delete(theirs).execute(c))
}
