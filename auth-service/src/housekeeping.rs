//! Deletes expired data periodically.

use std::time::Duration;

use chrono::TimeDelta;
use drawbridge_core::{
    clock::SharedClock,
    settings::{Reader, Setting},
};
use drawbridge_database::{Database, DatabaseUnavailable};

use crate::storage;

const AUDIT_RETENTION: Setting = Setting::new("AUDIT_RETENTION", "How long audit events are kept.");

const DAY: Duration = Duration::from_hours(24);

const HOUSEKEEPING_INTERVAL: Duration = Duration::from_mins(10);

/// How long events about sign-in attempts with unknown addresses are kept. Anyone can cause as many as the limits
/// allow.
const UNKNOWN_ADDRESS_RETENTION: TimeDelta = TimeDelta::days(7);

/// Reads `AUDIT_RETENTION`.
pub(crate) fn read_audit_retention(reader: &mut Reader) -> Duration {
    reader.duration(AUDIT_RETENTION, 365 * DAY, DAY..=3650 * DAY)
}

/// Deletes expired links, challenges, nonces, previews and keys of frontends, and audit events older than
/// `audit_retention`. Any number of replicas may run it. Never returns.
pub(crate) async fn run_housekeeping(database: Database, clock: SharedClock, audit_retention: Duration) {
    let audit_retention = TimeDelta::from_std(audit_retention).unwrap_or(TimeDelta::MAX);
    let mut ticks = tokio::time::interval(HOUSEKEEPING_INTERVAL);
    loop {
        ticks.tick().await;
        if let Err(error) = delete_expired(&database, &clock, audit_retention).await {
            tracing::warn!(%error, "housekeeping failed; retrying later");
        }
    }
}

async fn delete_expired(
    database: &Database,
    clock: &SharedClock,
    audit_retention: TimeDelta,
) -> Result<(), DatabaseUnavailable> {
    let now = clock.now();
    let delete = move |c: &mut _| {
        storage::delete_expired_links(c, now)?;
        storage::delete_expired_ceremonies(c, now)?;
        storage::delete_expired_nonces(c, now)?;
        storage::delete_expired_previews(c, now)?;
        storage::delete_expired_frontend_keys(c, now)?;
        storage::delete_unattributed_events_before(c, now - UNKNOWN_ADDRESS_RETENTION)?;
        storage::delete_events_before(c, now - audit_retention)
    };
    let deleted = database.query(delete).await?;
    if deleted > 0 {
        tracing::info!(deleted, "deleted old audit events");
    }
    Ok(())
}
