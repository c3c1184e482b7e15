use std::{fmt, sync::Arc};

use drawbridge_core::{metrics::Metrics, settings::Reader};

use super::{
    cache::UserCache,
    delivery::Delivery,
    memory::MemoryUserCache,
    redis::{RedisDelivery, RedisUserCache},
};
use crate::redis_connection::{RedisServer, RedisUrl};

/// Where the cache of a deployment is.
#[derive(Clone)]
pub enum CacheLocation {
    /// In Redis, shared by all processes.
    Redis(RedisServer),
    /// In this process. Services in one process share the cache by sharing this value.
    InProcess(Arc<MemoryUserCache>),
    /// Nowhere. Without Redis, a process would never learn of the changes of another, so every verification
    /// asks the database.
    Nowhere,
}

impl fmt::Debug for CacheLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Redis(_) => "CacheLocation::Redis(..)",
            Self::InProcess(_) => "CacheLocation::InProcess(..)",
            Self::Nowhere => "CacheLocation::Nowhere",
        })
    }
}

impl From<RedisUrl> for CacheLocation {
    fn from(url: RedisUrl) -> Self {
        match url {
            RedisUrl::Server(server) => Self::Redis(server),
            RedisUrl::Memory => Self::Nowhere,
        }
    }
}

impl CacheLocation {
    /// Reads `REDIS_URL[_FILE]`.
    pub fn read(reader: &mut Reader) -> Option<Self> {
        RedisUrl::read(reader).map(Self::from)
    }

    /// The Redis server, if the cache is in Redis.
    pub fn server(&self) -> Option<RedisServer> {
        match self {
            Self::Redis(server) => Some(server.clone()),
            Self::InProcess(_) | Self::Nowhere => None,
        }
    }

    /// Opens the verifiers' side, if there is a cache, with a near cache of at most `record_bytes`. It
    /// connects in the background.
    pub fn open(self, record_bytes: u64, metrics: &Metrics) -> Option<Arc<dyn UserCache>> {
        match self {
            Self::Nowhere => None,
            Self::InProcess(cache) => Some(cache),
            Self::Redis(server) => Some(Arc::new(RedisUserCache::open(server, record_bytes, metrics))),
        }
    }

    /// Opens auth-service's side, if there is a cache. It connects on first use.
    pub fn open_delivery(self, metrics: &Metrics) -> Option<Arc<dyn Delivery>> {
        match self {
            Self::Nowhere => None,
            Self::InProcess(cache) => Some(cache),
            Self::Redis(server) => Some(Arc::new(RedisDelivery::open(server, metrics))),
        }
    }
}
