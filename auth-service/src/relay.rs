//! Tells the cache of changes. Every change is told right after its commit; the relay tells those
//! that a crash or an outage left in the outbox, and those that another program made.

use std::{sync::Arc, time::Duration};

use shared::{
    database::{Connection, Database, DatabaseUnavailable, find_user_record},
    user_cache::{CacheUnavailable, UserCache},
    user_record::UserState,
};

use crate::storage::{self, Change};

/// How long a change waits at most while nothing is down.
pub const INTERVAL: Duration = Duration::from_secs(1);

/// How many changes are told in one go.
const BATCH: i64 = 100;

/// Why changes still wait.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// They cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseUnavailable),
    /// They cannot be told.
    #[error(transparent)]
    Cache(#[from] CacheUnavailable),
}

/// Tells the cache of committed changes.
#[derive(Clone)]
pub struct Relay {
    database: Database,
    cache: Arc<dyn UserCache>,
}

impl Relay {
    /// A relay from `database` to `cache`.
    pub fn new(database: Database, cache: Arc<dyn UserCache>) -> Self {
        Self { database, cache }
    }

    /// Tells of one change right after its commit. What fails here is told by [`Relay::run`] later:
    /// the change itself holds already.
    pub async fn announce(&self, change: Change) {
        if let Err(error) = self.try_announce(change).await {
            tracing::warn!(%error, "the change is told later");
        }
    }

    async fn try_announce(&self, change: Change) -> Result<(), RelayError> {
        self.cache.put_if_newer(change.user_id, change.state).await?;
        let id = change.outbox_id;
        self.database
            .run(move |c| storage::delete_pending(c, &[id]).map_err(DatabaseUnavailable::from))
            .await?;
        Ok(())
    }

    /// Tells of everything that waits; how much that was.
    ///
    /// Any number of relays may run: each tells the newest state, and the cache keeps the newest.
    pub async fn run_once(&self) -> Result<usize, RelayError> {
        let mut told = 0;
        loop {
            let waiting = self.database.run(find_states).await?;
            if waiting.is_empty() {
                return Ok(told);
            }
            told += waiting.len();
            for (pending, state) in &waiting {
                self.cache.put_if_newer(pending.user_id, state.clone()).await?;
            }
            let ids: Vec<_> = waiting.iter().map(|(pending, _)| pending.id).collect();
            self.database
                .run(move |c| storage::delete_pending(c, &ids).map_err(DatabaseUnavailable::from))
                .await?;
        }
    }

    /// Runs for good.
    pub async fn run(self) {
        let mut ticks = tokio::time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.run_once().await {
                Ok(0) => {}
                Ok(told) => tracing::info!(told, "told the cache of changes that waited"),
                Err(error) => tracing::warn!(%error, "changes wait"),
            }
        }
    }
}

fn find_states(c: &mut Connection) -> Result<Vec<(storage::Pending, UserState)>, DatabaseUnavailable> {
    let pending = storage::find_pending(c, BATCH)?;
    let mut states = Vec::with_capacity(pending.len());
    for change in pending {
        let state = match find_user_record(c, change.user_id)? {
            Some(record) => UserState::Present(record),
            None => UserState::Deleted { version: change.version },
        };
        states.push((change, state));
    }
    Ok(states)
}
