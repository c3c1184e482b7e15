//! What the product promises in seconds. These tests are a program of their own, which runs while no
//! other test does.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets something unexpected must fail"
)]
#![expect(clippy::print_stdout, reason = "a figure is there to be read")]

mod enumeration;
mod revocation;
mod samples;
mod start;

/// Held while a figure is taken: one at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
