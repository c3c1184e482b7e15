//! `docker-compose.yml` as people run it: the real images on a Docker engine, a crowd that uses it all the time, and
//! everything that an operator does meanwhile. `scripts/test-compose` makes the images and runs this.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that fails must stop, and this one prints what it counted"
)]

mod crowd;
mod machine;
mod older;
mod production;
mod project;
mod swarm;

/// `docker compose`.
const COMPOSE: &[&str] = &["docker", "compose"];
