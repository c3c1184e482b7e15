//! Settings from the environment, read through a look-up that tests can replace, with all faults
//! reported at once and each naming its variable.

mod values;

use std::{collections::HashMap, fmt, net::IpAddr, str::FromStr, sync::Arc, time::Duration};

use secrecy::{ExposeSecret, SecretString};

#[cfg(feature = "database")]
use crate::database::DatabaseUrl;
use crate::{
    client_address::TrustedProxies,
    origin::Origin,
    redis_connection::RedisUrl,
    secret::MasterSecret,
    session_cookie::{PreviousCookie, SessionCookie},
    telemetry::LogFormat,
    topology::{CookieMode, Topology},
    user_cache::CacheLocation,
    verification::Tolerance,
};

pub use values::{CacheSizes, INTERNAL_PORT_ABOVE, Listen, LogConfig, Timeouts, TokenParties};

/// Where a setting's text comes from: its variable's name in, its value out.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The process's environment.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Everything that is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigErrors(Vec<String>);

impl ConfigErrors {
    /// The faults of several configurations, each once.
    pub fn merge(errors: impl IntoIterator<Item = Self>) -> Self {
        let mut faults = Vec::new();
        for fault in errors.into_iter().flat_map(|errors| errors.0) {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
        Self(faults)
    }
}

impl std::error::Error for ConfigErrors {}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} fault(s)", self.0.len())?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

/// Reads settings and gathers what is wrong with them.
///
/// A faulty setting gives `None` from here on; [`Reader::finish`] then refuses the whole.
/// A variable that is set to nothing counts as not set.
pub struct Reader<'a> {
    lookup: Lookup<'a>,
    faults: Vec<String>,
}

impl<'a> Reader<'a> {
    /// A reader over `lookup`.
    pub fn new(lookup: Lookup<'a>) -> Self {
        Self { lookup, faults: Vec::new() }
    }

    /// Notes a fault of the variable `name`.
    pub fn fault(&mut self, name: &str, what: impl fmt::Display) {
        self.faults.push(format!("{name} {what}"));
    }

    fn text(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.trim().is_empty())
    }

    /// A setting that may be left out.
    pub fn optional<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = self.text(name)?;
        parse(text.trim()).map_err(|fault| self.fault(name, fault)).ok()
    }

    /// A setting that must be there.
    pub fn required<T>(&mut self, name: &str, parse: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        if self.text(name).is_none() {
            self.fault(name, "is required but not set");
            return None;
        }
        self.optional(name, parse)
    }

    /// A number or other plain value within `bounds`, or `default`.
    pub fn within<T>(&mut self, name: &str, default: T, bounds: std::ops::RangeInclusive<T>) -> T
    where
        T: FromStr + PartialOrd + fmt::Display + Copy,
    {
        let parse = |text: &str| match text.parse::<T>() {
            Ok(value) if bounds.contains(&value) => Ok(value),
            _ => Err(format!("must be a number from {} to {}, not \"{text}\"", bounds.start(), bounds.end())),
        };
        self.optional(name, parse).unwrap_or(default)
    }

    /// A length of time such as `90s`, `15m` or `7d` within `bounds`, or `default`.
    pub fn duration(
        &mut self,
        name: &str,
        default: Duration,
        bounds: std::ops::RangeInclusive<Duration>,
    ) -> Duration {
        let parse = |text: &str| match humantime::parse_duration(text) {
            Ok(value) if bounds.contains(&value) => Ok(value),
            _ => Err(format!(
                "must be a length of time from {} to {} such as \"15m\" or \"7d\", not \"{text}\"",
                plain(*bounds.start()),
                plain(*bounds.end())
            )),
        };
        self.optional(name, parse).unwrap_or(default)
    }

    /// `true` or `false`, or `default`.
    pub fn flag(&mut self, name: &str, default: bool) -> bool {
        let parse = |text: &str| match text {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(format!("must be true or false, not \"{text}\"")),
        };
        self.optional(name, parse).unwrap_or(default)
    }

    /// A required secret, from `NAME` or from the file that `NAME_FILE` names, never from both.
    pub fn secret<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(SecretString) -> Result<T, String>,
    ) -> Option<T> {
        if self.text(name).is_none() && self.text(&format!("{name}_FILE")).is_none() {
            self.fault(name, format_args!("(or {name}_FILE) is required but not set"));
        }
        self.optional_secret(name, parse)
    }

    /// The same for a secret that may be left out.
    pub fn optional_secret<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(SecretString) -> Result<T, String>,
    ) -> Option<T> {
        let file_name = format!("{name}_FILE");
        let secret = match (self.text(name), self.text(&file_name)) {
            (Some(_), Some(_)) => {
                self.fault(name, format_args!("and {file_name} are both set; keep one"));
                return None;
            }
            (None, None) => return None,
            (Some(value), None) => SecretString::from(value),
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(content) => SecretString::from(content.trim_end_matches(['\r', '\n'])),
                Err(error) => {
                    self.fault(&file_name, format_args!("names {path}, which cannot be read: {error}"));
                    return None;
                }
            },
        };
        parse(secret).map_err(|fault| self.fault(name, fault)).ok()
    }

    /// `MASTER_SECRET[_FILE]`.
    pub fn master_secret(&mut self) -> Option<MasterSecret> {
        self.secret("MASTER_SECRET", MasterSecret::parse)
    }

    /// `BIND`, `PORT`, `INTERNAL_PORT` and `DRAIN_TIME`: where the service listens, and how it leaves.
    pub fn listen(&mut self, default_port: u16) -> Listen {
        let address = self
            .optional("BIND", |text| {
                text.parse().map_err(|_| format!("must be an IP address, not \"{text}\""))
            })
            .unwrap_or(IpAddr::from([127, 0, 0, 1]));
        let port = self.within("PORT", default_port, 0..=u16::MAX);
        let internal = match port.checked_add(INTERNAL_PORT_ABOVE) {
            Some(internal) if port != 0 => internal,
            _ => 0,
        };
        Listen {
            address,
            port,
            internal_port: self.within("INTERNAL_PORT", internal, 0..=u16::MAX),
            drain_time: self.duration("DRAIN_TIME", Duration::ZERO, Duration::ZERO..=Duration::from_mins(10)),
        }
    }

    /// `FRONTEND_ORIGIN`: the origin that people see in their address bar.
    pub fn frontend_origin(&mut self) -> Option<Origin> {
        self.required("FRONTEND_ORIGIN", Origin::parse)
    }

    /// `BACKEND_ORIGIN`: where browsers reach auth-service, if they do.
    pub fn backend_origin(&mut self) -> Option<Origin> {
        self.optional("BACKEND_ORIGIN", Origin::parse)
    }

    /// `TRUSTED_PROXIES`: whose `X-Forwarded-For` is believed; nobody's unless set.
    pub fn trusted_proxies(&mut self) -> TrustedProxies {
        self.optional("TRUSTED_PROXIES", str::parse).unwrap_or_default()
    }

    /// `COOKIE_MODE`, `COOKIE_NAME` and `COOKIE_PREVIOUS`, judged by the topology.
    pub fn session_cookie(
        &mut self,
        frontend: Option<&Origin>,
        backend: Option<&Origin>,
    ) -> Option<SessionCookie> {
        let mode = self.optional("COOKIE_MODE", str::parse::<CookieMode>).unwrap_or_default();
        let name = self.optional("COOKIE_NAME", |name| Ok(name.to_owned()));
        let previous = self.optional("COOKIE_PREVIOUS", PreviousCookie::parse_list).unwrap_or_default();
        let topology = Topology { frontend: frontend?, backend, mode, name: name.as_deref() };
        let policy = topology.policy().map_err(|refused| self.faults.push(refused.to_string())).ok()?;
        if previous.iter().any(|cookie| cookie.name() == policy.name) {
            self.fault("COOKIE_PREVIOUS", "names COOKIE_NAME itself: browsers do not say which of the two came; take another COOKIE_NAME");
        }
        Some(SessionCookie::new(policy, previous))
    }

    /// `TOKEN_ISSUER` and `TOKEN_AUDIENCE`, the frontend's origin unless set.
    pub fn token_parties(&mut self, frontend: Option<&Origin>) -> Option<TokenParties> {
        let frontend = frontend.map(ToString::to_string);
        let issuer = self.optional("TOKEN_ISSUER", |text| Ok(text.to_owned())).or(frontend.clone())?;
        let audience = self.optional("TOKEN_AUDIENCE", |text| Ok(text.to_owned())).or(frontend)?;
        Some(TokenParties { issuer, audience })
    }

    /// `REDIS_URL[_FILE]`: the shared cache, or `memory:` to go without.
    pub fn redis(&mut self) -> Option<RedisUrl> {
        self.secret("REDIS_URL", |url| RedisUrl::parse(url.expose_secret().trim()))
    }

    /// `DATABASE_URL[_FILE]`.
    #[cfg(feature = "database")]
    pub fn database_url(&mut self) -> Option<DatabaseUrl> {
        self.secret("DATABASE_URL", |url| DatabaseUrl::parse(url.expose_secret().trim()))
    }

    /// `CONNECT_TIMEOUT` and `ANSWER_TIMEOUT`.
    pub fn timeouts(&mut self) -> Timeouts {
        let (least, most) = (Duration::from_millis(10), Duration::from_mins(1));
        let default = Timeouts::default();
        Timeouts {
            connect: self.duration("CONNECT_TIMEOUT", default.connect, least..=most),
            answer: self.duration("ANSWER_TIMEOUT", default.answer, least..=most),
        }
    }

    /// `RECORD_CACHE_MIB` and `TOKEN_CACHE_MIB`.
    pub fn cache_sizes(&mut self) -> CacheSizes {
        const MIB: u64 = 1024 * 1024;
        let default = CacheSizes::default();
        CacheSizes {
            record_bytes: MIB * self.within("RECORD_CACHE_MIB", default.record_bytes / MIB, 0..=65_536),
            token_bytes: MIB * self.within("TOKEN_CACHE_MIB", default.token_bytes / MIB, 0..=65_536),
        }
    }

    /// `STALE_MAX` and `OUTAGE_GRACE`.
    pub fn tolerance(&mut self) -> Tolerance {
        let default = Tolerance::default();
        let (minute, day) = (Duration::from_mins(1), Duration::from_hours(24));
        Tolerance {
            stale_max: self.duration("STALE_MAX", default.stale_max, Duration::ZERO..=minute),
            outage_grace: self.duration("OUTAGE_GRACE", default.outage_grace, Duration::ZERO..=day),
        }
    }

    /// `REDIS_URL` as the place of the user records.
    pub fn cache(&mut self) -> Option<CacheLocation> {
        self.redis().map(CacheLocation::from)
    }

    /// `SITE_NAME`: what pages, mails, authenticator apps and passkeys call the site.
    pub fn site_name(&mut self) -> String {
        let parse = |text: &str| {
            let is_good = text.chars().count() <= 60 && !text.chars().any(char::is_control);
            let fault = || "must have at most 60 characters, all of which can be shown".to_owned();
            is_good.then(|| text.to_owned()).ok_or_else(fault)
        };
        self.optional("SITE_NAME", parse).unwrap_or_else(|| "Drawbridge".to_owned())
    }

    /// `LOG` and `LOG_FORMAT`.
    pub fn log(&mut self) -> LogConfig {
        let filter =
            self.optional("LOG", |text| Ok(text.to_owned())).unwrap_or_else(|| LogConfig::filter("info"));
        if let Err(error) = tracing_subscriber::EnvFilter::try_new(&filter) {
            self.fault("LOG", format_args!("is not a log filter such as \"info\" ({error})"));
        }
        let format = self.optional("LOG_FORMAT", |text| match text {
            "text" => Ok(LogFormat::Text),
            "json" => Ok(LogFormat::Json),
            _ => Err(format!("must be text or json, not \"{text}\"")),
        });
        LogConfig { filter, format: format.unwrap_or(LogFormat::Text) }
    }

    /// The settings, if nothing was wrong with any.
    ///
    /// # Errors
    /// All faults together.
    pub fn finish<T>(self, settings: Option<T>) -> Result<T, ConfigErrors> {
        match settings {
            Some(settings) if self.faults.is_empty() => Ok(settings),
            _ => Err(ConfigErrors(self.faults)),
        }
    }
}

/// A bound in whole days, or else as it is.
fn plain(bound: Duration) -> String {
    match bound.as_secs() {
        seconds if seconds >= 86_400 && seconds % 86_400 == 0 => format!("{}d", seconds / 86_400),
        _ => humantime::format_duration(bound).to_string(),
    }
}

/// A look-up over fixed settings, for tests and for programs that set up a service themselves.
pub fn fixed<K: Into<String>, V: Into<String>>(
    settings: impl IntoIterator<Item = (K, V)>,
) -> impl Fn(&str) -> Option<String> {
    let settings: Arc<HashMap<String, String>> =
        Arc::new(settings.into_iter().map(|(name, value)| (name.into(), value.into())).collect());
    move |name| settings.get(name).cloned()
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
