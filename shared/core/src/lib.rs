#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

pub mod audience;
pub mod bounded_cache;
pub mod breaker;
pub mod clock;
pub mod exposed_secret;
pub mod frontend_key;
pub mod id;
pub mod metrics;
pub mod origin;
pub mod pages_path;
pub mod problem_code;
pub mod random;
pub mod return_url;
pub mod secret;
pub mod settings;
pub mod telemetry;
pub mod tls;

/// The longest text accepted as a session token, in bytes.
pub const TOKEN_MAX_BYTES: usize = 2048;
