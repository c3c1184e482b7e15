use std::time::Duration;

use drawbridge_core::metrics::{LayerLabel, Metrics, VerificationLabels};
use prometheus_client::metrics::{counter::Counter, histogram::Histogram};

use crate::{layer::Layer, refusal::Refusal};

/// The metrics of verifications. The counters for valid tokens are kept here, so that the fast path does not
/// have to look them up.
pub(crate) struct Measures {
    metrics: Metrics,
    accepted: [Counter; Layer::ALL.len()],
    seconds: [Histogram; Layer::ALL.len()],
}

impl Measures {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let accepted = Layer::ALL.map(|layer| {
            let labels = VerificationLabels { outcome: "ok", layer: layer.as_str() };
            metrics.verifications.get_or_create_owned(&labels)
        });
        let seconds = Layer::ALL.map(|layer| {
            metrics.verification_seconds.get_or_create_owned(&LayerLabel { layer: layer.as_str() })
        });
        Self { metrics: metrics.clone(), accepted, seconds }
    }

    /// Records one verification: accepted, unless there is a refusal.
    pub(crate) fn record(&self, refusal: Option<&Refusal>, layer: Layer, duration: Duration) {
        if let (None, Some(accepted)) = (refusal, self.accepted.get(layer as usize)) {
            accepted.inc();
        } else {
            let outcome = refusal.map_or("ok", |refusal| refusal.code().as_str());
            let labels = VerificationLabels { outcome, layer: layer.as_str() };
            self.metrics.verifications.get_or_create(&labels).inc();
        }
        if let Some(seconds) = self.seconds.get(layer as usize) {
            seconds.observe(duration.as_secs_f64());
        }
    }
}
