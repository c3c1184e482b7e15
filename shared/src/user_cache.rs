//! The cache of user records, shared by every verifier. A record replaces another only if its
//! version is higher, so that a slow reader can never undo a logout.

mod memory;
mod redis;

use std::{future::Future, pin::Pin, sync::Arc};

pub use memory::MemoryUserCache;
pub use redis::RedisUserCache;

use crate::{
    id::UserId,
    redis_connection::{self, RedisUrl},
    user_record::{UserRecord, UserState},
};

/// A future that a trait object can return.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The cache did not answer; the text is for the log.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the cache is out of reach: {0}")]
pub struct CacheUnavailable(pub String);

/// Where user records are kept between look-ups.
pub trait UserCache: Send + Sync {
    /// What is held of a user.
    fn get(&self, user: UserId) -> Pending<'_, Result<Option<UserState>, CacheUnavailable>>;

    /// Keeps `state` unless what is held is as new or newer. Tells whether it was kept.
    fn put_if_newer(&self, user: UserId, state: UserState) -> Pending<'_, Result<bool, CacheUnavailable>>;

    /// Whether the cache answers.
    fn is_up(&self) -> Pending<'_, bool>;
}

/// Whether the cache answers, if there is one.
pub async fn is_up(cache: Option<&Arc<dyn UserCache>>) -> bool {
    match cache {
        Some(cache) => cache.is_up().await,
        None => true,
    }
}

/// Where a service finds the cache.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "one a service, at its start")]
pub enum CacheLocation {
    /// In Redis, shared by all.
    Redis(::redis::Client),
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
            RedisUrl::Server(client) => Self::Redis(client),
            RedisUrl::Memory => Self::Nowhere,
        }
    }
}

impl CacheLocation {
    /// Opens the cache, if there is one; Redis is reached on first use.
    pub fn open(self) -> Result<Option<Arc<dyn UserCache>>, CacheUnavailable> {
        match self {
            Self::Nowhere => Ok(None),
            Self::InProcess(cache) => Ok(Some(cache)),
            Self::Redis(client) => match redis_connection::connect(client) {
                Ok(connection) => Ok(Some(Arc::new(RedisUserCache::new(connection)))),
                Err(error) => Err(CacheUnavailable(error.to_string())),
            },
        }
    }
}

/// The value as it is stored: the version, a line break, then the record as JSON, or nothing for a
/// deleted user. The version stands in front so that the compare-and-set need not read the JSON.
fn encode(state: &UserState) -> Result<String, serde_json::Error> {
    Ok(match state {
        UserState::Present(record) => format!("{}\n{}", record.version, serde_json::to_string(record)?),
        UserState::Deleted { version } => format!("{version}\n"),
    })
}

/// The state in a stored value; `None` if it is not one of ours, or another user's.
fn decode(user: UserId, value: &str) -> Option<UserState> {
    let (version, record) = value.split_once('\n')?;
    let version = version.parse().ok()?;
    if record.is_empty() {
        return Some(UserState::Deleted { version });
    }
    let record: UserRecord = serde_json::from_str(record).ok()?;
    (record.version == version && record.id == user).then_some(UserState::Present(record))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
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
            sessions: [].into(),
        }
    }

    #[test]
    fn a_stored_value_reads_back_as_what_it_was() {
        let record = record(7);
        let user = record.id;
        for state in [UserState::Present(record), UserState::Deleted { version: 8 }] {
            assert_eq!(decode(user, &encode(&state).unwrap()), Some(state));
        }
    }

    #[test]
    fn a_value_that_is_not_ours_is_no_value() {
        let record = record(7);
        let value = encode(&UserState::Present(record.clone())).unwrap();
        let other = UserId::generate(Random, SystemClock.now());
        assert_eq!(decode(other, &value), None);
        for bad in ["", "7", "x\n", "7\n{}", &value.replacen('7', "9", 1)] {
            assert_eq!(decode(record.id, bad), None, "{bad}");
        }
    }

    #[actix_web::test]
    async fn in_process_an_older_record_never_replaces_a_newer_one() {
        let cache = MemoryUserCache::new();
        let newer = record(2);
        let user = newer.id;
        let older = UserRecord { version: 1, ..newer.clone() };
        assert!(cache.put_if_newer(user, UserState::Present(newer.clone())).await.unwrap());
        assert!(!cache.put_if_newer(user, UserState::Present(older.clone())).await.unwrap());
        assert!(!cache.put_if_newer(user, UserState::Present(newer.clone())).await.unwrap());
        assert_eq!(cache.get(user).await.unwrap(), Some(UserState::Present(newer)));
        assert!(cache.put_if_newer(user, UserState::Deleted { version: 3 }).await.unwrap());
        assert!(!cache.put_if_newer(user, UserState::Present(older)).await.unwrap());
    }
}
