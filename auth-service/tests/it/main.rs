//! auth-service from outside: through its production constructor on a free port, on both databases.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected must fail"
)]

mod account;
mod credentials;
mod cross_origin;
mod helpers;
mod keys;
mod leaks;
mod recovery;
mod relay;
mod second_factors;
mod sessions;
mod storage;
