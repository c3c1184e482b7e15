//! The settings of auth-service.

use std::{str::FromStr, time::Duration};

use drawbridge_cookies::{
    session_cookie::SessionCookie,
    topology::{self, CookieMode},
};
use drawbridge_core::{
    origin::Origin,
    secret::MasterSecret,
    settings::{ConfigErrors, Environment, Listen, Reader, Timeouts},
    telemetry::LogConfig,
};
use drawbridge_database::DatabaseUrl;
use drawbridge_http::client_address::TrustedProxies;
use drawbridge_verification::{token::TokenParties, user_cache::CacheLocation};
use jsonwebtoken::Algorithm;
use serde::Serialize;

use crate::{
    breach_check::BreachCheckUrl,
    limits::LimitConfig,
    mail::{MailConfig, MailTransport},
    storage::ReaderRole,
};

const MINUTE: Duration = Duration::from_mins(1);
const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Everything that auth-service is told at its start.
#[derive(Debug, Clone)]
pub struct Config {
    /// `BIND`, `PORT` (8081), `INTERNAL_PORT` (9081).
    pub listen: Listen,
    /// `CONNECT_TIMEOUT`, `ANSWER_TIMEOUT`.
    pub timeouts: Timeouts,
    /// `DATABASE_URL[_FILE]`.
    pub database_url: DatabaseUrl,
    /// `DATABASE_READER`: the role that verify-service reads with, which is let read what it needs.
    pub database_reader: Option<ReaderRole>,
    /// `REDIS_URL[_FILE]`.
    pub cache: CacheLocation,
    /// `MASTER_SECRET[_FILE]`.
    pub master_secret: MasterSecret,
    /// `FRONTEND_ORIGIN`: whose pages may change something.
    pub frontend_origin: Origin,
    /// `COOKIE_MODE`: whether browsers call this service by themselves, and with which cookie.
    pub cookie_mode: CookieMode,
    /// `BACKEND_ORIGIN` and `ALLOWED_ORIGINS`: whose pages may change something, too.
    pub other_origins: Vec<Origin>,
    /// `TRUSTED_PROXIES`.
    pub trusted_proxies: TrustedProxies,
    /// `COOKIE_MODE`, `COOKIE_NAME`, `COOKIE_PREVIOUS`.
    pub cookie: SessionCookie,
    /// `TOKEN_IN_BODY`: hand the token to every client in the body.
    pub token_in_body: bool,
    /// How tokens are made.
    pub tokens: TokenConfig,
    /// How passwords are hashed.
    pub passwords: PasswordConfig,
    /// How often passwords may be tried.
    pub limits: LimitConfig,
    /// `SITE_NAME`: what mails, authenticator apps and passkeys call the site.
    pub site_name: String,
    /// How mail is sent, if it is.
    pub mail: Option<MailConfig>,
    /// `EMAIL_VERIFICATION`: whether an account is made only when its address was confirmed.
    pub email_verification: bool,
    /// `SECOND_FACTOR`.
    pub second_factor: SecondFactorPolicy,
    /// The id under which passkeys are made (`PASSKEY_DOMAIN`); none where the topology allows none.
    pub relying_party: Option<String>,
    /// `BREACH_CHECK_URL`: where new passwords are looked up among leaked ones.
    pub breach_check: Option<BreachCheckUrl>,
    /// `AUDIT_RETENTION`: how long the audit log keeps what happened.
    pub audit_retention: Duration,
    /// `LOG`, `LOG_FORMAT`.
    pub log: LogConfig,
}

/// `SECOND_FACTOR`: whether sign-in asks for more than a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SecondFactorPolicy {
    /// Nobody has one, and none is asked for.
    Off,
    /// Whoever has one is asked for it.
    Optional,
    /// Whoever has none sets one up at the next sign-in.
    Required,
}

impl FromStr for SecondFactorPolicy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "off" => Ok(Self::Off),
            "optional" => Ok(Self::Optional),
            "required" => Ok(Self::Required),
            _ => Err(format!("must be off, optional or required, not \"{text}\"")),
        }
    }
}

/// How tokens are made, and how long they and their sessions last.
#[derive(Debug, Clone)]
pub struct TokenConfig {
    /// `TOKEN_ISSUER`, `TOKEN_AUDIENCE`.
    pub parties: TokenParties,
    /// `TOKEN_ALGORITHM`, of keys that are made from now on, if it is set.
    pub algorithm: Option<Algorithm>,
    /// `TOKEN_LIFETIME`: the idle timeout.
    pub lifetime: Duration,
    /// `SESSION_LIFETIME`: the absolute timeout.
    pub session_lifetime: Duration,
    /// `KEY_ROTATION`: the age at which a signing key is replaced.
    pub key_rotation: Duration,
    /// `SESSIONS_PER_USER`: one more sign-in ends the oldest.
    pub sessions_per_user: u32,
}

/// How passwords are hashed.
#[derive(Debug, Clone, Copy)]
pub struct PasswordConfig {
    /// `BCRYPT_COST` of new hashes.
    pub cost: u32,
    /// `BCRYPT_COST_MAX`: a stored hash of a higher cost is not run.
    pub max_cost: u32,
    /// `BCRYPT_QUEUE`: how many may wait for a free core.
    pub queue: usize,
}

impl Config {
    /// Reads the settings.
    ///
    /// # Errors
    /// All faults at once.
    pub fn read(environment: Environment) -> Result<Self, ConfigErrors> {
        let mut reader = Reader::new(environment);
        let listen = Listen::read(&mut reader, 8081);
        let log = LogConfig::read(&mut reader);
        let timeouts = Timeouts::read(&mut reader);
        let database_url = DatabaseUrl::read(&mut reader);
        let database_reader = reader.optional("DATABASE_READER", ReaderRole::parse);
        let cache = CacheLocation::read(&mut reader);
        let master_secret = reader.master_secret();
        let frontend = reader.frontend_origin();
        let backend = reader.backend_origin();
        let cookie = SessionCookie::read(&mut reader, frontend.as_ref(), backend.as_ref());
        let cookie_mode = reader.optional("COOKIE_MODE", |text| Ok(text.parse().unwrap_or_default()));
        let allowed = reader.optional("ALLOWED_ORIGINS", Origin::parse_list).unwrap_or_default();
        let trusted_proxies = TrustedProxies::read(&mut reader);
        let token_in_body = reader.flag("TOKEN_IN_BODY", false);
        let parties = TokenParties::read(&mut reader, frontend.as_ref());
        let tokens = TokenConfig::read(&mut reader, parties.unwrap_or_default());
        let passwords = PasswordConfig::read(&mut reader);
        let limits = LimitConfig::read(&mut reader);
        let site_name = reader.site_name();
        let mail = frontend.as_ref().and_then(|origin| MailConfig::read(&mut reader, origin, &site_name));
        let keeps = mail.as_ref().is_some_and(|mail| matches!(mail.transport, MailTransport::Folder(_)));
        if keeps && !listen.address.is_loopback() {
            reader.invalid(
                "SMTP_URL",
                "keeps mails on a page, which is for this machine alone: name a mail server",
            );
        }
        let sends = mail.as_ref().is_some_and(|mail| matches!(mail.transport, MailTransport::Smtp(_)));
        let email_verification = reader.flag("EMAIL_VERIFICATION", sends);
        if email_verification && mail.is_none() {
            reader
                .invalid("EMAIL_VERIFICATION", "is true, but nothing here can send mail: set SMTP_URL, too");
        }
        let second_factor =
            reader.optional("SECOND_FACTOR", str::parse).unwrap_or(SecondFactorPolicy::Optional);
        let passkey_domain = reader.optional("PASSKEY_DOMAIN", |text| Ok(text.to_ascii_lowercase()));
        let relying_party = frontend.as_ref().zip(cookie.as_ref()).and_then(|(frontend, cookie)| {
            topology::relying_party(frontend, cookie.policy(), passkey_domain.as_deref()).unwrap_or_else(
                |fault| {
                    reader.invalid("PASSKEY_DOMAIN", fault);
                    None
                },
            )
        });
        let breach_check = reader.optional("BREACH_CHECK_URL", BreachCheckUrl::parse);
        let audit_retention = reader.duration("AUDIT_RETENTION", 365 * DAY, DAY..=3650 * DAY);
        let complete = match (database_url, cache, master_secret, frontend, cookie) {
            (Some(database_url), Some(cache), Some(master_secret), Some(frontend_origin), Some(cookie)) => {
                Some(Self {
                    listen,
                    timeouts,
                    database_url,
                    database_reader,
                    cache,
                    master_secret,
                    frontend_origin,
                    cookie_mode: cookie_mode.unwrap_or_default(),
                    other_origins: backend.into_iter().chain(allowed).collect(),
                    trusted_proxies,
                    cookie,
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
            _ => None,
        };
        reader.finish(complete)
    }
}

impl TokenConfig {
    /// Reads what tokens are made of.
    pub fn read(reader: &mut Reader, parties: TokenParties) -> Self {
        let algorithm = reader.optional("TOKEN_ALGORITHM", |text| match text {
            "EdDSA" => Ok(Algorithm::EdDSA),
            "ES256" => Ok(Algorithm::ES256),
            _ => Err(format!("must be EdDSA or ES256, not \"{text}\"")),
        });
        let lifetime = reader.duration("TOKEN_LIFETIME", 7 * DAY, MINUTE..=365 * DAY);
        let session_lifetime = reader.duration("SESSION_LIFETIME", 30 * DAY, MINUTE..=365 * DAY);
        if lifetime > session_lifetime {
            reader.invalid("TOKEN_LIFETIME", "must not be longer than SESSION_LIFETIME");
        }
        Self {
            parties,
            algorithm,
            lifetime,
            session_lifetime,
            key_rotation: reader.duration("KEY_ROTATION", 90 * DAY, HOUR..=3650 * DAY),
            sessions_per_user: reader.within("SESSIONS_PER_USER", 50, 1..=200),
        }
    }
}

impl PasswordConfig {
    /// Reads how passwords are hashed.
    pub fn read(reader: &mut Reader) -> Self {
        let cost = reader.within("BCRYPT_COST", 12, 10..=20);
        let max_cost = reader.within("BCRYPT_COST_MAX", cost.max(14), 10..=20);
        if max_cost < cost {
            reader.invalid("BCRYPT_COST_MAX", "must not be lower than BCRYPT_COST");
        }
        Self { cost, max_cost, queue: reader.within("BCRYPT_QUEUE", 32, 1..=10_000) }
    }
}
