//! The settings of web-frontend.

use shared::{
    config::{ConfigErrors, Listen, LogConfig, Lookup, Reader},
    origin::Origin,
    redis_connection::RedisUrl,
    secret::MasterSecret,
    session_cookie::SessionCookie,
};

use crate::page_sessions::PageSessions;

/// Everything that web-frontend is told at its start.
#[derive(Debug, Clone)]
pub struct Config {
    /// `BIND`, `PORT` (8080).
    pub listen: Listen,
    /// `FRONTEND_ORIGIN`.
    pub frontend_origin: Origin,
    /// `AUTH_SERVICE_URL`.
    pub auth_service: Origin,
    /// `VERIFY_SERVICE_URL`.
    pub verify_service: Origin,
    /// `REDIS_URL[_FILE]`, for the page sessions; `memory:` keeps them in an encrypted cookie.
    pub redis: RedisUrl,
    /// `MASTER_SECRET[_FILE]`.
    pub master_secret: MasterSecret,
    /// `COOKIE_MODE`, `COOKIE_NAME`.
    pub cookie: SessionCookie,
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
        let listen = reader.listen(8080);
        let log = reader.log();
        let frontend_origin = reader.frontend_origin();
        let cookie = reader.session_cookie(frontend_origin.as_ref());
        if cookie
            .as_ref()
            .is_some_and(|cookie| cookie.name() == PageSessions::cookie_name(cookie.is_secure()))
        {
            reader.fault("COOKIE_NAME", "is the name of the pages' own cookie; take another");
        }
        let auth_service = reader.required("AUTH_SERVICE_URL", Origin::parse);
        let verify_service = reader.required("VERIFY_SERVICE_URL", Origin::parse);
        let redis = reader.redis();
        let master_secret = reader.master_secret();
        let complete = match (frontend_origin, auth_service, verify_service, redis, master_secret, cookie) {
            (
                Some(frontend_origin),
                Some(auth_service),
                Some(verify_service),
                Some(redis),
                Some(master_secret),
                Some(cookie),
            ) => Some(Self {
                listen,
                frontend_origin,
                auth_service,
                verify_service,
                redis,
                master_secret,
                cookie,
                log,
            }),
            _ => None,
        };
        reader.finish(complete)
    }
}
