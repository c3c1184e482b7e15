//! The settings of web-frontend. Each module reads its own; this one assembles them.

use drawbridge_cookies::session_cookie::SessionCookie;
use drawbridge_core::{
    origin::Origin,
    pages_path::PagesPath,
    settings::{ConfigErrors, Environment, Listen, Reader, SettingReference, Timeouts},
    telemetry::LogConfig,
    tls::read_additional_authorities,
};
use drawbridge_http::{
    access_rules::{AccessRules, AppKind},
    client_address::TrustedProxies,
};
use drawbridge_verification::{redis_connection::RedisUrl, user_cache::CacheLocation};

use crate::{
    app_detection::AppDetection, auth_client, guard_config::GuardConfig, own_cookies::fixed_cookies,
    own_secret::OwnSecret, site::Site, upstreams::UpstreamConfig,
};

/// The port unless `PORT` is set.
pub const DEFAULT_PORT: u16 = 8080;

/// The settings of web-frontend.
#[derive(Debug, Clone)]
pub struct Config {
    /// `BIND`, `PORT`, `INTERNAL_PORT` and `DRAIN_TIME`.
    pub listen: Listen,
    /// `FRONTEND_ORIGIN`.
    pub frontend_origin: Origin,
    /// `PAGES_PATH`.
    pub pages: PagesPath,
    /// `COOKIE_MODE`, `COOKIE_NAME` and `COOKIE_PREVIOUS`.
    pub cookie: SessionCookie,
    /// `AUTH_SERVICE_URL`.
    pub auth_service: Vec<Origin>,
    /// The guard in front of private pages.
    pub guard: GuardConfig,
    /// `APP_URL`, `UPSTREAMS` and `UPSTREAM_TIMEOUT`.
    pub upstreams: UpstreamConfig,
    /// `GUARDED_PATHS`.
    pub access_rules: AccessRules,
    /// `APP_KIND`, and what happens without it.
    pub app_detection: AppDetection,
    /// `TRUSTED_PROXIES`.
    pub trusted_proxies: TrustedProxies,
    /// `REDIS_URL[_FILE]`, where page sessions are stored.
    pub redis: RedisUrl,
    /// `REDIS_URL[_FILE]`, from which an embedded guard reads user records.
    pub cache: CacheLocation,
    /// `CONNECT_TIMEOUT` and `ANSWER_TIMEOUT`.
    pub timeouts: Timeouts,
    /// `SITE_NAME`, `SITE_LOGO`, `SITE_COLOR` and `SITE_COLOR_DARK`.
    pub site: Site,
    /// `WEB_FRONTEND_KEY[_FILE]`, or `MASTER_SECRET[_FILE]` during an upgrade.
    pub own_secret: OwnSecret,
    /// `LOG` and `LOG_FORMAT`.
    pub log: LogConfig,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every invalid setting.
    pub fn read(environment: Environment) -> Result<Self, ConfigErrors> {
        let mut reader = Reader::new(environment);
        let config = Self::assemble(&mut reader);
        reader.finish(config)
    }

    /// Every setting of web-frontend, for the configuration reference.
    pub fn reference() -> Vec<SettingReference> {
        let mut reader = Reader::new(&|_| None);
        Self::assemble(&mut reader);
        reader.into_reference()
    }

    fn assemble(reader: &mut Reader) -> Option<Self> {
        read_additional_authorities(reader);
        let listen = Listen::read(reader, DEFAULT_PORT);
        let frontend_origin = reader.frontend_origin();
        let backend_origin = reader.backend_origin();
        let cookie = SessionCookie::read(reader, frontend_origin.as_ref(), backend_origin.as_ref());
        if let Some(cookie) = &cookie {
            check_cookie(reader, cookie);
        }
        let auth_service = auth_client::read_origins(reader);
        let guard = GuardConfig::read(reader, frontend_origin.as_ref());
        let (upstreams, pages) = UpstreamConfig::read(reader);
        if let Some(origin) = &frontend_origin {
            check_targets(reader, &upstreams, origin, listen.port);
        }
        let app_kind = AppKind::read(reader);
        let access_rules = read_access_rules(reader, upstreams.app.is_some(), app_kind);
        let trusted_proxies = TrustedProxies::read(reader);
        let redis = RedisUrl::read(reader);
        let timeouts = Timeouts::read(reader);
        let site = Site::read(reader);
        let own_secret = OwnSecret::read(reader);
        let log = LogConfig::read(reader);
        let redis = redis?;
        Some(Self {
            listen,
            frontend_origin: frontend_origin?,
            pages,
            cookie: cookie?,
            auth_service: auth_service?,
            guard: guard?,
            upstreams,
            access_rules,
            app_detection: AppDetection::new(app_kind),
            trusted_proxies,
            cache: redis.clone().into(),
            redis,
            timeouts,
            site,
            own_secret: own_secret?,
            log,
        })
    }
}

/// Reads `GUARDED_PATHS`, which an application needs: without it, everyone could see every page.
fn read_access_rules(reader: &mut Reader, has_app: bool, app_kind: Option<AppKind>) -> AccessRules {
    let error_count = reader.error_count();
    let rules = AccessRules::read_for(reader, app_kind);
    let is_invalid = reader.error_count() > error_count;
    if has_app && rules.is_empty() && !is_invalid {
        reader.invalid(
            "GUARDED_PATHS",
            "is required with APP_URL: name the paths that need a signed-in user, such as /private/*, or /*=public if \
             there are none",
        );
    }
    rules
}

/// Checks that no upstream is web-frontend itself.
fn check_targets(reader: &mut Reader, upstreams: &UpstreamConfig, frontend_origin: &Origin, port: u16) {
    for upstream in upstreams.app.iter().chain(&upstreams.list) {
        if upstream.leads_back(frontend_origin, port) {
            let name = if upstream.is_application() { "APP_URL" } else { "UPSTREAMS" };
            let target = &upstream.target;
            let reason = format_args!(
                "contains {target}, which is the address of Drawbridge itself; name the address of your application"
            );
            reader.invalid(name, reason);
        }
    }
}

/// Checks that the session cookie collides with no other cookie of web-frontend, and that web-frontend
/// receives it.
fn check_cookie(reader: &mut Reader, cookie: &SessionCookie) {
    for fixed in fixed_cookies(cookie.policy()).iter().filter(|fixed| fixed.name == cookie.name()) {
        let purpose = fixed.purpose;
        reader.invalid("COOKIE_NAME", format_args!("is the name of the {purpose} cookie; choose another"));
    }
    if let Some(caution) = cookie.policy().caution() {
        let reason = format_args!("keeps this service from seeing who is signed in: {caution}");
        reader.invalid("COOKIE_MODE", reason);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use drawbridge_core::settings::fixed;

    use super::*;

    const REQUIRED: [(&str, &str); 5] = [
        ("FRONTEND_ORIGIN", "http://localhost:8080"),
        ("AUTH_SERVICE_URL", "http://127.0.0.1:8081"),
        ("VERIFY_SERVICE_URL", "http://127.0.0.1:8082"),
        ("REDIS_URL", "memory:"),
        ("WEB_FRONTEND_KEY", ::tests::WEB_FRONTEND_KEY),
    ];

    fn read_with(setting: (&'static str, &'static str)) -> Result<Config, ConfigErrors> {
        let environment = fixed(REQUIRED.into_iter().chain([setting]));
        Config::read(&environment)
    }

    #[test]
    fn the_required_settings_are_enough() {
        assert!(Config::read(&fixed(REQUIRED)).is_ok());
    }

    #[test]
    fn the_session_cookie_must_not_take_a_name_in_use() {
        let names = ["drawbridge-page", "drawbridge-sent", "drawbridge-language", "drawbridge-device"];

        for name in names {
            let error = read_with(("COOKIE_NAME", name)).unwrap_err().to_string();
            assert!(error.contains("COOKIE_NAME is the name of the"), "{name}: {error}");
        }
    }

    fn read_with_app(url: &'static str, rules: &'static str) -> Result<Config, ConfigErrors> {
        let environment =
            fixed(REQUIRED.into_iter().chain([("APP_URL", url), ("GUARDED_PATHS", rules), ("PORT", "8080")]));
        Config::read(&environment)
    }

    #[test]
    fn the_application_is_not_drawbridge_itself() {
        for url in ["http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080/"] {
            let error = read_with_app(url, "/private/*").unwrap_err().to_string();
            assert!(error.contains("which is the address of Drawbridge itself"), "{url}: {error}");
        }
        let upstream = read_with(("UPSTREAMS", "/backend=http://localhost:8080")).unwrap_err().to_string();
        assert!(upstream.contains("UPSTREAMS contains http://localhost:8080/"), "{upstream}");
        assert!(read_with_app("http://localhost:3000", "/private/*").is_ok());
    }

    #[test]
    fn an_invalid_rule_is_the_only_error() {
        let error = read_with_app("http://localhost:3000", "/pri*").unwrap_err().to_string();

        assert!(!error.contains("required"), "{error}");
        assert!(read_with_app("http://localhost:3000", "").unwrap_err().to_string().contains("is required"));
    }

    #[test]
    fn the_reference_lists_every_setting_once() {
        let reference = Config::reference();

        let names: HashSet<_> = reference.iter().map(|setting| setting.name).collect();
        assert_eq!(names.len(), reference.len(), "{reference:#?}");
        for name in ["PORT", "UPSTREAMS", "GUARD_MODE", "SITE_COLOR_DARK", "COOKIE_PREVIOUS", "LOG_FORMAT"] {
            assert!(names.contains(name), "{name}");
        }
    }
}
