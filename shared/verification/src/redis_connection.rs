//! Connections to Redis: finding the server, and one multiplexed connection that reconnects by itself. Every
//! call has a time limit.
//!
//! One server holds all of our data, even behind Sentinel or in a cluster
//! (`docs/decisions/0018-sentinel-and-cluster.md`). The only difference is how that server is found.

mod cluster;
mod connection;
mod encryption;
mod hosts_url;
mod master_claims;
mod node;
mod redis_url;
mod sentinel;
mod server;
mod timeouts;

pub use connection::{RedisConnection, connect};
pub use redis_url::RedisUrl;
pub use server::RedisServer;
pub(crate) use timeouts::{REDIS_CONNECT_TIMEOUT, REDIS_READ_TIMEOUT};
