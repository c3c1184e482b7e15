//! The settings of auth-service. Each part is defined next to the module that it configures.

use std::time::Duration;

use drawbridge_cookies::session_cookie::SessionCookie;
use drawbridge_core::{
    frontend_key::FrontendKey,
    origin::Origin,
    pages_path::PagesPath,
    secret::MasterSecret,
    settings::{ConfigErrors, Environment, Listen, Reader, SettingReference, Timeouts, fixed},
    telemetry::LogConfig,
    tls::read_additional_authorities,
};
use drawbridge_database::DatabaseUrl;
use drawbridge_http::client_address::TrustedProxies;
use drawbridge_verification::{token::TokenParties, user_cache::CacheLocation};

use crate::{
    breach_check::BreachCheckUrl,
    cross_origin::read_allowed_origins,
    domain::SecondFactorPolicy,
    housekeeping::read_audit_retention,
    limits::LimitConfig,
    mail::{MailConfig, read_email_verification},
    passkeys::read_relying_party,
    password_hasher::PasswordConfig,
    proof_check::{read_token_in_body, read_web_frontend_keys},
    signing_keys::TokenConfig,
    storage::ReaderRole,
};

const DEFAULT_PORT: u16 = 8081;

/// The configuration of auth-service.
#[derive(Debug, Clone)]
pub struct Config {
    /// `BIND`, `PORT` (8081), `INTERNAL_PORT` (9081) and `DRAIN_TIME`.
    pub listen: Listen,
    /// `CONNECT_TIMEOUT` and `ANSWER_TIMEOUT`.
    pub timeouts: Timeouts,
    /// `DATABASE_URL[_FILE]`.
    pub database_url: DatabaseUrl,
    /// `DATABASE_READER`: the PostgreSQL role of verify-service.
    pub database_reader: Option<ReaderRole>,
    /// `REDIS_URL[_FILE]`.
    pub cache: CacheLocation,
    /// `MASTER_SECRET[_FILE]`.
    pub master_secret: MasterSecret,
    /// `WEB_FRONTEND_KEY[_FILE]`: the keys with which web-frontend may prove itself.
    pub web_frontend_keys: Vec<FrontendKey>,
    /// `FRONTEND_ORIGIN`.
    pub frontend_origin: Origin,
    /// `PAGES_PATH`.
    pub pages: PagesPath,
    /// `BACKEND_ORIGIN`.
    pub backend_origin: Option<Origin>,
    /// `BACKEND_ORIGIN` and `ALLOWED_ORIGINS`: further origins whose pages may call the service.
    pub other_origins: Vec<Origin>,
    /// `TRUSTED_PROXIES`.
    pub trusted_proxies: TrustedProxies,
    /// `COOKIE_MODE`, `COOKIE_NAME` and `COOKIE_PREVIOUS`.
    pub cookie: SessionCookie,
    /// `TOKEN_IN_BODY`: whether every client receives the token in the body.
    pub token_in_body: bool,
    /// How tokens are signed, and how long sessions last.
    pub tokens: TokenConfig,
    /// How passwords are hashed.
    pub passwords: PasswordConfig,
    /// The limits on attempts.
    pub limits: LimitConfig,
    /// `SITE_NAME`.
    pub site_name: String,
    /// How mail is sent, if it is sent at all.
    pub mail: Option<MailConfig>,
    /// `EMAIL_VERIFICATION`: whether an address must be confirmed before an account is created.
    pub email_verification: bool,
    /// `SECOND_FACTOR`.
    pub second_factor: SecondFactorPolicy,
    /// The relying party ID of passkeys (`PASSKEY_DOMAIN`); `None` if the topology allows no passkeys.
    pub relying_party: Option<String>,
    /// `BREACH_CHECK_URL`: the service that checks whether new passwords have been leaked.
    pub breach_check: Option<BreachCheckUrl>,
    /// `AUDIT_RETENTION`: how long audit events are kept.
    pub audit_retention: Duration,
    /// `LOG` and `LOG_FORMAT`.
    pub log: LogConfig,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// Settings are missing or invalid. The error lists all of them.
    pub fn read(environment: Environment) -> Result<Self, ConfigErrors> {
        let mut reader = Reader::new(environment);
        let config = Self::assemble(&mut reader);
        reader.finish(config)
    }

    /// `FRONTEND_ORIGIN`, `BACKEND_ORIGIN` and `ALLOWED_ORIGINS`: the origins whose pages may call the service.
    pub(crate) fn own_origins(&self) -> Vec<Origin> {
        std::iter::once(&self.frontend_origin).chain(&self.other_origins).cloned().collect()
    }

    /// The origins that no frontend can have: those whose pages may call the service, and `PUBLIC_ORIGIN`.
    pub(crate) fn reserved_origins(&self) -> Vec<Origin> {
        let mut origins = self.own_origins();
        origins.extend(Origin::parse(&self.tokens.parties.issuer));
        origins
    }

    /// The reference of all settings, in the order in which they are read.
    pub fn reference() -> Vec<SettingReference> {
        let sample = fixed([
            ("DATABASE_URL", "sqlite://drawbridge.db"),
            ("REDIS_URL", "memory:"),
            ("MASTER_SECRET", "0123456789abcdef0123456789abcdef"),
            ("FRONTEND_ORIGIN", "https://www.example.com"),
        ]);
        let mut reader = Reader::new(&sample);
        Self::assemble(&mut reader);
        reader.into_reference()
    }

    fn assemble(reader: &mut Reader) -> Option<Self> {
        read_additional_authorities(reader);
        let listen = Listen::read(reader, DEFAULT_PORT);
        let log = LogConfig::read(reader);
        let timeouts = Timeouts::read(reader);
        let database_url = DatabaseUrl::read(reader);
        let database_reader = ReaderRole::read(reader);
        let cache = CacheLocation::read(reader);
        let master_secret = reader.master_secret();
        let web_frontend_keys = read_web_frontend_keys(reader);
        let frontend = reader.frontend_origin();
        let backend = reader.backend_origin();
        let pages = PagesPath::read(reader);
        let cookie = SessionCookie::read(reader, frontend.as_ref(), backend.as_ref());
        let allowed = read_allowed_origins(reader);
        let trusted_proxies = TrustedProxies::read(reader);
        let token_in_body = read_token_in_body(reader);
        let parties = TokenParties::read(reader, frontend.as_ref());
        let tokens = TokenConfig::read(reader, parties.unwrap_or_default());
        let passwords = PasswordConfig::read(reader);
        let limits = LimitConfig::read(reader);
        let site_name = reader.site_name();
        let mail = MailConfig::read(reader, &listen, frontend.as_ref(), &pages, &site_name);
        let email_verification = read_email_verification(reader, mail.as_ref());
        let second_factor = SecondFactorPolicy::read(reader);
        let relying_party = read_relying_party(reader, frontend.as_ref(), cookie.as_ref());
        let breach_check = BreachCheckUrl::read(reader);
        let audit_retention = read_audit_retention(reader);
        Some(Self {
            listen,
            timeouts,
            database_url: database_url?,
            database_reader,
            cache: cache?,
            master_secret: master_secret?,
            web_frontend_keys,
            frontend_origin: frontend?,
            pages,
            other_origins: backend.clone().into_iter().chain(allowed).collect(),
            backend_origin: backend,
            trusted_proxies,
            cookie: cookie?,
            token_in_body,
            tokens,
            passwords,
            limits,
            site_name,
            mail,
            email_verification,
            second_factor,
            relying_party,
            breach_check,
            audit_retention,
            log,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_documented() {
        for setting in Config::reference() {
            assert!(!setting.meaning.is_empty(), "{}", setting.name);
        }
    }
}
