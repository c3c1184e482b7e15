//! verify-service from outside: started by its only constructor on free ports, on both databases and both
//! caches. auth-service provides the accounts, as in production.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    reason = "an unexpected result must fail the test"
)]

mod cache;
mod failover;
mod gateway;
mod gateway_roles;
mod gateway_rules;
mod helpers;
mod internal;
mod renewal;
mod second_factor;
mod verify;
