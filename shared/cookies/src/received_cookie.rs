//! Parses `Set-Cookie` as browsers do (RFC 6265bis, 5.6), so that the doctor knows how they treat a backend's
//! cookie.

use std::fmt;

use chrono::{DateTime, Utc};
use drawbridge_core::origin::Origin;

use crate::topology::{CookiePolicy, SameSite, registrable};

/// The largest cookie (name and value) that every browser stores, in bytes (RFC 6265bis, 5.6).
pub const COOKIE_MAX_BYTES: usize = 4096;

/// The `SameSite` attribute as the server wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceivedSameSite {
    /// Sent within the site only.
    Strict,
    /// Sent within the site and with navigations from other sites.
    Lax,
    /// Sent from everywhere.
    None,
    /// Absent, or a value that no browser knows.
    Missing,
}

/// Whether a header stores a cookie or removes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lifetime {
    /// The cookie is stored.
    Alive,
    /// The cookie is removed.
    Ended,
}

/// One `Set-Cookie` header.
#[derive(Clone, PartialEq, Eq)]
pub struct ReceivedCookie {
    /// The name, prefix included.
    pub name: String,
    /// The value.
    pub value: String,
    /// The `Domain` in lower case and ASCII form, without a leading dot.
    pub domain: Option<String>,
    /// The `Path`, if it begins with a slash.
    pub path: Option<String>,
    default_path: String,
    /// `Secure`.
    pub secure: bool,
    /// `HttpOnly`.
    pub http_only: bool,
    /// `Partitioned` (CHIPS).
    pub partitioned: bool,
    /// `SameSite`.
    pub same_site: ReceivedSameSite,
    /// Whether `Max-Age` and `Expires` store or remove the cookie.
    pub lifetime: Lifetime,
}

impl fmt::Debug for ReceivedCookie {
    /// Omits the value, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedCookie")
            .field("name", &self.name)
            .field("domain", &self.domain)
            .field("path", &self.path)
            .field("secure", &self.secure)
            .field("http_only", &self.http_only)
            .field("partitioned", &self.partitioned)
            .field("same_site", &self.same_site)
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}

/// The hosts that a cookie is sent to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope<'a> {
    /// The host that set it.
    Host,
    /// A domain and every host below it.
    Domain(&'a str),
    /// No host: other people have hosts under this public suffix.
    PublicSuffix(&'a str),
    /// No host: the host that set the cookie is not below this domain.
    ForeignDomain(&'a str),
}

impl ReceivedCookie {
    /// Parses a `Set-Cookie` value in the response to a request for `request_path`; `None` if browsers ignore it.
    pub fn parse(text: &str, request_path: &str, now: DateTime<Utc>) -> Option<Self> {
        let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
        let (name, value) = pair.split_once('=')?;
        let mut cookie = Self::new(name.trim(), value.trim(), default_path(request_path));
        if cookie.name.is_empty() {
            return None;
        }
        let mut max_age = None;
        let mut expires = None;
        for attribute in attributes.split(';') {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "domain" => cookie.domain = domain(value),
                "path" => cookie.path = value.starts_with('/').then(|| value.to_owned()),
                "secure" => cookie.secure = true,
                "httponly" => cookie.http_only = true,
                "partitioned" => cookie.partitioned = true,
                "samesite" => cookie.same_site = same_site(value),
                "max-age" => max_age = value.parse::<i64>().ok().or(max_age),
                "expires" => expires = date(value).or(expires),
                _ => {}
            }
        }
        let has_ended = max_age.map_or_else(|| expires.is_some_and(|end| end <= now), |age| age <= 0);
        if has_ended {
            cookie.lifetime = Lifetime::Ended;
        }
        Some(cookie)
    }

    /// The cookie that `policy` sets.
    pub fn from_policy(policy: &CookiePolicy) -> Self {
        let mut cookie = Self::new(&policy.name, "", "/");
        cookie.domain.clone_from(&policy.domain);
        cookie.path = Some("/".into());
        (cookie.secure, cookie.http_only, cookie.partitioned) = (policy.secure, true, policy.partitioned);
        cookie.same_site = match policy.same_site {
            SameSite::Lax => ReceivedSameSite::Lax,
            SameSite::None => ReceivedSameSite::None,
        };
        cookie
    }

    fn new(name: &str, value: &str, default_path: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: value.to_owned(),
            domain: None,
            path: None,
            default_path: default_path.to_owned(),
            secure: false,
            http_only: false,
            partitioned: false,
            same_site: ReceivedSameSite::Missing,
            lifetime: Lifetime::Alive,
        }
    }

    /// The size of name and value, in bytes.
    pub fn size(&self) -> usize {
        self.name.len() + self.value.len()
    }

    /// Returns true if the header stores the cookie.
    pub fn is_alive(&self) -> bool {
        self.lifetime == Lifetime::Alive
    }

    /// The hosts that receive the cookie when `setter` sets it.
    pub fn scope(&self, setter: &Origin) -> Scope<'_> {
        let Some(domain) = self.domain.as_deref() else { return Scope::Host };
        let is_suffix = Origin::parse(&format!("https://{domain}"))
            .is_ok_and(|origin| origin.ip().is_none() && registrable(&origin).is_none());
        match setter.host() {
            host if host == domain && (is_suffix || setter.ip().is_some()) => Scope::Host,
            _ if is_suffix => Scope::PublicSuffix(domain),
            host if setter.ip().is_none() && is_within(host, domain) => Scope::Domain(domain),
            _ => Scope::ForeignDomain(domain),
        }
    }

    /// Returns true if the host of `to` receives the cookie. Ports do not matter.
    pub fn covers(&self, setter: &Origin, to: &Origin) -> bool {
        match self.scope(setter) {
            Scope::Host => to.host() == setter.host(),
            Scope::Domain(domain) => is_within(to.host(), domain),
            Scope::PublicSuffix(_) | Scope::ForeignDomain(_) => false,
        }
    }

    /// The path below which the cookie is sent.
    pub fn path(&self) -> &str {
        self.path.as_deref().unwrap_or(&self.default_path)
    }

    /// Returns true if the cookie is sent to `path` (RFC 6265bis, 5.1.4).
    pub fn covers_path(&self, path: &str) -> bool {
        path.strip_prefix(self.path())
            .is_some_and(|rest| self.path().ends_with('/') || rest.is_empty() || rest.starts_with('/'))
    }

    /// How the cookie violates the prefix of its name (RFC 6265bis, 4.1.3).
    pub fn prefix_violation(&self) -> Option<&'static str> {
        let name = self.name.to_ascii_lowercase();
        let has = |prefix: &str| name.starts_with(prefix);
        let of_host = has("__host-");
        let of_http = has("__http-") || has("__host-http-");
        if (of_host || of_http || has("__secure-")) && !self.secure {
            Some("it has no Secure")
        } else if of_host && self.domain.is_some() {
            Some("it has a Domain")
        } else if of_host && self.path.as_deref() != Some("/") {
            Some("its Path is not /")
        } else if of_http && !self.http_only {
            Some("it is not HttpOnly")
        } else {
            None
        }
    }
}

fn is_within(host: &str, domain: &str) -> bool {
    host.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn domain(text: &str) -> Option<String> {
    let text = text.strip_prefix('.').unwrap_or(text);
    if text.is_empty() {
        return None;
    }
    let origin = Origin::parse(&format!("https://{text}"));
    Some(origin.map_or_else(|_| text.to_ascii_lowercase(), |origin| origin.host().to_owned()))
}

/// Parses a date (RFC 6265bis, 5.1.1), with spaces or, as some servers write it, with hyphens.
fn date(text: &str) -> Option<DateTime<Utc>> {
    let spaced = text.replace('-', " ");
    let read = DateTime::parse_from_rfc2822(text).or_else(|_| DateTime::parse_from_rfc2822(&spaced));
    read.ok().map(|date| date.to_utc())
}

fn same_site(text: &str) -> ReceivedSameSite {
    match text.to_ascii_lowercase().as_str() {
        "strict" => ReceivedSameSite::Strict,
        "lax" => ReceivedSameSite::Lax,
        "none" => ReceivedSameSite::None,
        _ => ReceivedSameSite::Missing,
    }
}

/// The default path of a cookie: the folder of the request path (RFC 6265bis, 5.1.4).
fn default_path(request_path: &str) -> &str {
    match request_path.rsplit_once('/') {
        None | Some(("", _)) => "/",
        Some((folder, _)) => folder,
    }
}

#[cfg(test)]
#[path = "received_cookie/tests.rs"]
mod tests;
