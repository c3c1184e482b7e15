use std::fmt;

use drawbridge_core::settings::{Reader, Setting};
use redis::{Client, IntoConnectionInfo};
use secrecy::ExposeSecret;

use super::{
    encryption::{EncryptedUrl, RedisEncryption},
    hosts_url,
    server::RedisServer,
};

const REDIS_URL: Setting = Setting::new(
    "REDIS_URL",
    "The shared cache; `memory:` runs without one. With `rediss`, `?ca=FILE` names the certificate authorities to \
     trust instead of the public ones.",
)
    .values("`redis://…`, `redis+sentinel://…`, `redis+cluster://…`, `rediss` for TLS, or `memory:`");

/// `REDIS_URL`: a server, Sentinels or cluster nodes that know the server, or `memory:` for none. `rediss`
/// uses TLS, and `ca=FILE` among the parameters names the authorities to trust.
#[derive(Clone)]
pub enum RedisUrl {
    /// A Redis server.
    Server(RedisServer),
    /// No server.
    Memory,
}

impl fmt::Debug for RedisUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may contain a password.
        f.write_str(match self {
            Self::Server(_) => "RedisUrl::Server(..)",
            Self::Memory => "RedisUrl::Memory",
        })
    }
}

impl RedisUrl {
    /// Reads `REDIS_URL[_FILE]`.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        reader.secret(REDIS_URL, |url| Self::parse(url.expose_secret().trim()))
    }

    /// Parses the URL. It may contain a password, so errors do not repeat it.
    ///
    /// # Errors
    /// The accepted forms, and what is wrong with this URL.
    pub fn parse(url: &str) -> Result<Self, String> {
        if url == "memory:" {
            return Ok(Self::Memory);
        }
        drawbridge_core::tls::install_provider();
        let EncryptedUrl { url, encryption } = EncryptedUrl::parse(url)?;
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        Ok(Self::Server(match scheme {
            "redis" | "rediss" => parse_server(&encryption, &url)?.into(),
            "redis+sentinel" | "rediss+sentinel" => hosts_url::parse_sentinels(&encryption, rest)?.into(),
            "redis+cluster" | "rediss+cluster" => hosts_url::parse_cluster(&encryption, rest)?.into(),
            _ => {
                return Err("must be redis://…, redis+sentinel://…, redis+cluster://…, the same with \
                            rediss for TLS, or memory:"
                    .to_owned());
            }
        }))
    }
}

fn parse_server(encryption: &RedisEncryption, url: &str) -> Result<Client, String> {
    let error = |_| "must be redis://[user:password@]host[:port][/db], or rediss:// for TLS".to_owned();
    let info = url.into_connection_info().map_err(error)?;
    Client::open(encryption.apply(info).map_err(error)?).map_err(error)
}

#[cfg(test)]
#[path = "redis_url_tests.rs"]
mod tests;
