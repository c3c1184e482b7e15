//! How a service leaves without a failed request: told to stop, it goes on answering for a while, says of itself
//! that nobody should send more, and closes each connection with the answer. Only then it stops listening.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

/// Whether a service is leaving. Cheap to clone; application data of a service.
#[derive(Debug, Clone)]
pub struct Draining {
    is_on: Arc<AtomicBool>,
    time: Duration,
}

impl Draining {
    /// A service that will go on for `time` (`DRAIN_TIME`) when it is told to stop.
    pub fn new(time: Duration) -> Self {
        Self { is_on: Arc::default(), time }
    }

    /// Whether it was told to stop.
    pub fn is_on(&self) -> bool {
        self.is_on.load(Relaxed)
    }

    /// How long it goes on.
    pub fn time(&self) -> Duration {
        self.time
    }

    /// It was told to stop.
    pub(crate) fn begin(&self) {
        self.is_on.store(true, Relaxed);
    }
}
