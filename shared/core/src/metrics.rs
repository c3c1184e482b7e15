//! Prometheus metrics. Every metric of the product is declared here; a service exposes those it has used.

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

/// The upper bounds of latency buckets, in seconds. A hot verification takes about 1 µs, a login about 0.5 s.
const BUCKETS: [f64; 17] = [
    1e-6, 2.5e-6, 5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 1e-2, 2.5e-2, 0.1, 0.25, 1.0,
    2.5,
];

/// A gauge of a duration in seconds or of another fraction.
pub type FloatGauge = Gauge<f64, AtomicU64>;

/// No labels. Such a metric is exposed after its first use.
pub type NoLabels = [(&'static str, &'static str); 0];

/// `{outcome, layer}`
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct VerificationLabels {
    /// `ok`, or the `code` of the refusal.
    pub outcome: &'static str,
    /// The layer that knew the answer.
    pub layer: &'static str,
}

/// `{layer}`
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LayerLabel {
    /// The layer that knew the answer.
    pub layer: &'static str,
}

/// `{cache}`
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CacheLabel {
    /// `tokens`, `records`, `recent` or `unknown`.
    pub cache: &'static str,
}

/// `{dependency}`
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DependencyLabel {
    /// The program that is called: `database`, `redis`, or the address of a service.
    pub dependency: String,
}

/// `{status}`
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StatusLabel {
    /// The HTTP status.
    pub status: u16,
}

/// `{result}`
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ProofLabel {
    /// `accepted` or `refused`.
    pub result: &'static str,
}

/// The metrics of one service. Cheap to clone.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    registry: Registry,
    families: Families,
    before_scrape: Mutex<Vec<Box<dyn Fn() + Send + Sync>>>,
}

/// Every metric by name.
pub struct Families {
    /// Answered requests by status.
    pub http_requests: Family<StatusLabel, Counter>,
    /// Duration of requests, in seconds.
    pub http_request_seconds: Histogram,
    /// Verifications by outcome and by the layer that answered.
    pub verifications: Family<VerificationLabels, Counter>,
    /// Duration of verifications in seconds, by the layer that answered.
    pub verification_seconds: Family<LayerLabel, Histogram>,
    /// Age of the newest watermark in seconds: the longest time by which a verifier can lag behind.
    pub revocation_lag_seconds: Family<NoLabels, FloatGauge>,
    /// 1 while the cache is trusted, otherwise 0.
    pub cache_trusted: Family<NoLabels, Gauge>,
    /// 1 while the connection that delivers changes is up, otherwise 0.
    pub channel_up: Family<NoLabels, Gauge>,
    /// Losses of that connection.
    pub channel_breaks: Family<NoLabels, Counter>,
    /// Size of a cache, in bytes.
    pub cache_bytes: Family<CacheLabel, Gauge>,
    /// Entries in a cache.
    pub cache_entries: Family<CacheLabel, Gauge>,
    /// Entries evicted to make room for others.
    pub cache_evictions: Family<CacheLabel, Counter>,
    /// 0 closed (calls go out), 1 half-open (one call probes), 2 open (calls fail immediately).
    pub breaker_state: Family<DependencyLabel, Gauge>,
    /// Openings of a breaker.
    pub breaker_openings: Family<DependencyLabel, Counter>,
    /// User changes delivered to the cache.
    pub changes_told: Family<NoLabels, Counter>,
    /// Changes in the outbox when the relay last looked.
    pub changes_waiting: Family<NoLabels, Gauge>,
    /// Open change feeds.
    pub change_feeds: Family<NoLabels, Gauge>,
    /// Renewed tokens.
    pub renewals: Family<NoLabels, Counter>,
    /// Checked proxy proofs by result.
    pub proxy_proofs: Family<ProofLabel, Counter>,
}

impl Families {
    fn register(registry: &mut Registry) -> Self {
        let mut r = Registrar(registry);
        Self {
            http_requests: r.add_new("http_requests", "Answered requests by status"),
            http_request_seconds: r.add("http_request_seconds", "Duration of requests", histogram()),
            verifications: r.add_new("verifications", "Verifications by outcome and layer"),
            verification_seconds: r.add(
                "verification_seconds",
                "Duration of verifications by layer",
                Family::new_with_constructor(histogram),
            ),
            revocation_lag_seconds: r.add_new("revocation_lag_seconds", "Age of the newest watermark"),
            cache_trusted: r.add_new("cache_trusted", "1 while the cache is trusted"),
            channel_up: r.add_new("channel_up", "1 while the connection that delivers changes is up"),
            channel_breaks: r.add_new("channel_breaks", "Losses of the connection that delivers changes"),
            cache_bytes: r.add_new("cache_bytes", "Size of a cache"),
            cache_entries: r.add_new("cache_entries", "Entries in a cache"),
            cache_evictions: r.add_new("cache_evictions", "Entries evicted to make room for others"),
            breaker_state: r.add_new("breaker_state", "0 closed, 1 half-open, 2 open"),
            breaker_openings: r.add_new("breaker_openings", "Openings of a breaker"),
            changes_told: r.add_new("changes_told", "Changes delivered to the cache"),
            changes_waiting: r.add_new("changes_waiting", "Changes waiting in the outbox"),
            change_feeds: r.add_new("change_feeds", "Open change feeds"),
            renewals: r.add_new("renewals", "Renewed tokens"),
            proxy_proofs: r.add_new("proxy_proofs", "Checked proxy proofs by result"),
        }
    }
}

/// Registers metrics under their names.
struct Registrar<'a>(&'a mut Registry);

impl Registrar<'_> {
    fn add<M: Metric + Clone>(&mut self, name: &str, help: &str, metric: M) -> M {
        self.0.register(name, help, metric.clone());
        metric
    }

    /// Adds a metric without any observation.
    fn add_new<M: Metric + Clone + Default>(&mut self, name: &str, help: &str) -> M {
        self.add(name, help, M::default())
    }
}

fn histogram() -> Histogram {
    Histogram::new(BUCKETS)
}

impl Metrics {
    /// Metrics without any observation.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("drawbridge");
        let families = Families::register(&mut registry);
        Self(Arc::new(Inner { registry, families, before_scrape: Mutex::default() }))
    }

    /// Runs `observe` before each scrape, for values that are read rather than counted.
    pub fn before_scrape(&self, observe: impl Fn() + Send + Sync + 'static) {
        self.0.before_scrape.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(observe));
    }

    /// Renders all metrics in the `OpenMetrics` text format 1.0.
    pub fn render(&self) -> String {
        self.0
            .before_scrape
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .iter()
            .for_each(|observe| observe());
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.0.registry);
        text
    }

    /// Records the status and duration of a request.
    pub fn record_request(&self, status: u16, took: Duration) {
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
