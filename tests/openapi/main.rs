//! Uses the OpenAPI documents as other people's tools do. These tests are a program of their own, which
//! `scripts/test-openapi` runs after it has installed the tools.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that meets something unexpected must fail")]

mod client;
mod random_requests;
mod tool;
