//! verify-service from outside: through its production constructor on a free port, on both
//! databases and both caches. Accounts come from auth-service, as in production.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that meets something unexpected must fail")]

mod cache;
mod helpers;
mod verify;
