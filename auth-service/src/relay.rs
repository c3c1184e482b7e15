//! Tells the cache of changes. Every change is told right after its commit; the relay tells those
//! that a crash or an outage left in the outbox, and those that another program made.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use drawbridge_core::{clock::SharedClock, id::UserId, metrics::Metrics};
use drawbridge_database::{Database, DatabaseUnavailable, find_user_record};
use drawbridge_verification::{
    token::KeysDigest,
    user_cache::{CacheUnavailable, Delivery, Epoch},
    user_record::UserState,
};
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};

use crate::storage::{self, Change};

/// How often the relay looks, and so how far apart watermarks are while nothing is down.
pub const INTERVAL: Duration = Duration::from_millis(500);

/// The age of a watermark that begins an epoch and claims nothing.
const NOT_DELIVERED: Duration = Duration::from_hours(1);

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

/// The epoch in which a change is told: the one that there was before the change was read, so that no
/// old state ever reaches a new epoch.
#[derive(Debug, Clone, Copy)]
pub struct Prepared(Option<Epoch>);

/// Tells the cache of committed changes.
#[derive(Clone)]
pub struct Relay {
    database: Database,
    cache: Option<Arc<dyn Delivery>>,
    clock: SharedClock,
    told: Counter,
    waiting: Gauge,
}

impl Relay {
    /// A relay from `database` to `cache`; without one there is nobody to be told.
    pub fn new(
        database: Database,
        cache: Option<Arc<dyn Delivery>>,
        clock: SharedClock,
        metrics: &Metrics,
    ) -> Self {
        let told = metrics.changes_told.get_or_create_owned(&[]);
        let waiting = metrics.changes_waiting.get_or_create_owned(&[]);
        Self { database, cache, clock, told, waiting }
    }

    /// Where a change is told that is about to be made. Ask before it is made.
    pub fn prepare(&self) -> Prepared {
        Prepared(self.cache.as_ref().and_then(|cache| cache.epoch()))
    }

    /// Tells of one change right after its commit. What fails here is told by [`Relay::run`] later:
    /// the change itself holds already.
    pub async fn announce(&self, prepared: Prepared, change: Change) {
        if let Err(error) = self.try_announce(prepared, change).await {
            tracing::warn!(%error, "the change is told later");
        }
    }

    async fn try_announce(&self, prepared: Prepared, change: Change) -> Result<(), RelayError> {
        // An epoch that has begun meanwhile leaves the row to the relay.
        if self.tell(prepared, change.user_id, change.state).await? {
            let id = change.outbox_id;
            self.database.query(move |c| storage::delete_pending(c, &[id])).await?;
        }
        Ok(())
    }

    async fn tell(
        &self,
        prepared: Prepared,
        user: UserId,
        state: UserState,
    ) -> Result<bool, CacheUnavailable> {
        let Some(cache) = &self.cache else { return Ok(true) };
        let Prepared(Some(epoch)) = prepared else { return Ok(false) };
        let delivered = cache.deliver(epoch, user, state).await?;
        self.told.inc_by(u64::from(delivered));
        Ok(delivered)
    }

    /// Tells of everything that waits, and then says so by the watermark. How much it was.
    ///
    /// Any number of relays may run: each tells the newest state, and the cache keeps the newest.
    pub async fn run_once(&self) -> Result<usize, RelayError> {
        let mut told = 0;
        loop {
            // What is committed before this moment is in the answer, or has been told.
            let asked = Instant::now();
            let now = self.clock.now();
            let look = move |c: &mut _| {
                Ok((storage::find_pending(c, BATCH)?, storage::find_published_kids(c, now)?))
            };
            let (waiting, kids) = self.database.query(look).await?;
            self.waiting.set(i64::try_from(waiting.len()).unwrap_or(i64::MAX));
            let keys = KeysDigest::of(kids.iter().map(String::as_str));
            if waiting.is_empty() {
                if let Some(cache) = &self.cache {
                    cache.raise_watermark(asked.elapsed(), keys).await?;
                }
                return Ok(told);
            }
            let is_all = i64::try_from(waiting.len()).is_ok_and(|waiting| waiting < BATCH);
            told += waiting.len();
            self.tell_all(&waiting, &keys).await?;
            let ids: Vec<_> = waiting.iter().map(|change| change.id).collect();
            self.database.query(move |c| storage::delete_pending(c, &ids)).await?;
            // All that waited was told, so all that was committed before this look is. Under a load of
            // changes the outbox is seldom empty.
            if let (Some(cache), true) = (&self.cache, is_all) {
                cache.raise_watermark(asked.elapsed(), keys).await?;
                return Ok(told);
            }
        }
    }

    async fn tell_all(&self, waiting: &[storage::Pending], keys: &KeysDigest) -> Result<(), RelayError> {
        // Of several changes of one user the last state tells all.
        let newest: BTreeMap<UserId, i64> = waiting.iter().fold(BTreeMap::new(), |mut newest, change| {
            let version = newest.entry(change.user_id).or_insert(change.version);
            *version = change.version.max(*version);
            newest
        });
        for (user, version) in newest {
            if !self.tell_newest(user, version).await? {
                // There is no epoch, or a new one begins. While changes wait, its watermark is too old
                // for anybody to believe.
                if let Some(cache) = &self.cache {
                    cache.raise_watermark(NOT_DELIVERED, keys.clone()).await?;
                }
                if !self.tell_newest(user, version).await? {
                    return Err(RelayError::Cache(CacheUnavailable("epochs change too quickly".into())));
                }
            }
        }
        Ok(())
    }

    async fn tell_newest(&self, user: UserId, version: i64) -> Result<bool, RelayError> {
        let prepared = self.prepare();
        let record = self.database.query(move |c| find_user_record(c, user)).await?;
        let state = record.map_or(UserState::Deleted { version }, UserState::from);
        Ok(self.tell(prepared, user, state).await?)
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
