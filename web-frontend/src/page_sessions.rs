//! The store of page sessions: the CSRF token, flash messages and a pending login of each visitor.
//!
//! The Redis store of `actix-session` depends on an older Redis client, so this module implements a store
//! with ours.

use std::{collections::HashMap, sync::Arc};

use actix_session::{
    SessionMiddleware,
    config::PersistentSession,
    storage::{
        CookieSessionStore, LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key,
    },
};
use actix_web::cookie::{Key, SameSite, time::Duration};
use drawbridge_cookies::session_cookie::SessionCookie;
use drawbridge_core::secret::DerivedKey;
use drawbridge_verification::redis_connection::{self, RedisConnection, RedisUrl};
use redis::{AsyncCommands, ExistenceCheck, RedisResult, SetExpiry, SetOptions};

/// How long a page session lives after its last change, and so how long a form stays valid.
const PAGE_SESSION_LIFETIME: Duration = Duration::hours(1);

type PageSessionState = HashMap<String, String>;

/// Stores page sessions in Redis, which any number of replicas can share. Without Redis, and while it is
/// unreachable, an encrypted cookie holds the session instead, so that pages keep working.
#[derive(Clone)]
pub(crate) struct PageSessions {
    redis: Option<RedisConnection>,
    cookie: Arc<CookieSessionStore>,
}

impl PageSessions {
    /// The name of the cookie.
    pub(crate) fn cookie_name(secure: bool) -> &'static str {
        if secure { "__Host-drawbridge-page" } else { "drawbridge-page" }
    }

    /// Opens the store. It connects to Redis on first use.
    pub(crate) fn open(redis: RedisUrl) -> Self {
        let redis = match redis {
            RedisUrl::Server(server) => Some(redis_connection::connect(server)),
            RedisUrl::Memory => None,
        };
        Self { redis, cookie: Arc::default() }
    }

    /// The middleware that loads and saves page sessions.
    pub(crate) fn middleware(self, key: &DerivedKey, cookie: &SessionCookie) -> SessionMiddleware<Self> {
        let key = Key::from(key.as_bytes());
        SessionMiddleware::builder(self, key)
            .cookie_name(Self::cookie_name(cookie.is_secure()).to_owned())
            .cookie_secure(cookie.is_secure())
            .cookie_same_site(SameSite::Lax)
            .session_lifecycle(PersistentSession::default().session_ttl(PAGE_SESSION_LIFETIME))
            .build()
    }

    /// Returns true if the store is reachable.
    pub(crate) async fn is_reachable(&self) -> bool {
        match &self.redis {
            Some(redis) => redis::cmd("PING").query_async::<String>(&mut redis.clone()).await.is_ok(),
            None => true,
        }
    }

    /// The connection to Redis if this session is stored there.
    fn redis_for(&self, session: &SessionKey) -> Option<RedisConnection> {
        // The cookie store's key is the state itself, a JSON object; keys of Redis sessions are alphanumeric.
        self.redis.clone().filter(|_| !session.as_ref().starts_with('{'))
    }
}

/// The Redis key of a session. It does not begin with `{drawbridge}:`, because verifiers are notified of
/// every change below that prefix, but it lies in the same cluster slot, so that the same server is asked.
fn redis_key(session: &SessionKey) -> String {
    format!("{{drawbridge}}-page:{}", session.as_ref())
}

fn whole_seconds(ttl: &Duration) -> u64 {
    u64::try_from(ttl.whole_seconds()).unwrap_or(1).max(1)
}

/// Runs a Redis command. If Redis is unreachable, logs that and returns `None`.
async fn try_redis<T>(command: impl Future<Output = RedisResult<T>>) -> Option<T> {
    command.await.inspect_err(|error| tracing::warn!(%error, "page sessions continue without Redis")).ok()
}

impl SessionStore for PageSessions {
    async fn load(&self, session: &SessionKey) -> Result<Option<PageSessionState>, LoadError> {
        let Some(mut redis) = self.redis_for(session) else { return self.cookie.load(session).await };
        let value = try_redis(redis.get::<_, Option<String>>(redis_key(session))).await.flatten();
        let state = value.map(|value| serde_json::from_str(&value)).transpose();
        state.map_err(|error| LoadError::Deserialization(error.into()))
    }

    async fn save(&self, state: PageSessionState, ttl: &Duration) -> Result<SessionKey, SaveError> {
        if let Some(mut redis) = self.redis.clone() {
            let session = generate_session_key();
            let value =
                serde_json::to_string(&state).map_err(|error| SaveError::Serialization(error.into()))?;
            let set = redis.set_ex::<_, _, ()>(redis_key(&session), value, whole_seconds(ttl));
            if try_redis(set).await.is_some() {
                return Ok(session);
            }
        }
        self.cookie.save(state, ttl).await
    }

    async fn update(
        &self,
        session: SessionKey,
        state: PageSessionState,
        ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        if let Some(mut redis) = self.redis_for(&session) {
            let value =
                serde_json::to_string(&state).map_err(|error| UpdateError::Serialization(error.into()))?;
            // Only an existing key is updated: a session that has been replaced must not come back.
            let options = SetOptions::default()
                .conditional_set(ExistenceCheck::XX)
                .with_expiration(SetExpiry::EX(whole_seconds(ttl)));
            let set = redis.set_options::<_, _, Option<String>>(redis_key(&session), value, options);
            if try_redis(set).await.flatten().is_some() {
                return Ok(session);
            }
        }
        self.save(state, ttl).await.map_err(|error| UpdateError::Other(error.into()))
    }

    async fn update_ttl(&self, session: &SessionKey, ttl: &Duration) -> Result<(), anyhow::Error> {
        if let Some(mut redis) = self.redis_for(session) {
            let seconds = i64::try_from(whole_seconds(ttl)).unwrap_or(i64::MAX);
            try_redis(redis.expire::<_, ()>(redis_key(session), seconds)).await;
        }
        Ok(())
    }

    async fn delete(&self, session: &SessionKey) -> Result<(), anyhow::Error> {
        if let Some(mut redis) = self.redis_for(session) {
            try_redis(redis.del::<_, ()>(redis_key(session))).await;
        }
        Ok(())
    }
}
