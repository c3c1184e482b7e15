//! The times that the product promises. These tests are a separate program, which `scripts/test-figures` runs on a
//! quiet machine.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets something unexpected must fail"
)]
#![expect(clippy::print_stdout, reason = "the figures are printed")]

mod enumeration;
mod revocation;
mod samples;
mod start;

/// Held during a measurement, so that only one runs at a time.
static MEASURING: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
