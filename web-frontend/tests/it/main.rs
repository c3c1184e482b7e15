//! web-frontend over HTTP, started with its production constructor, in front of the real auth-service and
//! verify-service. Also the guard in another Actix application.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected must fail"
)]

mod double_submits;
mod forms;
mod guard;
mod helpers;
mod outages;
mod redirect_loops;
mod renewal;
mod return_paths;
mod upstreams;
