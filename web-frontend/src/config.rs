//! The settings of web-frontend.

use std::time::Duration;

use drawbridge_cookies::{device_cookie, session_cookie::SessionCookie};
use drawbridge_core::{
    origin::Origin,
    secret::MasterSecret,
    settings::{ConfigErrors, Environment, Listen, Reader, Timeouts},
    telemetry::LogConfig,
};
use drawbridge_http::client_address::TrustedProxies;
use drawbridge_verification::{
    CacheSizes, Tolerance, redis_connection::RedisUrl, token::TokenParties, user_cache::CacheLocation,
};

use crate::{
    language,
    page_sessions::PageSessions,
    site::{Logo, Site},
    upstreams::Upstream,
};
use drawbridge_guard::redirect_cookie_name;

/// Everything that web-frontend is told at its start.
#[derive(Debug, Clone)]
pub struct Config {
    /// `BIND`, `PORT` (8080), `INTERNAL_PORT` (9080).
    pub listen: Listen,
    /// `FRONTEND_ORIGIN`.
    pub frontend_origin: Origin,
    /// `AUTH_SERVICE_URL`: its replicas.
    pub auth_service: Vec<Origin>,
    /// `VERIFY_SERVICE_URL`: its replicas.
    pub verify_service: Vec<Origin>,
    /// `VERIFY_INTERNAL_URL`: their internal ports, 1000 above unless set.
    pub verify_internal: Option<Vec<Origin>>,
    /// `GUARD_MODE`: who verifies.
    pub guard_mode: GuardMode,
    /// `REDIS_URL[_FILE]`, for the page sessions; `memory:` keeps them in an encrypted cookie.
    pub redis: RedisUrl,
    /// `REDIS_URL[_FILE]`, for the user records of an embedded guard.
    pub cache: CacheLocation,
    /// `RECORD_CACHE_MIB`, `TOKEN_CACHE_MIB`.
    pub cache_sizes: CacheSizes,
    /// `TOKEN_ISSUER`, `TOKEN_AUDIENCE`.
    pub parties: TokenParties,
    /// `STALE_MAX`, `OUTAGE_GRACE`.
    pub tolerance: Tolerance,
    /// `CONNECT_TIMEOUT`, `ANSWER_TIMEOUT`.
    pub timeouts: Timeouts,
    /// `MASTER_SECRET[_FILE]`.
    pub master_secret: MasterSecret,
    /// `COOKIE_MODE`, `COOKIE_NAME`, `COOKIE_PREVIOUS`.
    pub cookie: SessionCookie,
    /// `UPSTREAMS`: backends below paths of this origin.
    pub upstreams: Vec<Upstream>,
    /// `UPSTREAM_TIMEOUT`: how long one of them may keep silent.
    pub upstream_timeout: Duration,
    /// `TRUSTED_PROXIES`.
    pub trusted_proxies: TrustedProxies,
    /// `SITE_NAME`, `SITE_LOGO`, `SITE_COLOR`, `SITE_COLOR_DARK`.
    pub site: Site,
    /// `LOG`, `LOG_FORMAT`.
    pub log: LogConfig,
}

/// Who verifies the tokens of guarded pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GuardMode {
    /// verify-service, asked about every request.
    Remote,
    /// web-frontend itself; verify-service tells what is not in Redis.
    Embedded,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// All faults at once.
    pub fn read(environment: Environment) -> Result<Self, ConfigErrors> {
        let mut reader = Reader::new(environment);
        let listen = Listen::read(&mut reader, 8080);
        let log = LogConfig::read(&mut reader);
        let frontend_origin = reader.frontend_origin();
        let backend = reader.backend_origin();
        let cookie = SessionCookie::read(&mut reader, frontend_origin.as_ref(), backend.as_ref());
        if cookie
            .as_ref()
            .is_some_and(|cookie| cookie.name() == PageSessions::cookie_name(cookie.is_secure()))
        {
            reader.invalid("COOKIE_NAME", "is the name of the pages' own cookie; take another");
        }
        if cookie.as_ref().is_some_and(|cookie| cookie.name() == redirect_cookie_name(cookie.is_secure())) {
            reader.invalid("COOKIE_NAME", "is the name of the guard's own cookie; take another");
        }
        if cookie.as_ref().is_some_and(|cookie| cookie.name() == device_cookie::name(cookie.policy())) {
            reader.invalid("COOKIE_NAME", "is the name of a device's own cookie; take another");
        }
        if cookie.as_ref().is_some_and(|cookie| cookie.name() == language::cookie_name(cookie.is_secure())) {
            reader.invalid("COOKIE_NAME", "is the name of the language's own cookie; take another");
        }
        if let Some(caution) = cookie.as_ref().and_then(|cookie| cookie.policy().caution()) {
            reader.invalid(
                "COOKIE_MODE",
                format_args!("does not let this service see who is signed in: {caution}"),
            );
        }
        let auth_service = reader.required("AUTH_SERVICE_URL", Origin::parse_list);
        let verify_service = reader.required("VERIFY_SERVICE_URL", Origin::parse_list);
        let verify_internal = reader.optional("VERIFY_INTERNAL_URL", Origin::parse_list);
        let guard_mode = reader.optional("GUARD_MODE", |mode| match mode {
            "remote" => Ok(GuardMode::Remote),
            "embedded" => Ok(GuardMode::Embedded),
            _ => Err(format!("must be remote or embedded, not \"{mode}\"")),
        });
        let upstreams = reader.optional("UPSTREAMS", Upstream::parse_list).unwrap_or_default();
        let upstream_timeout = reader.duration(
            "UPSTREAM_TIMEOUT",
            Duration::from_mins(1),
            Duration::from_millis(100)..=Duration::from_hours(1),
        );
        let trusted_proxies = TrustedProxies::read(&mut reader);
        let redis = RedisUrl::read(&mut reader);
        let parties = TokenParties::read(&mut reader, frontend_origin.as_ref());
        let (cache_sizes, tolerance, timeouts) =
            (CacheSizes::read(&mut reader), Tolerance::read(&mut reader), Timeouts::read(&mut reader));
        let site = Site::new(
            reader.site_name(),
            reader.optional("SITE_LOGO", Logo::read),
            reader.optional("SITE_COLOR", Site::parse_color),
            reader.optional("SITE_COLOR_DARK", Site::parse_color_dark),
        );
        let master_secret = reader.master_secret();
        let services = auth_service.zip(verify_service);
        let identity = frontend_origin.zip(cookie).zip(parties);
        let complete = match (services, identity, redis, master_secret) {
            (
                Some((auth_service, verify_service)),
                Some(((frontend_origin, cookie), parties)),
                Some(redis),
                Some(master_secret),
            ) => Some(Self {
                listen,
                frontend_origin,
                auth_service,
                verify_service,
                verify_internal,
                guard_mode: guard_mode.unwrap_or(GuardMode::Remote),
                cache: redis.clone().into(),
                redis,
                cache_sizes,
                parties,
                tolerance,
                timeouts,
                master_secret,
                cookie,
                upstreams,
                upstream_timeout,
                trusted_proxies,
                site,
                log,
            }),
            _ => None,
        };
        reader.finish(complete)
    }
}
