//! Where the rates are kept: in Redis, the same for all replicas, or in this process.

use drawbridge_verification::redis_connection::{self, Connection, RedisServer};
use redis::{RedisResult, Script, ScriptInvocation};

use super::{Bucket, memory::Memory};

/// The rates. Without Redis, or while it is out of reach, each replica counts by itself.
pub(super) struct Store {
    redis: Option<Redis>,
    memory: Memory,
}

struct Redis {
    connection: Connection,
    charge: Script,
    give_back: Script,
}

/// What was charged, and where.
pub(super) enum Charged {
    InRedis,
    Here,
}

impl Store {
    pub(super) fn new(server: Option<RedisServer>) -> Self {
        let redis = server.map(|server| Redis {
            connection: redis_connection::connect(server),
            charge: Script::new(include_str!("charge.lua")),
            give_back: Script::new(include_str!("give_back.lua")),
        });
        Self { redis, memory: Memory::new() }
    }

    /// Takes one of every bucket, or none; then the microseconds to wait.
    pub(super) async fn charge(&self, buckets: &[Bucket]) -> Result<Charged, u64> {
        let (wait, charged) = match self.charge_redis(buckets).await {
            Some(wait) => (wait, Charged::InRedis),
            None => (self.memory.charge(buckets), Charged::Here),
        };
        if wait == 0 { Ok(charged) } else { Err(wait) }
    }

    async fn charge_redis(&self, buckets: &[Bucket]) -> Option<u64> {
        let redis = self.redis.as_ref()?;
        let mut invocation = redis.charge.prepare_invoke();
        for Bucket { key, rate } in buckets {
            invocation.key(key).arg(rate.interval()).arg(rate.tolerance());
        }
        redis.run(&invocation).await
    }

    /// Gives one back to every bucket.
    pub(super) async fn give_back(&self, charged: &Charged, buckets: &[Bucket]) {
        match (charged, &self.redis) {
            (Charged::InRedis, Some(redis)) => {
                let mut invocation = redis.give_back.prepare_invoke();
                for Bucket { key, rate } in buckets {
                    invocation.key(key).arg(rate.interval());
                }
                redis.run(&invocation).await;
            }
            _ => self.memory.give_back(buckets),
        }
    }
}

impl Redis {
    async fn run(&self, invocation: &ScriptInvocation<'_>) -> Option<u64> {
        let answer: RedisResult<u64> = invocation.invoke_async(&mut self.connection.clone()).await;
        answer.inspect_err(|error| tracing::warn!(%error, "attempts are counted without Redis")).ok()
    }
}
