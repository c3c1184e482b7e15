//! Connections to Redis: where the server is, and one multiplexed connection that heals by itself, every
//! call bounded.
//!
//! Behind Sentinel and in a cluster, too, there is one server that holds all that is ours
//! (`docs/decisions/0018-sentinel-and-cluster.md`), so all that differs is how that one is found.

mod claims;
mod cluster;
mod healing;
mod sentinel;
mod server;
mod url;

use std::{fmt, time::Duration};

use drawbridge_core::settings::{Reader, Setting};
use redis::{Client, IntoConnectionInfo};
use secrecy::ExposeSecret;

pub use healing::Connection;
pub use server::RedisServer;

/// How long Redis may take to let somebody connect, and a Sentinel or a node of a cluster to say where the
/// server is.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_millis(250);

/// `REDIS_URL`: one server, or where a Sentinel or a cluster says which one it is; `rediss` is TLS. Or
/// `memory:` to go without a server.
#[derive(Clone)]
pub enum RedisUrl {
    /// A Redis server.
    Server(RedisServer),
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

const REDIS_URL: Setting = Setting::new("REDIS_URL", "The shared cache; `memory:` runs without one.")
    .values("`redis://…`, `redis+sentinel://…`, `redis+cluster://…`, `rediss` for TLS, or `memory:`");

impl RedisUrl {
    /// Reads `REDIS_URL[_FILE]`.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        reader.secret(REDIS_URL, |url| Self::parse(url.expose_secret().trim()))
    }

    /// Reads the URL. It may hold a password and is not repeated in errors.
    ///
    /// # Errors
    /// A sentence that says which forms there are, or what is wrong with this one.
    pub fn parse(url: &str) -> Result<Self, String> {
        if url == "memory:" {
            return Ok(Self::Memory);
        }
        drawbridge_core::tls::install_provider();
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        Ok(Self::Server(match scheme {
            "redis" | "rediss" => {
                let refused =
                    || "must be redis://[user:password@]host[:port][/db], or rediss:// for TLS".to_owned();
                let info = url.into_connection_info().map_err(|_| refused())?;
                Client::open(info).map_err(|_| refused())?.into()
            }
            "redis+sentinel" | "rediss+sentinel" => url::sentinel(scheme.starts_with("rediss"), rest)?.into(),
            "redis+cluster" | "rediss+cluster" => url::cluster(scheme.starts_with("rediss"), rest)?.into(),
            _ => {
                return Err("must be redis://…, redis+sentinel://…, redis+cluster://…, the same with \
                            rediss for TLS, or memory:"
                    .to_owned());
            }
        }))
    }
}

/// A connection that is made on first use and again whenever it breaks or the server is not the one to ask
/// any more.
pub fn connect(server: RedisServer) -> Connection {
    Connection::new(server)
}
