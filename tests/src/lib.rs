//! The test bench: temporary PostgreSQL and Redis servers, deployments of the real programs, an HTTP client and real
//! browsers. Everything that starts here ends with the test process, even if that process is killed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test whose set-up fails must stop"
)]
#![expect(clippy::disallowed_methods, reason = "the environment says which servers to use")]

mod accessibility;
mod answer;
mod authenticator;
mod authenticator_app;
mod browser;
mod certificates;
mod change_feed;
mod contract;
mod deployment;
mod edge;
mod engine;
mod frontend_server;
mod line_process;
mod mailbox;
mod own_runtime;
mod port;
mod postgres;
mod postgres_server;
mod process;
mod program;
mod proxy;
mod pseudo_random;
mod raw_backend;
mod redis;
mod redis_cluster;
mod redis_node;
mod redis_sentinel;
mod software_passkey;
mod tls_front;
mod visitor;

pub use answer::Answer;
pub use authenticator::Authenticator;
pub use authenticator_app::AuthenticatorApp;
pub use browser::{Browser, Look, Scripts};
pub use change_feed::{ChangeFeed, FeedEvent};
pub use contract::{expect_contract, expect_contract_below};
pub use deployment::{Deployment, DeploymentBuilder, Layout, Service};
pub use edge::{Edge, Pages};
pub use engine::Engine;
pub use frontend_server::{FrontendServer, with_other_secret};
pub use line_process::LineProcess;
pub use mailbox::{Encryption, Mail, Mailbox, Mood};
pub use port::{free_port, free_ports};
pub use postgres::fresh_postgres_database;
pub use postgres_server::PostgresServer;
pub use process::{Process, Start};
pub use program::program;
pub use proxy::Line;
pub use pseudo_random::PseudoRandom;
pub use raw_backend::{RawBackend, RawConnection};
pub use redis::Redis;
pub use redis_cluster::RedisCluster;
pub use redis_node::RedisNode;
pub use redis_sentinel::RedisSentinel;
pub use software_passkey::SoftwarePasskey;
pub use tls_front::TlsFront;
pub use visitor::{Visitor, credentials, register, signed_in, time_to_refusal, with_form};

/// `MASTER_SECRET` of every deployment in the tests.
pub const MASTER_SECRET: &str = "the master secret of the test suite";

/// `WEB_FRONTEND_KEY` of every deployment in the tests.
pub const WEB_FRONTEND_KEY: &str = "dbw_Tests0000001_TheKeyOfTheTestSuiteTheKeyOfTheTestSuite01221gB2d";

/// The password of every account in the tests, unless a test sets another one.
pub const PASSWORD: &str = "correct horse battery";

/// A rate limit that no test reaches.
pub const NO_LIMIT: &str = "1000000/1ms";
