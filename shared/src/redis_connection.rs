//! Connections to Redis: one multiplexed connection that heals by itself, every call bounded.

use std::{fmt, time::Duration};

use redis::{
    Client, IntoConnectionInfo,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

/// `REDIS_URL`: `redis://`, `rediss://` (TLS), or `memory:` to go without a server.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "one a service, at its start")]
pub enum RedisUrl {
    /// A Redis server.
    Server(Client),
    /// No server.
    Memory,
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password.
        f.write_str(match self {
            Self::Server(_) => "RedisUrl::Server(..)",
            Self::Memory => "RedisUrl::Memory",
        })
    }
}

impl RedisUrl {
    /// Reads the URL. It may hold a password and is not repeated in errors.
    ///
    /// # Errors
    /// A sentence that says which forms there are.
    pub fn parse(url: &str) -> Result<Self, String> {
        if url == "memory:" {
            return Ok(Self::Memory);
        }
        let refused = || "must be redis://…, rediss://… or memory:".to_owned();
        if !url.starts_with("redis://") && !url.starts_with("rediss://") {
            return Err(refused());
        }
        crate::tls::install_provider();
        let info = url.into_connection_info().map_err(|_| refused())?;
        Client::open(info).map(Self::Server).map_err(|_| refused())
    }
}

/// A connection that is made on first use and again whenever it breaks. Connecting takes at most
/// 250 ms, an answer at most 250 ms: what is not
/// answered by then is quicker to be had from the database.
///
/// # Errors
/// When there is no async runtime to run it on.
pub fn connect(client: Client) -> redis::RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_connection_timeout(Some(Duration::from_millis(250)))
        .set_response_timeout(Some(Duration::from_millis(250)))
        .set_number_of_retries(1)
        .set_max_delay(Duration::from_millis(100));
    ConnectionManager::new_lazy_with_config(client, config)
}
