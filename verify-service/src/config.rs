//! The settings of verify-service.

use drawbridge_cookies::session_cookie::SessionCookie;
use drawbridge_core::{
    origin::Origin,
    settings::{ConfigErrors, Environment, Listen, Reader, Timeouts},
    telemetry::LogConfig,
};
use drawbridge_database::DatabaseUrl;
use drawbridge_verification::{CacheSizes, Tolerance, token::TokenParties, user_cache::CacheLocation};

/// Everything that verify-service is told at its start. It holds no secret but its way to the
/// database.
#[derive(Debug, Clone)]
pub struct Config {
    /// `BIND`, `PORT` (8082), `INTERNAL_PORT` (9082).
    pub listen: Listen,
    /// `DATABASE_URL[_FILE]`, of a role that need only read.
    pub database_url: DatabaseUrl,
    /// `REDIS_URL[_FILE]`.
    pub cache: CacheLocation,
    /// `RECORD_CACHE_MIB`, `TOKEN_CACHE_MIB`.
    pub cache_sizes: CacheSizes,
    /// `FRONTEND_ORIGIN`: where forward-auth sends a person who has to sign in.
    pub frontend_origin: Origin,
    /// `FRONTEND_ORIGIN`, `COOKIE_MODE`, `COOKIE_NAME`.
    pub cookie: SessionCookie,
    /// `TOKEN_ISSUER`, `TOKEN_AUDIENCE`.
    pub parties: TokenParties,
    /// `STALE_MAX`, `OUTAGE_GRACE`.
    pub tolerance: Tolerance,
    /// `CONNECT_TIMEOUT`, `ANSWER_TIMEOUT`.
    pub timeouts: Timeouts,
    /// `AUTH_SERVICE_URL`: where forward-auth has tokens renewed; without it, it renews none.
    pub auth_service: Vec<Origin>,
    /// `LOG`, `LOG_FORMAT`.
    pub log: LogConfig,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// All faults at once.
    pub fn read(environment: Environment) -> Result<Self, ConfigErrors> {
        let mut reader = Reader::new(environment);
        let listen = Listen::read(&mut reader, 8082);
        let log = LogConfig::read(&mut reader);
        let database_url = DatabaseUrl::read(&mut reader);
        let cache = CacheLocation::read(&mut reader);
        let cache_sizes = CacheSizes::read(&mut reader);
        let frontend = reader.frontend_origin();
        let backend = reader.backend_origin();
        let cookie = SessionCookie::read(&mut reader, frontend.as_ref(), backend.as_ref());
        let parties = TokenParties::read(&mut reader, frontend.as_ref());
        let tolerance = Tolerance::read(&mut reader);
        let timeouts = Timeouts::read(&mut reader);
        let auth_service = reader.optional("AUTH_SERVICE_URL", Origin::parse_list).unwrap_or_default();
        let complete = match (database_url, cache, frontend, cookie, parties) {
            (Some(database_url), Some(cache), Some(frontend_origin), Some(cookie), Some(parties)) => {
                Some(Self {
                    listen,
                    database_url,
                    cache,
                    cache_sizes,
                    frontend_origin,
                    cookie,
                    parties,
                    tolerance,
                    timeouts,
                    auth_service,
                    log,
                })
            }
            _ => None,
        };
        reader.finish(complete)
    }
}
