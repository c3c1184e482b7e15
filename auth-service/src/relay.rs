//! Delivers changes to the cache.
//!
//! `Relay::commit` delivers a change right after its commit. `Relay::run` delivers what is left in the outbox after a
//! crash, an outage, or a change by another program, and then raises the watermark.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use drawbridge_core::{clock::SharedClock, id::UserId, metrics::Metrics};
use drawbridge_database::{Connection, Database, DatabaseUnavailable, find_user_record};
use drawbridge_verification::{
    token::KeysDigest,
    user_cache::{CacheUnavailable, Delivery, Epoch},
    user_record::UserState,
};
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use tokio::time::{MissedTickBehavior, interval};

use crate::storage::{self, CommitOutcome, PendingChange, UserChange};

/// The time between two watermarks while everything is available.
const RELAY_INTERVAL: Duration = Duration::from_millis(500);

/// The age given to a watermark that starts an epoch while changes are pending, so that it is too old to be trusted.
const UNTRUSTED_WATERMARK_AGE: Duration = Duration::from_hours(1);

/// How many changes are read from the outbox at a time.
const OUTBOX_BATCH_SIZE: i64 = 100;

/// Why pending changes were not delivered.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    /// The outbox cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseUnavailable),
    /// The cache does not accept changes.
    #[error(transparent)]
    Cache(#[from] CacheUnavailable),
}

/// Delivers committed changes to the cache.
#[derive(Clone)]
pub struct Relay {
    database: Database,
    cache: Option<Arc<dyn Delivery>>,
    clock: SharedClock,
    delivered: Counter,
    pending: Gauge,
}

impl Relay {
    /// A relay from `database` to `cache`. Without a cache there is nothing to deliver.
    pub fn new(
        database: Database,
        cache: Option<Arc<dyn Delivery>>,
        clock: SharedClock,
        metrics: &Metrics,
    ) -> Self {
        let delivered = metrics.changes_told.get_or_create_owned(&[]);
        let pending = metrics.changes_waiting.get_or_create_owned(&[]);
        Self { database, cache, clock, delivered, pending }
    }

    /// Commits a change to the database and delivers it to the cache. If the delivery fails, [`Relay::run`] delivers the
    /// change later.
    pub(crate) async fn commit<T, E>(
        &self,
        change: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: CommitOutcome + Send + 'static,
        E: From<DatabaseUnavailable> + Send + 'static,
    {
        let epoch = self.current_epoch();
        let outcome = self.database.run(change).await?;
        if let Some(change) = outcome.change()
            && let Err(error) = self.deliver_committed(epoch, change.clone()).await
        {
            tracing::warn!(%error, "change committed but not delivered to the cache; retrying later");
        }
        Ok(outcome)
    }

    async fn deliver_committed(&self, epoch: Option<Epoch>, change: UserChange) -> Result<(), RelayError> {
        // If a new epoch has started in the meantime, the row stays in the outbox.
        if self.deliver(epoch, change.user_id, change.state).await? {
            let id = change.outbox_id;
            self.database.query(move |c| storage::delete_pending_changes(c, &[id])).await?;
        }
        Ok(())
    }

    /// The epoch to deliver a change to. Call it before reading or making the change, so that an outdated state never
    /// reaches a newer epoch.
    fn current_epoch(&self) -> Option<Epoch> {
        self.cache.as_ref().and_then(|cache| cache.epoch())
    }

    /// Delivers the state of a user. Returns false if the epoch no longer exists.
    async fn deliver(
        &self,
        epoch: Option<Epoch>,
        user: UserId,
        state: UserState,
    ) -> Result<bool, CacheUnavailable> {
        let Some(cache) = &self.cache else { return Ok(true) };
        let Some(epoch) = epoch else { return Ok(false) };
        let is_delivered = cache.deliver(epoch, user, state).await?;
        self.delivered.inc_by(u64::from(is_delivered));
        Ok(is_delivered)
    }

    /// Delivers pending changes and raises the watermark. Never returns. Any number of replicas may run it: each
    /// delivers the newest state, and the cache keeps the newest.
    pub(crate) async fn run(self) {
        let mut ticks = interval(RELAY_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            match self.deliver_pending().await {
                Ok(0) => {}
                Ok(delivered) => tracing::info!(delivered, "delivered pending changes to the cache"),
                Err(error) => {
                    tracing::warn!(%error, "pending changes not delivered to the cache; retrying later");
                }
            }
        }
    }

    /// Delivers all pending changes, then raises the watermark. Returns how many changes there were.
    async fn deliver_pending(&self) -> Result<usize, RelayError> {
        let mut delivered = 0;
        loop {
            // Every change committed before this instant is still in the outbox, which is read next, or was already
            // delivered.
            let read_at = Instant::now();
            let now = self.clock.now();
            let read = move |c: &mut _| {
                let pending = storage::find_pending_changes(c, OUTBOX_BATCH_SIZE)?;
                Ok((pending, storage::find_published_kids(c, now)?))
            };
            let (pending, kids) = self.database.query(read).await?;
            self.pending.set(i64::try_from(pending.len()).unwrap_or(i64::MAX));
            let keys = KeysDigest::from_kids(kids.iter().map(String::as_str));
            if pending.is_empty() {
                self.raise_watermark(read_at.elapsed(), keys).await?;
                return Ok(delivered);
            }
            let is_complete = i64::try_from(pending.len()).is_ok_and(|count| count < OUTBOX_BATCH_SIZE);
            delivered += pending.len();
            self.deliver_all(&pending, &keys).await?;
            let ids: Vec<_> = pending.iter().map(|change| change.id).collect();
            self.database.query(move |c| storage::delete_pending_changes(c, &ids)).await?;
            // Do not wait for an empty outbox: under load, it rarely is.
            if is_complete && self.cache.is_some() {
                self.raise_watermark(read_at.elapsed(), keys).await?;
                return Ok(delivered);
            }
        }
    }

    async fn deliver_all(&self, pending: &[PendingChange], keys: &KeysDigest) -> Result<(), RelayError> {
        // The newest state of a user includes all earlier changes.
        let mut newest: BTreeMap<UserId, i64> = BTreeMap::new();
        for change in pending {
            let version = newest.entry(change.user_id).or_insert(change.version);
            *version = change.version.max(*version);
        }
        for (user, version) in newest {
            if self.deliver_newest(user, version).await? {
                continue;
            }
            // There is no epoch, or a new one has to start. Its watermark must not be trusted while changes are pending.
            self.raise_watermark(UNTRUSTED_WATERMARK_AGE, keys.clone()).await?;
            if !self.deliver_newest(user, version).await? {
                return Err(RelayError::Cache(CacheUnavailable("epochs change too quickly".into())));
            }
        }
        Ok(())
    }

    async fn deliver_newest(&self, user: UserId, version: i64) -> Result<bool, RelayError> {
        let epoch = self.current_epoch();
        let record = self.database.query(move |c| find_user_record(c, user)).await?;
        let state = record.map_or(UserState::Deleted { version }, UserState::from);
        Ok(self.deliver(epoch, user, state).await?)
    }

    async fn raise_watermark(&self, age: Duration, keys: KeysDigest) -> Result<(), CacheUnavailable> {
        match &self.cache {
            Some(cache) => cache.raise_watermark(age, keys).await,
            None => Ok(()),
        }
    }
}
