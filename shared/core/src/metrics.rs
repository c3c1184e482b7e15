//! What a service counts, as Prometheus reads it. Every metric of the product stands here; a service
//! shows those that it has touched.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Metric, Registry},
};

/// The upper bounds of latency buckets, in seconds: a hot verification takes a millionth, a login half.
const BUCKETS: [f64; 17] = [
    1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 1e-2, 2.5e-2, 0.1, 0.25, 1.0,
    2.5,
];

/// A gauge of a length of time in seconds, or of another fraction.
pub type FloatGauge = Gauge<f64, AtomicU64>;

/// A metric without labels, which is shown once it was touched.
pub type NoLabels = [(&'static str, &'static str); 0];

/// `{outcome, layer}`
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct VerificationLabels {
    /// `ok`, or the `code` of the refusal.
    pub outcome: &'static str,
    /// Which layer knew the answer.
    pub layer: &'static str,
}

/// `{layer}`
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LayerLabel {
    /// Which layer knew the answer.
    pub layer: &'static str,
}

/// `{cache}`
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CacheLabel {
    /// `tokens`, `records` or `recent`.
    pub cache: &'static str,
}

/// `{dependency}`
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DependencyLabel {
    /// What is called: `database`, `redis`, or a service's address.
    pub dependency: String,
}

/// `{status}`
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StatusLabel {
    /// The HTTP status.
    pub status: u16,
}

/// The metrics of one service. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    families: Families,
    before_scrape: Mutex<Vec<Box<dyn Fn() + Send + Sync>>>,
}

/// The metrics by name.
pub struct Families {
    /// Requests answered, by status.
    pub http_requests: Family<StatusLabel, Counter>,
    /// How long a request took, in seconds.
    pub http_request_seconds: Histogram,
    /// Verifications, by outcome and by the layer that answered.
    pub verifications: Family<VerificationLabels, Counter>,
    /// How long a verification took, in seconds, by the layer that answered.
    pub verification_seconds: Family<LayerLabel, Histogram>,
    /// The age of the newest watermark, in seconds: how far behind a verifier may be.
    pub revocation_lag_seconds: Family<NoLabels, FloatGauge>,
    /// 1 while the cache is believed, else 0.
    pub cache_trusted: Family<NoLabels, Gauge>,
    /// 1 while the connection that carries the changes stands, else 0.
    pub channel_up: Family<NoLabels, Gauge>,
    /// How often that connection broke.
    pub channel_breaks: Family<NoLabels, Counter>,
    /// Bytes that a cache holds.
    pub cache_bytes: Family<CacheLabel, Gauge>,
    /// Entries that a cache holds.
    pub cache_entries: Family<CacheLabel, Gauge>,
    /// Entries that made room for others.
    pub cache_evictions: Family<CacheLabel, Counter>,
    /// 0 closed (calls go out), 1 half open (one call tries), 2 open (calls fail at once).
    pub breaker_state: Family<DependencyLabel, Gauge>,
    /// How often a breaker opened.
    pub breaker_openings: Family<DependencyLabel, Counter>,
    /// Changes of users that the cache was told of.
    pub changes_told: Family<NoLabels, Counter>,
    /// Changes that waited in the outbox when the relay looked last.
    pub changes_waiting: Family<NoLabels, Gauge>,
    /// Tokens renewed.
    pub renewals: Family<NoLabels, Counter>,
}

impl Families {
    fn register(registry: &mut Registry) -> Self {
        fn add<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
            registry.register(name, help, metric.clone());
            metric
        }
        let r = registry;
        Self {
            http_requests: add(r, "http_requests", "Requests answered, by status", Family::default()),
            http_request_seconds: add(r, "http_request_seconds", "How long a request took", histogram()),
            verifications: add(r, "verifications", "Verifications, by outcome and layer", Family::default()),
            verification_seconds: add(
                r,
                "verification_seconds",
                "How long a verification took, by layer",
                Family::new_with_constructor(histogram),
            ),
            revocation_lag_seconds: add(
                r,
                "revocation_lag_seconds",
                "Age of the newest watermark",
                Family::default(),
            ),
            cache_trusted: add(r, "cache_trusted", "1 while the cache is believed", Family::default()),
            channel_up: add(r, "channel_up", "1 while the channel of changes stands", Family::default()),
            channel_breaks: add(r, "channel_breaks", "How often the channel broke", Family::default()),
            cache_bytes: add(r, "cache_bytes", "Bytes that a cache holds", Family::default()),
            cache_entries: add(r, "cache_entries", "Entries that a cache holds", Family::default()),
            cache_evictions: add(r, "cache_evictions", "Entries that made room", Family::default()),
            breaker_state: add(r, "breaker_state", "0 closed, 1 half open, 2 open", Family::default()),
            breaker_openings: add(r, "breaker_openings", "How often a breaker opened", Family::default()),
            changes_told: add(r, "changes_told", "Changes that the cache was told of", Family::default()),
            changes_waiting: add(r, "changes_waiting", "Changes in the outbox", Family::default()),
            renewals: add(r, "renewals", "Tokens renewed", Family::default()),
        }
    }
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Metrics {
    /// Metrics that have counted nothing yet.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("drawbridge");
        let families = Families::register(&mut registry);
        Self(Arc::new(Inner { registry, families, before_scrape: Mutex::default() }))
    }

    /// Runs `observe` before each scrape, for what is looked up and not counted.
    pub fn before_scrape(&self, observe: impl Fn() + Send + Sync + 'static) {
        self.0.before_scrape.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(observe));
    }

    /// All metrics in the `OpenMetrics` text format 1.0.
    pub fn render(&self) -> String {
        self.0.before_scrape.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|look| look());
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.0.registry);
        text
    }

    /// Notes how a request ended.
    pub fn request(&self, status: u16, took: Duration) {
        self.http_requests.get_or_create(&StatusLabel { status }).inc();
        self.http_request_seconds.observe(took.as_secs_f64());
    }
}

impl std::ops::Deref for Metrics {
    type Target = Families;

    fn deref(&self) -> &Families {
        &self.0.families
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(..)")
    }
}
