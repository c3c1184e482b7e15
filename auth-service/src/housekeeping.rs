//! What is no longer needed is forgotten, now and then.

use std::time::Duration;

use chrono::TimeDelta;
use drawbridge_core::clock::SharedClock;
use drawbridge_database::{Database, DatabaseUnavailable};

use crate::storage;

const EVERY: Duration = Duration::from_mins(10);

/// How long tries at addresses without an account are kept: anybody can make as many as the limits let them.
const OF_NOBODY: TimeDelta = TimeDelta::days(7);

/// Forgets links and challenges whose time is over, and what the audit log has kept for `retention`. Any number of
/// replicas may do so.
pub(crate) async fn keep_house(database: Database, clock: SharedClock, retention: Duration) {
    let retention = TimeDelta::from_std(retention).unwrap_or(TimeDelta::MAX);
    let mut ticks = tokio::time::interval(EVERY);
    loop {
        ticks.tick().await;
        if let Err(error) = clean(&database, &clock, retention).await {
            tracing::warn!(%error, "what is no longer needed stays for now");
        }
    }
}

async fn clean(
    database: &Database,
    clock: &SharedClock,
    retention: TimeDelta,
) -> Result<(), DatabaseUnavailable> {
    let now = clock.now();
    let clean = move |c: &mut _| {
        storage::delete_ended_links(c, now)?;
        storage::delete_ended_ceremonies(c, now)?;
        storage::delete_events_of_nobody_before(c, now - OF_NOBODY)?;
        storage::delete_events_before(c, now - retention)
    };
    let forgotten = database.query(clean).await?;
    if forgotten > 0 {
        tracing::info!(forgotten, "old audit events");
    }
    Ok(())
}
