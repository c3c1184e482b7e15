//! What several services are told in the same words.

use std::{net::IpAddr, time::Duration};

use crate::telemetry::LogFormat;

/// Where a service listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// The address: 127.0.0.1 unless told otherwise.
    pub address: IpAddr,
    /// The port; 0 takes any that is free.
    pub port: u16,
    /// The port for metrics and for other services of the deployment; 0 takes any that is free.
    pub internal_port: u16,
    /// How long it goes on answering after SIGTERM, while it says that it is leaving.
    pub drain_time: Duration,
}

/// How far above its port a service's internal one is, unless `INTERNAL_PORT` says otherwise.
pub const INTERNAL_PORT_ABOVE: u16 = 1000;

/// How long anybody waits for another program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// `CONNECT_TIMEOUT`: until a connection stands.
    pub connect: Duration,
    /// `ANSWER_TIMEOUT`: until an answer is there. What waits in a line by design has more. Redis has
    /// 250 ms for both: after that the database is quicker.
    pub answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_millis(250), answer: Duration::from_secs(1) }
    }
}

/// How much a verifier keeps in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheSizes {
    /// `RECORD_CACHE_MIB`, in bytes: hot records; 0 keeps none.
    pub record_bytes: u64,
    /// `TOKEN_CACHE_MIB`, in bytes: tokens whose signature was checked; 0 keeps none.
    pub token_bytes: u64,
}

impl Default for CacheSizes {
    fn default() -> Self {
        Self { record_bytes: 64 * 1024 * 1024, token_bytes: 32 * 1024 * 1024 }
    }
}

/// Who makes tokens and who should accept them: `iss` and `aud` (RFC 7519, 4.1).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenParties {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
}

/// What is logged, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogConfig {
    /// A tracing filter such as `info` or `info,shared=debug`.
    pub filter: String,
    /// Text for people or JSON for machines.
    pub format: LogFormat,
}

impl LogConfig {
    /// The filter of a level, without what every client could fill the log with.
    pub fn filter(level: &str) -> String {
        format!("{level},actix_server=warn,actix_http::h1=off")
    }
}
