//! web-frontend from outside: through its production constructor on a free port, before the real
//! auth-service and verify-service. And the guard in an app that is not ours.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that meets something unexpected must fail"
)]

mod forms;
mod guard;
mod helpers;
mod loops;
mod renewal;
mod upstreams;
