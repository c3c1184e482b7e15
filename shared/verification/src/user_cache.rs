//! The cache of user records, shared by every verifier. A record replaces another only if its
//! version is higher, so that a slow reader can never undo a logout.
//!
//! It has two sides. auth-service writes ([`Delivery`]): every change, and twice a second a
//! **watermark** that says up to when everything has been delivered. Verifiers read ([`UserCache`]),
//! and believe what they read only while the watermark is young. The watermark names an **epoch**,
//! which every record's key carries: when the cache may have lost data, a new epoch begins, and what
//! is written to the old one is read by nobody.

mod memory;
mod near;
mod redis;

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

pub use memory::MemoryUserCache;
pub use redis::{RedisDelivery, RedisUserCache};

use crate::{
    redis_connection::{RedisServer, RedisUrl},
    token::KeysDigest,
    user_record::{UserRecord, UserState},
};
use drawbridge_core::{breaker::BreakerOpen, id::UserId, metrics::Metrics, settings::Reader};

/// A future that a trait object can return.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// How old a watermark may be for the cache to be believed.
pub const WATERMARK_MAX_AGE: Duration = Duration::from_millis(1500);

/// The cache did not answer; the text is for the log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the cache is out of reach: {0}")]
pub struct CacheUnavailable(pub String);

impl From<BreakerOpen> for CacheUnavailable {
    fn from(open: BreakerOpen) -> Self {
        Self(open.to_string())
    }
}

/// The name of a stretch of time in which the cache lost nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch(pub u64);

/// What a young watermark says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// The epoch to read and to fill.
    pub epoch: Epoch,
    /// The keys that are published.
    pub keys: ToldKeys,
}

/// Which keys are published, as the cache tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToldKeys {
    /// The digest of the set.
    pub digest: KeysDigest,
    /// Since when this process has been told so.
    pub since: Instant,
}

impl ToldKeys {
    /// What is told now, after what was told before.
    fn after(before: Option<&Self>, digest: KeysDigest) -> Self {
        let same = before.filter(|before| before.digest == digest).cloned();
        same.unwrap_or_else(|| Self { digest, since: Instant::now() })
    }
}

/// Which layer knew the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheLayer {
    /// This process, without a word to anybody.
    Near,
    /// The shared cache.
    Shared,
}

/// The verifiers' side.
pub trait UserCache: Send + Sync {
    /// What the watermark says, while it is young and the cache may be believed.
    fn trust(&self) -> Option<Trust>;

    /// When the cache could last be believed.
    fn last_trusted(&self) -> Option<Instant>;

    /// Which keys it told of last, believed or not.
    fn told_keys(&self) -> Option<ToldKeys>;

    /// What this process holds of a user. Ask for [`UserCache::trust`] first.
    fn near(&self, user: UserId) -> Option<UserState>;

    /// What is held of a user. Ask for [`UserCache::trust`] first, and the source after it.
    fn get(
        &self,
        epoch: Epoch,
        user: UserId,
    ) -> Pending<'_, Result<Option<(UserState, CacheLayer)>, CacheUnavailable>>;

    /// What was held of a user when the cache could last be believed.
    fn last_known(&self, user: UserId) -> Pending<'_, Option<UserState>>;

    /// Keeps `state`, which the source gave after `epoch` was asked for, unless what is held is as
    /// new or newer. Tells whether it was kept.
    fn fill(
        &self,
        epoch: Epoch,
        user: UserId,
        state: UserState,
    ) -> Pending<'_, Result<bool, CacheUnavailable>>;

    /// Hears what the source says while the cache is not believed: what this process holds of the user,
    /// and would go back to if the source went away, too, must not be older.
    fn learn(&self, user: UserId, state: &UserState);

    /// Whether the cache answers.
    fn is_up(&self) -> Pending<'_, bool>;
}

/// auth-service's side.
pub trait Delivery: Send + Sync {
    /// The epoch that changes are told in, as this process knows it. Ask for it before a state is read
    /// that is to be told: what was read before an epoch began must not be told in it.
    fn epoch(&self) -> Option<Epoch>;

    /// Tells of a committed change. `true` once every verifier is sure to hear of it; `false` if the
    /// cache began another epoch meanwhile, and the change must be told again.
    fn deliver(
        &self,
        epoch: Epoch,
        user: UserId,
        state: UserState,
    ) -> Pending<'_, Result<bool, CacheUnavailable>>;

    /// Says that everything has been delivered that was committed before the time that was `ago`, and
    /// which keys were published then; begins an epoch if there is none or the cache may have lost
    /// data.
    fn raise_watermark(&self, ago: Duration, keys: KeysDigest) -> Pending<'_, Result<(), CacheUnavailable>>;

    /// Whether the cache answers.
    fn is_up(&self) -> Pending<'_, bool>;
}

/// Where a service finds the cache.
#[derive(Clone)]
pub enum CacheLocation {
    /// In Redis, shared by all.
    Redis(RedisServer),
    /// In this process. Services that share the process share the cache by sharing this value.
    InProcess(Arc<MemoryUserCache>),
    /// Nowhere: a process of its own without Redis would never hear of another's changes, so every
    /// check asks the database.
    Nowhere,
}

impl std::fmt::Debug for CacheLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
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

    /// The Redis server that it is in, if it is in one.
    pub fn server(&self) -> Option<RedisServer> {
        match self {
            Self::Redis(server) => Some(server.clone()),
            Self::InProcess(_) | Self::Nowhere => None,
        }
    }

    /// Opens the verifiers' side, if there is a cache; it is reached in the background. This process
    /// keeps at most `record_bytes` of hot records.
    pub fn open(self, record_bytes: u64, metrics: &Metrics) -> Option<Arc<dyn UserCache>> {
        match self {
            Self::Nowhere => None,
            Self::InProcess(cache) => Some(cache),
            Self::Redis(server) => Some(Arc::new(RedisUserCache::open(server, record_bytes, metrics))),
        }
    }

    /// Opens auth-service's side, if there is a cache; it is reached on first use.
    pub fn open_delivery(self, metrics: &Metrics) -> Option<Arc<dyn Delivery>> {
        match self {
            Self::Nowhere => None,
            Self::InProcess(cache) => Some(cache),
            Self::Redis(server) => Some(Arc::new(RedisDelivery::open(server, metrics))),
        }
    }
}

/// The value as it is stored: the version, a line break, then the record as JSON, or nothing for a
/// deleted user. The version stands in front so that the compare-and-set need not read the JSON.
fn encode(state: &UserState) -> Result<String, serde_json::Error> {
    Ok(match state {
        UserState::Present(record) => format!("{}\n{}", record.version, serde_json::to_string(&**record)?),
        UserState::Deleted { version } => format!("{version}\n"),
    })
}

/// The state in a stored value; `None` if it is not one of ours, or another user's.
fn decode(user: UserId, value: &[u8]) -> Option<UserState> {
    let end = value.iter().position(|byte| *byte == b'\n')?;
    let (version, record) = (value.get(..end)?, value.get(end + 1..)?);
    let version = str::from_utf8(version).ok()?.parse().ok()?;
    if record.is_empty() {
        return Some(UserState::Deleted { version });
    }
    let record: UserRecord = serde_json::from_slice(record).ok()?;
    (record.version == version && record.id == user).then(|| record.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user_record::Sessions;
    use drawbridge_core::{
        clock::{Clock, SystemClock},
        random::Random,
    };

    fn record(version: i64) -> UserRecord {
        let id = UserId::generate(Random, SystemClock.now());
        UserRecord {
            id,
            email: "ada@example.com".into(),
            email_verified: false,
            roles: vec!["admin".into()],
            disabled: false,
            version,
            sessions: Sessions::default(),
        }
    }

    #[test]
    fn a_stored_value_reads_back_as_what_it_was() {
        let record = record(7);
        let user = record.id;
        for state in [record.into(), UserState::Deleted { version: 8 }] {
            assert_eq!(decode(user, encode(&state).unwrap().as_bytes()), Some(state));
        }
    }

    #[test]
    fn a_value_that_is_not_ours_is_no_value() {
        let record = record(7);
        let value = encode(&record.clone().into()).unwrap();
        let other = UserId::generate(Random, SystemClock.now());
        assert_eq!(decode(other, value.as_bytes()), None);
        for bad in ["", "7", "x\n", "7\n{}", &value.replacen('7', "9", 1)] {
            assert_eq!(decode(record.id, bad.as_bytes()), None, "{bad}");
        }
    }

    #[tokio::test]
    async fn in_process_an_older_record_never_replaces_a_newer_one() {
        // With room for all, and with room for none: what was told stays known either way.
        for bytes in [1 << 20, 0] {
            let cache = MemoryUserCache::new(bytes);
            let newer = record(2);
            let user = newer.id;
            let older = UserRecord { version: 1, ..newer.clone() };
            let fill = async |state: UserState| cache.fill(EPOCH, user, state).await.unwrap();
            cache.deliver(EPOCH, user, newer.clone().into()).await.unwrap();
            assert!(!fill(older.clone().into()).await);
            assert!(!fill(newer.clone().into()).await);
            if bytes > 0 {
                assert_eq!(cache.last_known(user).await, Some(newer.into()));
            }
            cache.deliver(EPOCH, user, UserState::Deleted { version: 3 }).await.unwrap();
            assert!(!fill(older.into()).await);
        }
    }

    const EPOCH: Epoch = Epoch(0);

    #[tokio::test]
    async fn in_process_the_cache_is_believed_only_while_the_watermark_is_young() {
        let (cache, keys) = (MemoryUserCache::new(1 << 20), KeysDigest::of(["kid"]));
        assert_eq!(cache.trust(), None, "nothing was delivered yet");
        cache.raise_watermark(Duration::ZERO, keys.clone()).await.unwrap();
        assert!(cache.trust().is_some());
        cache.raise_watermark(WATERMARK_MAX_AGE, keys.clone()).await.unwrap();
        assert!(cache.trust().is_some(), "a watermark is only ever raised");
        let old = MemoryUserCache::new(1 << 20);
        old.raise_watermark(WATERMARK_MAX_AGE, keys).await.unwrap();
        assert_eq!(old.trust(), None);
    }
}
