#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod bounded_cache;
pub mod breaker;
pub mod client_address;
pub mod clock;
pub mod config;
pub mod cross_site;
#[cfg(feature = "database")]
pub mod database;
pub mod device_cookie;
pub mod draining;
pub mod health;
pub mod healthcheck;
pub mod http;
pub mod id;
pub mod internal;
pub mod metrics;
pub mod navigation;
pub mod origin;
pub mod problem;
pub mod proxy_identity;
pub mod random;
pub mod redis_connection;
#[cfg(feature = "client")]
pub mod replicas;
pub mod request_id;
pub mod secret;
pub mod serve;
pub mod session_cookie;
pub mod telemetry;
pub mod tls;
pub mod token;
pub mod topology;
pub mod user_cache;
pub mod user_record;
pub mod verification;
