//! Where `actix-session` keeps what a visitor's pages remember: the CSRF token and flash messages.
//! Its own Redis store is tied to an older client, so this one stands over ours.

use std::collections::HashMap;

use actix_session::{
    SessionMiddleware,
    config::PersistentSession,
    storage::{
        CookieSessionStore, LoadError, SaveError, SessionKey, SessionStore, UpdateError, generate_session_key,
    },
};
use actix_web::cookie::{Key, SameSite, time::Duration};
use redis::{AsyncCommands, aio::ConnectionManager};
use shared::{
    redis_connection::{self, RedisUrl},
    secret::{MasterSecret, Purpose},
    session_cookie::SessionCookie,
};

/// How long a visitor's form stays good.
const TIME_TO_LIVE: Duration = Duration::hours(4);

type State = HashMap<String, String>;

/// The store: Redis for any number of replicas, an encrypted cookie where there is no Redis.
#[derive(Clone)]
pub(crate) enum PageSessions {
    Redis(ConnectionManager),
    Cookie,
}

impl PageSessions {
    /// Opens the store; Redis is reached on first use.
    pub(crate) fn open(redis: RedisUrl) -> Result<Self, redis::RedisError> {
        match redis {
            RedisUrl::Server(client) => redis_connection::connect(client).map(Self::Redis),
            RedisUrl::Memory => Ok(Self::Cookie),
        }
    }

    /// The middleware over this store.
    pub(crate) fn middleware(self, master: &MasterSecret, cookie: &SessionCookie) -> SessionMiddleware<Self> {
        let key = Key::from(master.derive(Purpose::PageSession).as_bytes());
        let name = if cookie.is_secure() { "__Host-page" } else { "page" };
        SessionMiddleware::builder(self, key)
            .cookie_name(name.to_owned())
            .cookie_secure(cookie.is_secure())
            .cookie_same_site(SameSite::Lax)
            .session_lifecycle(PersistentSession::default().session_ttl(TIME_TO_LIVE))
            .build()
    }

    /// Whether the store answers.
    pub(crate) async fn is_up(&self) -> bool {
        match self {
            Self::Cookie => true,
            Self::Redis(connection) => {
                redis::cmd("PING").query_async::<String>(&mut connection.clone()).await.is_ok()
            }
        }
    }
}

fn key(session: &SessionKey) -> String {
    format!("drawbridge:page:{}", session.as_ref())
}

fn seconds(ttl: &Duration) -> u64 {
    u64::try_from(ttl.whole_seconds()).unwrap_or(1).max(1)
}

async fn put(
    connection: &ConnectionManager,
    session: &SessionKey,
    state: &State,
    ttl: &Duration,
) -> Result<(), anyhow::Error> {
    let value = serde_json::to_string(state)?;
    Ok(connection.clone().set_ex::<_, _, ()>(key(session), value, seconds(ttl)).await?)
}

impl SessionStore for PageSessions {
    async fn load(&self, session: &SessionKey) -> Result<Option<State>, LoadError> {
        match self {
            Self::Cookie => CookieSessionStore::default().load(session).await,
            Self::Redis(connection) => {
                let value: Option<String> = connection
                    .clone()
                    .get(key(session))
                    .await
                    .map_err(|error| LoadError::Other(error.into()))?;
                let state = value.map(|value| serde_json::from_str(&value)).transpose();
                state.map_err(|error| LoadError::Deserialization(error.into()))
            }
        }
    }

    async fn save(&self, state: State, ttl: &Duration) -> Result<SessionKey, SaveError> {
        match self {
            Self::Cookie => CookieSessionStore::default().save(state, ttl).await,
            Self::Redis(connection) => {
                let session = generate_session_key();
                put(connection, &session, &state, ttl).await.map_err(SaveError::Other)?;
                Ok(session)
            }
        }
    }

    async fn update(
        &self,
        session: SessionKey,
        state: State,
        ttl: &Duration,
    ) -> Result<SessionKey, UpdateError> {
        match self {
            Self::Cookie => CookieSessionStore::default().update(session, state, ttl).await,
            Self::Redis(connection) => {
                put(connection, &session, &state, ttl).await.map_err(UpdateError::Other)?;
                Ok(session)
            }
        }
    }

    async fn update_ttl(&self, session: &SessionKey, ttl: &Duration) -> Result<(), anyhow::Error> {
        if let Self::Redis(connection) = self {
            let seconds = i64::try_from(seconds(ttl)).unwrap_or(i64::MAX);
            connection.clone().expire::<_, ()>(key(session), seconds).await?;
        }
        Ok(())
    }

    async fn delete(&self, session: &SessionKey) -> Result<(), anyhow::Error> {
        if let Self::Redis(connection) = self {
            connection.clone().del::<_, ()>(key(session)).await?;
        }
        Ok(())
    }
}
