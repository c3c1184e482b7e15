//! The settings of verify-service.

use std::time::Duration;

use shared::{
    config::{ConfigErrors, Listen, LogConfig, Lookup, Reader, TokenParties},
    database::DatabaseUrl,
    session_cookie::SessionCookie,
    user_cache::CacheLocation,
    verification::Tolerance,
};

/// Everything that verify-service is told at its start. It holds no secret but its way to the
/// database.
#[derive(Debug, Clone)]
pub struct Config {
    /// `BIND`, `PORT` (8082).
    pub listen: Listen,
    /// `DATABASE_URL[_FILE]`, of a role that need only read.
    pub database_url: DatabaseUrl,
    /// `REDIS_URL[_FILE]`.
    pub cache: CacheLocation,
    /// `FRONTEND_ORIGIN`, `COOKIE_MODE`, `COOKIE_NAME`.
    pub cookie: SessionCookie,
    /// `TOKEN_ISSUER`, `TOKEN_AUDIENCE`.
    pub parties: TokenParties,
    /// `STALE_MAX`, `OUTAGE_GRACE`.
    pub tolerance: Tolerance,
    /// `LOG`, `LOG_FORMAT`.
    pub log: LogConfig,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// All faults at once.
    pub fn read(lookup: Lookup) -> Result<Self, ConfigErrors> {
        let mut reader = Reader::new(lookup);
        let listen = reader.listen(8082);
        let log = reader.log();
        let database_url = reader.database_url();
        let cache = reader.cache();
        let frontend = reader.frontend_origin();
        let cookie = reader.session_cookie(frontend.as_ref());
        let parties = reader.token_parties(frontend.as_ref());
        let default = Tolerance::default();
        let tolerance = Tolerance {
            stale_max: reader.duration(
                "STALE_MAX",
                default.stale_max,
                Duration::ZERO..=Duration::from_mins(1),
            ),
            outage_grace: reader.duration(
                "OUTAGE_GRACE",
                default.outage_grace,
                Duration::ZERO..=Duration::from_hours(24),
            ),
        };
        let complete = match (database_url, cache, cookie, parties) {
            (Some(database_url), Some(cache), Some(cookie), Some(parties)) => {
                Some(Self { listen, database_url, cache, cookie, parties, tolerance, log })
            }
            _ => None,
        };
        reader.finish(complete)
    }
}
