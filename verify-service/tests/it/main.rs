//! verify-service from outside: through its production constructor on a free port, on both
//! databases and both caches. Accounts come from auth-service, as in production.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    reason = "a test that meets something unexpected must fail"
)]

mod cache;
mod gateway;
mod helpers;
mod internal;
mod verify;
