//! What the product promises in seconds. These tests are a program of their own, which runs while no
//! other test does.

mod revocation;
mod start;

/// Held while a figure is taken: one at a time.
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
