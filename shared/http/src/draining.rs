//! Graceful shutdown: after SIGTERM a service keeps serving for a while, reports itself as draining and closes each
//! connection after its response. Only then does it stop listening.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

/// Whether a service is draining. Cheap to clone; application data of a service.
#[derive(Debug, Clone)]
pub struct Draining {
    is_on: Arc<AtomicBool>,
    time: Duration,
}

impl Draining {
    /// A service that will drain for `time` (`DRAIN_TIME`).
    pub fn new(time: Duration) -> Self {
        Self { is_on: Arc::default(), time }
    }

    /// Returns true once the service has been asked to stop.
    pub fn is_on(&self) -> bool {
        self.is_on.load(Relaxed)
    }

    /// How long the service drains.
    pub fn time(&self) -> Duration {
        self.time
    }

    /// Starts draining.
    pub(crate) fn begin(&self) {
        self.is_on.store(true, Relaxed);
    }
}
