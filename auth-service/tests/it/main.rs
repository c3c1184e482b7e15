//! auth-service from outside: through its production constructor on a free port, on both databases.

#![expect(clippy::unwrap_used, reason = "a test that meets something unexpected must fail")]

mod credentials;
mod cross_origin;
mod helpers;
mod keys;
mod relay;
mod sessions;
mod storage;
