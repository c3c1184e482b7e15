//! Uses the HTTP API as other people's programs do: tools that read the OpenAPI documents, and a verifier in Python.
//! These tests are a program of their own, which `scripts/test-openapi` runs after it has installed the tools.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that meets something unexpected must fail")]

mod client;
mod random_requests;
mod tool;
mod verify_yourself;
