//! What the product promises in seconds. These tests are a program of their own, which runs while no
//! other test does.

mod revocation;
mod start;
