mod channel;
mod delivery;

use std::{
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use redis::{AsyncCommands, Client, Script, aio::ConnectionManager};
use tokio::task::JoinHandle;

pub use delivery::RedisDelivery;

use super::{CacheUnavailable, Epoch, Layer, Pending, UserCache, decode, encode, near::Near};
use crate::{id::UserId, redis_connection, token::KeysDigest, user_record::UserState};

/// How long Redis keeps a record without a change. A reader that fills the cache is seconds old at
/// most, so what it read can never outlive the newer record that would have refused it.
const TIME_TO_LIVE: Duration = Duration::from_hours(1);

/// The key of the watermark.
const WATERMARK: &str = "drawbridge:watermark";

/// What every key begins with that verifiers are told of.
const PREFIX: &str = "drawbridge:";

/// The key of a user's record; the braces keep a user's keys on one cluster slot.
fn key(epoch: Epoch, user: UserId) -> String {
    format!("{PREFIX}{}:user:{{{user}}}", epoch.0)
}

/// The user of a record's key, whatever its epoch.
fn user_of(key: &str) -> Option<UserId> {
    key.rsplit_once(":user:{")?.1.strip_suffix('}')?.parse().ok()
}

impl From<redis::RedisError> for CacheUnavailable {
    fn from(error: redis::RedisError) -> Self {
        Self(error.to_string())
    }
}

/// Compare-and-set of records.
#[derive(Clone)]
struct Records {
    connection: ConnectionManager,
    put_if_newer: Arc<Script>,
}

impl Records {
    fn open(client: Client) -> Result<Self, CacheUnavailable> {
        let connection = redis_connection::connect(client)?;
        Ok(Self { connection, put_if_newer: Arc::new(Script::new(include_str!("redis/put_if_newer.lua"))) })
    }

    async fn get(&self, epoch: Epoch, user: UserId) -> Result<Option<UserState>, CacheUnavailable> {
        let value: Option<Vec<u8>> = self.connection.clone().get(key(epoch, user)).await?;
        let value = value.and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(value.and_then(|value| decode(user, &value)))
    }

    async fn put(&self, epoch: Epoch, user: UserId, state: &UserState) -> Result<bool, CacheUnavailable> {
        let value = encode(state).map_err(|error| CacheUnavailable(error.to_string()))?;
        let mut connection = self.connection.clone();
        let kept: i64 = self
            .put_if_newer
            .key(key(epoch, user))
            .arg(state.version())
            .arg(value)
            .arg(u64::try_from(TIME_TO_LIVE.as_millis()).unwrap_or(u64::MAX))
            .invoke_async(&mut connection)
            .await?;
        Ok(kept == 1)
    }

    async fn is_up(&self) -> bool {
        let mut connection = self.connection.clone();
        redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok()
    }
}

/// Until when the cache may be believed, and in which epoch.
#[derive(Debug, Clone)]
struct Trust {
    epoch: Epoch,
    keys: KeysDigest,
    until: Instant,
}

/// The verifiers' side of the cache in Redis: what is hot is kept in this process and dropped as soon
/// as Redis says that it has changed.
pub struct RedisUserCache {
    records: Records,
    near: Arc<Near>,
    trust: Arc<RwLock<Option<Trust>>>,
    channel: JoinHandle<()>,
}

impl RedisUserCache {
    /// Opens the cache. It is believed as soon as the first watermark has come.
    pub fn open(client: Client) -> Result<Self, CacheUnavailable> {
        let (near, trust) = (Arc::new(Near::new()), Arc::new(RwLock::new(None)));
        let channel = tokio::spawn(channel::run(client.clone(), near.clone(), trust.clone()));
        Ok(Self { records: Records::open(client)?, near, trust, channel })
    }

    fn trust(&self) -> Option<Trust> {
        self.trust.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn present_trust(&self) -> Option<Trust> {
        self.trust().filter(|trust| Instant::now() < trust.until)
    }
}

impl Drop for RedisUserCache {
    fn drop(&mut self) {
        self.channel.abort();
    }
}

impl UserCache for RedisUserCache {
    fn trusted_epoch(&self) -> Option<Epoch> {
        self.present_trust().map(|trust| trust.epoch)
    }

    fn published_keys(&self) -> Option<KeysDigest> {
        self.present_trust().map(|trust| trust.keys)
    }

    fn last_trusted(&self) -> Option<Instant> {
        self.trust().map(|trust| trust.until.min(Instant::now()))
    }

    fn get(
        &self,
        epoch: Epoch,
        user: UserId,
    ) -> Pending<'_, Result<Option<(UserState, Layer)>, CacheUnavailable>> {
        Box::pin(async move {
            if let Some(state) = self.near.get(user) {
                return Ok(Some(((*state).clone(), Layer::Near)));
            }
            let ticket = self.near.ticket(user);
            // In another epoch by now, changes are told for keys that are not read here.
            let still = self.trust().is_some_and(|trust| trust.epoch == epoch);
            let Some(state) = self.records.get(epoch, user).await? else { return Ok(None) };
            if still {
                self.near.keep(ticket, user, state.clone());
            }
            Ok(Some((state, Layer::Shared)))
        })
    }

    fn last_known(&self, user: UserId) -> Pending<'_, Option<UserState>> {
        Box::pin(async move {
            if let Some(state) = self.near.get(user) {
                return Some((*state).clone());
            }
            self.records.get(self.trust()?.epoch, user).await.ok().flatten()
        })
    }

    fn fill(
        &self,
        epoch: Epoch,
        user: UserId,
        state: UserState,
    ) -> Pending<'_, Result<bool, CacheUnavailable>> {
        Box::pin(async move { self.records.put(epoch, user, &state).await })
    }

    fn is_up(&self) -> Pending<'_, bool> {
        Box::pin(self.records.is_up())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::{Clock, SystemClock},
        random::Random,
    };

    #[test]
    fn a_key_names_its_user_and_nothing_else_does() {
        let user = UserId::generate(Random, SystemClock.now());
        assert_eq!(user_of(&key(Epoch(7), user)), Some(user));
        for other in [WATERMARK, "drawbridge:7:user:{}", "drawbridge:7:user:{x}", ""] {
            assert_eq!(user_of(other), None, "{other}");
        }
    }
}
