use chrono::{DateTime, Utc};
use diesel::QueryResult;
use drawbridge_database::Connection;

use crate::{
    domain::{Actor, EventKind, FrontendName},
    storage::{self, NewEvent},
};

/// Who changes the registry, and when.
#[derive(Debug, Clone, Copy)]
pub struct RegistryAuthor<'a> {
    /// Who makes the change.
    pub actor: &'a Actor,
    /// The current time.
    pub now: DateTime<Utc>,
}

impl RegistryAuthor<'_> {
    /// Inserts the audit event of a change of a frontend, in the transaction of the change.
    pub(super) fn record(
        self,
        connection: &mut Connection,
        kind: EventKind,
        name: &FrontendName,
        detail: &str,
    ) -> QueryResult<()> {
        let separator = if detail.is_empty() { "" } else { ": " };
        let event = NewEvent::new(kind, self.actor, self.now);
        storage::insert_event(connection, &event.with_detail(format!("{name}{separator}{detail}")))
    }
}
