use std::time::Duration;

use prometheus_client::metrics::{counter::Counter, histogram::Histogram};

use crate::refusal::Refusal;
use drawbridge_core::metrics::{LayerLabel, Metrics, VerificationLabels};

/// Which layer knew the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The token alone: there was none, or it was not good.
    Token,
    /// This process's own hot records.
    Near,
    /// The shared cache.
    Shared,
    /// The source.
    Source,
    /// What the source said less than `STALE_MAX` ago, without a young watermark.
    Recent,
    /// What was known before an outage of everything.
    LastKnown,
}

impl Layer {
    const ALL: [Self; 6] =
        [Self::Token, Self::Near, Self::Shared, Self::Source, Self::Recent, Self::LastKnown];

    /// The layer's name in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Near => "near",
            Self::Shared => "shared",
            Self::Source => "source",
            Self::Recent => "recent",
            Self::LastKnown => "last_known",
        }
    }
}

/// What the engine counts. What is counted for each good token is held here, so that nothing is looked up.
pub(super) struct Measures {
    metrics: Metrics,
    good: [Counter; Layer::ALL.len()],
    seconds: [Histogram; Layer::ALL.len()],
}

impl Measures {
    pub(super) fn new(metrics: &Metrics) -> Self {
        let good = Layer::ALL.map(|layer| {
            let labels = VerificationLabels { outcome: "ok", layer: layer.as_str() };
            metrics.verifications.get_or_create_owned(&labels)
        });
        let seconds = Layer::ALL.map(|layer| {
            metrics.verification_seconds.get_or_create_owned(&LayerLabel { layer: layer.as_str() })
        });
        Self { metrics: metrics.clone(), good, seconds }
    }

    /// Notes how a verification ended: well, unless there was a refusal.
    pub(super) fn note(&self, refusal: Option<&Refusal>, layer: Layer, took: Duration) {
        if let (None, Some(good)) = (refusal, self.good.get(layer as usize)) {
            good.inc();
        } else {
            let outcome = refusal.map_or("ok", |refusal| refusal.code().as_str());
            let labels = VerificationLabels { outcome, layer: layer.as_str() };
            self.metrics.verifications.get_or_create(&labels).inc();
        }
        self.observe(layer, took);
    }

    fn observe(&self, layer: Layer, took: Duration) {
        if let Some(histogram) = self.seconds.get(layer as usize) {
            histogram.observe(took.as_secs_f64());
        }
    }
}
