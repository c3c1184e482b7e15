//! Real frontends behind `drawbridge up --app`: the examples with Next.js, Express and Vite, and the guide. These tests
//! are a program of their own, which `scripts/test-frontends` runs after it has installed Node and the packages.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that meets something unexpected must fail"
)]

mod clients;
mod front_door;
mod guide;
mod next;
mod person;
mod project;
mod server;
mod spellings;
mod vite;
