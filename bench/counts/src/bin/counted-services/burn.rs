//! Adds instructions to each request, to show that the check fails.

use std::hint::black_box;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    layer::{Context, SubscriberExt},
    util::SubscriberInitExt,
};

/// The target of the event that every service emits once per request.
pub(crate) const TARGET: &str = "request";

/// The instructions of one pass of the loop in [`Burn`], as counted with callgrind.
const INSTRUCTIONS_PER_PASS: u64 = 4;

struct Burn {
    passes: u64,
}

impl<S: Subscriber> Layer<S> for Burn {
    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        for pass in 0..self.passes {
            black_box(pass);
        }
    }
}

/// Makes each request execute this many additional instructions.
pub(crate) fn start(instructions: u64) {
    if instructions > 0 {
        let burn = Burn { passes: instructions / INSTRUCTIONS_PER_PASS };
        let requests = Targets::new().with_target(TARGET, Level::DEBUG);
        tracing_subscriber::registry().with(burn.with_filter(requests)).init();
    }
}
