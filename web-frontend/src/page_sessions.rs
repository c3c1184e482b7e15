//! Where `actix-session` keeps what a visitor's pages remember: the CSRF token and flash messages.
//! Its own Redis store is tied to an older client, so this one stands over ours.

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
use drawbridge_core::secret::{MasterSecret, Purpose};
use drawbridge_verification::redis_connection::{self, Connection, RedisUrl};
use redis::{AsyncCommands, ExistenceCheck, SetExpiry, SetOptions};

/// How long a visitor's form stays good.
const TIME_TO_LIVE: Duration = Duration::hours(1);

type State = HashMap<String, String>;

/// The store: Redis for any number of replicas; an encrypted cookie where there is no Redis, and as
/// long as Redis is out of reach, so that no page fails for its sake.
#[derive(Clone)]
pub(crate) struct PageSessions {
    redis: Option<Connection>,
    cookie: Arc<CookieSessionStore>,
}

impl PageSessions {
    /// The name of the cookie, which the session cookie must not have.
    pub(crate) fn cookie_name(secure: bool) -> &'static str {
        if secure { "__Host-drawbridge-page" } else { "drawbridge-page" }
    }

    /// Opens the store; Redis is reached on first use.
    pub(crate) fn open(redis: RedisUrl) -> Self {
        let redis = match redis {
            RedisUrl::Server(server) => Some(redis_connection::connect(server)),
            RedisUrl::Memory => None,
        };
        Self { redis, cookie: Arc::default() }
    }

    /// The middleware over this store.
    pub(crate) fn middleware(self, master: &MasterSecret, cookie: &SessionCookie) -> SessionMiddleware<Self> {
        let key = Key::from(master.derive(Purpose::PageSession).as_bytes());
        SessionMiddleware::builder(self, key)
            .cookie_name(Self::cookie_name(cookie.is_secure()).to_owned())
            .cookie_secure(cookie.is_secure())
            .cookie_same_site(SameSite::Lax)
            .session_lifecycle(PersistentSession::default().session_ttl(TIME_TO_LIVE))
            .build()
    }

    /// Whether Redis answers, if there is one.
    pub(crate) async fn is_up(&self) -> bool {
        match &self.redis {
            Some(redis) => redis::cmd("PING").query_async::<String>(&mut redis.clone()).await.is_ok(),
            None => true,
        }
    }

    /// Redis, for a session that is kept there.
    fn redis_of(&self, session: &SessionKey) -> Option<Connection> {
        // What the cookie holds is the state itself, a JSON object; Redis's keys are letters and digits.
        self.redis.clone().filter(|_| !session.as_ref().starts_with('{'))
    }
}

/// Not below `{drawbridge}:`, of which verifiers are told every change, but in the same slot of a cluster, so
/// that the same server is asked.
fn key(session: &SessionKey) -> String {
    format!("{{drawbridge}}-page:{}", session.as_ref())
}

fn seconds(ttl: &Duration) -> u64 {
    u64::try_from(ttl.whole_seconds()).unwrap_or(1).max(1)
}

/// Runs what is asked of Redis; `None`, with a line in the log, if it is out of reach.
async fn ask<T>(asked: impl Future<Output = redis::RedisResult<T>>) -> Option<T> {
    asked.await.inspect_err(|error| tracing::warn!(%error, "page sessions go without Redis")).ok()
}

impl SessionStore for PageSessions {
    async fn load(&self, session: &SessionKey) -> Result<Option<State>, LoadError> {
        let Some(mut redis) = self.redis_of(session) else { return self.cookie.load(session).await };
        let value = ask(redis.get::<_, Option<String>>(key(session))).await.flatten();
        let state = value.map(|value| serde_json::from_str(&value)).transpose();
        state.map_err(|error| LoadError::Deserialization(error.into()))
    }

    async fn save(&self, state: State, ttl: &Duration) -> Result<SessionKey, SaveError> {
        if let Some(mut redis) = self.redis.clone() {
            let session = generate_session_key();
            let value =
                serde_json::to_string(&state).map_err(|error| SaveError::Serialization(error.into()))?;
            if ask(redis.set_ex::<_, _, ()>(key(&session), value, seconds(ttl))).await.is_some() {
                return Ok(session);
            }
        }
        self.cookie.save(state, ttl).await
    }

    async fn update(
        &self,
        session: SessionKey,
        state: State,
        ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        if let Some(mut redis) = self.redis_of(&session) {
            let value =
                serde_json::to_string(&state).map_err(|error| UpdateError::Serialization(error.into()))?;
            // Only what is still there is changed: a session that was renewed away stays away.
            let there = SetOptions::default()
                .conditional_set(ExistenceCheck::XX)
                .with_expiration(SetExpiry::EX(seconds(ttl)));
            let set = redis.set_options::<_, _, Option<String>>(key(&session), value, there);
            if ask(set).await.flatten().is_some() {
                return Ok(session);
            }
        }
        self.save(state, ttl).await.map_err(|error| UpdateError::Other(error.into()))
    }

    async fn update_ttl(&self, session: &SessionKey, ttl: &Duration) -> Result<(), anyhow::Error> {
        if let Some(mut redis) = self.redis_of(session) {
            let seconds = i64::try_from(seconds(ttl)).unwrap_or(i64::MAX);
            ask(redis.expire::<_, ()>(key(session), seconds)).await;
        }
        Ok(())
    }

    async fn delete(&self, session: &SessionKey) -> Result<(), anyhow::Error> {
        if let Some(mut redis) = self.redis_of(session) {
            ask(redis.del::<_, ()>(key(session))).await;
        }
        Ok(())
    }
}
