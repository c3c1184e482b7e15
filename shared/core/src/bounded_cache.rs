//! An in-memory cache that is bounded by bytes and reports how full it is.

use std::{
    hash::{BuildHasher, Hash},
    sync::Arc,
};

use prometheus_client::metrics::counter::Counter;
use quick_cache::{DefaultHashBuilder, Equivalent, Lifecycle, OptionsBuilder, Weighter, sync::Cache};

use crate::metrics::{CacheLabel, Metrics};

/// The initial capacity of the tables, which grow with their content.
const EXPECTED_ENTRIES: usize = 4096;

/// A cache with a limit in bytes; 0 turns it off. The least used entries are evicted first.
pub struct BoundedCache<K, V, B = DefaultHashBuilder> {
    cache: Option<Arc<Table<K, V, B>>>,
}

type Table<K, V, B> = Cache<K, V, Weigh<K, V>, B, CountEvictions>;

/// Computes the size of an entry in bytes, including its share of the tables.
pub type WeighEntry<K, V> = fn(&K, &V) -> u64;

struct Weigh<K, V>(WeighEntry<K, V>);

impl<K, V> Clone for Weigh<K, V> {
    fn clone(&self) -> Self {
        Self(self.0)
    }
}

impl<K, V> Weighter<K, V> for Weigh<K, V> {
    fn weight(&self, key: &K, value: &V) -> u64 {
        (self.0)(key, value)
    }
}

#[derive(Clone)]
struct CountEvictions(Counter);

impl<K, V> Lifecycle<K, V> for CountEvictions {
    type RequestState = ();

    fn on_evict(&self, (): &mut (), _: K, _: V) {
        self.0.inc();
    }
}

impl<K: Eq + Hash, V: Clone, B: BuildHasher + Clone + Default> BoundedCache<K, V, B> {
    /// A cache of at most `bytes`. Metrics show it under `name`.
    pub fn new(name: &'static str, bytes: u64, weigh: WeighEntry<K, V>, metrics: &Metrics) -> Self
    where
        K: Send + Sync + 'static,
        V: Send + Sync + 'static,
        B: Send + Sync + 'static,
    {
        let label = CacheLabel { cache: name };
        let mut options = OptionsBuilder::new();
        options.estimated_items_capacity(EXPECTED_ENTRIES).weight_capacity(bytes);
        let cache = options.build().ok().filter(|_| bytes > 0).map(|options| {
            let evictions = CountEvictions(metrics.cache_evictions.get_or_create_owned(&label));
            Arc::new(Cache::with_options(options, Weigh(weigh), B::default(), evictions))
        });
        if let Some(cache) = cache.clone() {
            let held = metrics.cache_bytes.get_or_create_owned(&label);
            let entries = metrics.cache_entries.get_or_create_owned(&label);
            metrics.before_scrape(move || {
                held.set(i64::try_from(cache.weight()).unwrap_or(i64::MAX));
                entries.set(i64::try_from(cache.len()).unwrap_or(i64::MAX));
            });
        }
        Self { cache }
    }

    /// Returns true if the cache has no memory and keeps nothing.
    pub fn is_off(&self) -> bool {
        self.cache.is_none()
    }

    /// A clone of the value, if it is cached.
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<V> {
        self.cache.as_ref()?.get(key)
    }

    /// Caches a value, evicting others if there is no room.
    pub fn insert(&self, key: K, value: V) {
        if let Some(cache) = &self.cache {
            cache.insert(key, value);
        }
    }

    /// Removes a value.
    pub fn remove<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) {
        if let Some(cache) = &self.cache {
            cache.remove(key);
        }
    }

    /// Removes everything.
    pub fn clear(&self) {
        if let Some(cache) = &self.cache {
            cache.clear();
        }
    }
}
