//! `docker-compose.yml` as operators run it: the real images on a Docker engine, users who send requests all the time,
//! and everything that an operator does meanwhile. `scripts/test-compose` builds the images and runs these tests.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that fails must stop, and this one prints what it counted"
)]

mod crowd;
mod hardening;
mod machine;
mod older;
mod person;
mod production;
mod project;
mod swarm;
mod tally;

/// `docker compose`.
const COMPOSE: &[&str] = &["docker", "compose"];
