//! Where attempts are counted: in Redis for all replicas together, or in this process.

use drawbridge_verification::redis_connection::{self, RedisConnection, RedisServer};
use redis::{RedisResult, Script, ScriptInvocation};

use super::{bucket::Bucket, memory::MemoryLimits};

/// The counters. Without Redis, or while it is unreachable, each replica counts on its own.
pub(super) struct LimitStore {
    redis: Option<RedisLimits>,
    memory: MemoryLimits,
}

struct RedisLimits {
    connection: RedisConnection,
    charge: Script,
    refund: Script,
}

/// Where an attempt was charged, and where it is refunded.
pub(super) enum ChargedStore {
    Redis,
    Memory,
}

impl LimitStore {
    pub(super) fn new(server: Option<RedisServer>) -> Self {
        let redis = server.map(|server| RedisLimits {
            connection: redis_connection::connect(server),
            charge: Script::new(include_str!("charge.lua")),
            refund: Script::new(include_str!("refund.lua")),
        });
        Self { redis, memory: MemoryLimits::new() }
    }

    /// Charges every bucket, or none if one of them is used up. The error is the time to wait, in microseconds.
    pub(super) async fn charge(&self, buckets: &[Bucket]) -> Result<ChargedStore, u64> {
        let (wait, charged) = match self.charge_redis(buckets).await {
            Some(wait) => (wait, ChargedStore::Redis),
            None => (self.memory.charge(buckets), ChargedStore::Memory),
        };
        if wait == 0 { Ok(charged) } else { Err(wait) }
    }

    async fn charge_redis(&self, buckets: &[Bucket]) -> Option<u64> {
        let redis = self.redis.as_ref()?;
        let mut invocation = redis.charge.prepare_invoke();
        for Bucket { key, rate } in buckets {
            invocation.key(key).arg(rate.interval_micros()).arg(rate.tolerance_micros());
        }
        redis.run(&invocation).await
    }

    /// Refunds one attempt to every bucket.
    pub(super) async fn refund(&self, charged: &ChargedStore, buckets: &[Bucket]) {
        match (charged, &self.redis) {
            (ChargedStore::Redis, Some(redis)) => {
                let mut invocation = redis.refund.prepare_invoke();
                for Bucket { key, rate } in buckets {
                    invocation.key(key).arg(rate.interval_micros());
                }
                redis.run(&invocation).await;
            }
            _ => self.memory.refund(buckets),
        }
    }
}

impl RedisLimits {
    /// Runs a script; `None` if Redis is unreachable.
    async fn run(&self, invocation: &ScriptInvocation<'_>) -> Option<u64> {
        let result: RedisResult<u64> = invocation.invoke_async(&mut self.connection.clone()).await;
        result
            .inspect_err(|error| tracing::warn!(%error, "Redis unavailable; counting attempts in memory"))
            .ok()
    }
}
