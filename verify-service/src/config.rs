//! The settings of verify-service.

use drawbridge_cookies::session_cookie::SessionCookie;
use drawbridge_core::{
    origin::Origin,
    pages_path::PagesPath,
    settings::{ConfigErrors, Environment, Listen, Reader, SettingReference, Timeouts},
    telemetry::LogConfig,
    tls::read_additional_authorities,
};
use drawbridge_database::DatabaseUrl;
use drawbridge_http::access_rules::AccessRules;
use drawbridge_verification::{CacheSizes, Tolerance, token::TokenParties, user_cache::CacheLocation};

use crate::renewal::Renewal;

/// The default of `PORT`.
pub const DEFAULT_PORT: u16 = 8082;

/// The configuration of verify-service. Its only secrets are the credentials of the database and of Redis.
#[derive(Debug, Clone)]
pub struct Config {
    /// `BIND`, `PORT` (8082), `INTERNAL_PORT` (9082) and `DRAIN_TIME`.
    pub listen: Listen,
    /// `DATABASE_URL[_FILE]`. The role only needs to read.
    pub database_url: DatabaseUrl,
    /// `REDIS_URL[_FILE]`.
    pub cache: CacheLocation,
    /// `RECORD_CACHE_MIB` and `TOKEN_CACHE_MIB`.
    pub cache_sizes: CacheSizes,
    /// `FRONTEND_ORIGIN`: where forward-auth sends a browser to sign in.
    pub frontend_origin: Origin,
    /// `PAGES_PATH`, behind which the sign-in page is.
    pub pages: PagesPath,
    /// `GUARDED_PATHS` and `APP_KIND`, which the gateway endpoints apply.
    pub access_rules: AccessRules,
    /// `FRONTEND_ORIGIN`, `BACKEND_ORIGIN`, `COOKIE_MODE`, `COOKIE_NAME` and `COOKIE_PREVIOUS`.
    pub cookie: SessionCookie,
    /// `PUBLIC_ORIGIN`, `TOKEN_ISSUER` and `TOKEN_AUDIENCE`.
    pub parties: TokenParties,
    /// `STALE_MAX` and `OUTAGE_GRACE`.
    pub tolerance: Tolerance,
    /// `CONNECT_TIMEOUT` and `ANSWER_TIMEOUT`.
    pub timeouts: Timeouts,
    /// `AUTH_SERVICE_URL`: where tokens are renewed; empty if they are not renewed.
    pub auth_service: Vec<Origin>,
    /// `LOG` and `LOG_FORMAT`.
    pub log: LogConfig,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// All invalid settings.
    pub fn read(environment: Environment) -> Result<Self, ConfigErrors> {
        let mut reader = Reader::new(environment);
        let config = Self::assemble(&mut reader);
        reader.finish(config)
    }

    /// Every setting of verify-service, for the configuration reference.
    pub fn reference() -> Vec<SettingReference> {
        let unset = |_: &str| None;
        let mut reader = Reader::new(&unset);
        Self::assemble(&mut reader);
        reader.into_reference()
    }

    /// Reads every setting, even if an earlier one is invalid.
    fn assemble(reader: &mut Reader) -> Option<Self> {
        read_additional_authorities(reader);
        let listen = Listen::read(reader, DEFAULT_PORT);
        let log = LogConfig::read(reader);
        let database_url = DatabaseUrl::read(reader);
        let cache = CacheLocation::read(reader);
        let cache_sizes = CacheSizes::read(reader);
        let frontend_origin = reader.frontend_origin();
        let backend_origin = reader.backend_origin();
        let pages = PagesPath::read(reader);
        let access_rules = AccessRules::read(reader);
        let cookie = SessionCookie::read(reader, frontend_origin.as_ref(), backend_origin.as_ref());
        let parties = TokenParties::read(reader, frontend_origin.as_ref());
        let tolerance = Tolerance::read(reader);
        let timeouts = Timeouts::read(reader);
        let auth_service = Renewal::read_origins(reader);
        Some(Self {
            listen,
            database_url: database_url?,
            cache: cache?,
            cache_sizes,
            frontend_origin: frontend_origin?,
            pages,
            access_rules,
            cookie: cookie?,
            parties: parties?,
            tolerance,
            timeouts,
            auth_service,
            log,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_lists_every_setting_once() {
        let mut names: Vec<_> = Config::reference().into_iter().map(|setting| setting.name).collect();
        let total = names.len();
        names.sort_unstable();
        names.dedup();

        assert_eq!(names.len(), total);
        for name in
            ["PORT", "DATABASE_URL", "REDIS_URL", "COOKIE_PREVIOUS", "TOKEN_AUDIENCE", "AUTH_SERVICE_URL"]
        {
            assert!(names.contains(&name), "{name}");
        }
    }
}
