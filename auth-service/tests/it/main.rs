//! Tests of auth-service from the outside: through its production constructor on a free port, on both databases.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets something unexpected must fail"
)]

mod account;
mod breach_check;
mod credentials;
mod cross_origin;
mod frontends;
mod helpers;
mod keys;
mod mailed_links;
mod proofs;
mod proxy_proofs;
mod recovery;
mod relay;
mod second_factor_mark;
mod second_factors;
mod sessions;
mod storage;
mod token_exchange;
mod tokens;
mod verified_addresses;
