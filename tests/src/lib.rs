//! What the tests stand on: PostgreSQL and Redis servers of their own, the real programs, a
//! visitor over plain HTTP and a real browser. Everything that is started here ends with the test
//! process, however that ends.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot be set up must stop"
)]
#![expect(clippy::disallowed_methods, reason = "the environment says which servers to use")]

mod accessibility;
mod authenticator;
mod browser;
mod certificates;
mod edge;
mod engine;
mod mailbox;
mod port;
mod postgres;
mod postgres_server;
mod process;
mod programs;
mod proxy;
mod redis;
mod redis_cluster;
mod redis_node;
mod redis_sentinel;
mod visitor;

pub use authenticator::Authenticator;
pub use browser::{Browser, Look, Scripts};
pub use edge::{Edge, Pages};
pub use engine::Engine;
pub use mailbox::{Encryption, Mail, Mailbox, Mood};
pub use port::{free_port, free_ports};
pub use postgres::fresh_postgres_database;
pub use postgres_server::PostgresServer;
pub use process::{Process, Start};
pub use programs::{LIMITS, PASSWORD, Settings, Stack, program, wait_until_ready};
pub use proxy::Line;
pub use redis::Redis;
pub use redis_cluster::RedisCluster;
pub use redis_node::RedisNode;
pub use redis_sentinel::RedisSentinel;
pub use visitor::{Answer, Visitor, time_to_refusal};
