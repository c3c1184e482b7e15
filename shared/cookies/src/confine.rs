//! Rewrites the cookies of upstreams, the servers behind paths of the frontend's origin.

mod received;

use chrono::DateTime;
use drawbridge_core::origin::Origin;
use thiserror::Error;

use crate::{
    received_cookie::{COOKIE_MAX_BYTES, ReceivedCookie, Scope},
    upstream_paths::UpstreamPaths,
};
use received::{ATTRIBUTE_MAX_BYTES, SetCookieParts, WrittenSameSite};

/// Where the cookies of an upstream are valid.
#[derive(Clone, Copy)]
pub struct Confinement<'a> {
    /// The paths of the upstream.
    pub paths: UpstreamPaths<'a>,
    /// The origin that browsers see.
    pub public_origin: &'a Origin,
    /// Returns true for a cookie name that the upstream must not use.
    pub is_reserved: &'a dyn Fn(&str) -> bool,
}

/// Why a cookie cannot be passed on. Browsers would refuse most of them as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnusableCookie {
    /// It has no name, or contains control characters.
    #[error("it has no name, or contains control characters")]
    Malformed,
    /// Its name and value are too long.
    #[error("its name and value are longer than 4,096 bytes together")]
    TooLong,
    /// The name is reserved.
    #[error("Drawbridge uses a cookie of this name")]
    Reserved,
    /// The prefix of the name requires `Path=/`, which a cookie of an upstream below a path cannot have, or the server
    /// left out an attribute that it requires.
    #[error("the prefix of its name requires Path=/ or other attributes that it does not have")]
    NamePrefix,
}

/// Requirements of the prefixes that names can have (RFC 6265bis, 4.1.3). All of them include `Secure`.
struct NamePrefix {
    is_present: bool,
    /// Requires `Path=/` and no `Domain`.
    requires_host: bool,
    requires_http_only: bool,
}

impl NamePrefix {
    fn of(name: &[u8]) -> Self {
        let has = |prefix: &str| {
            name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
        };
        let requires_host = has("__host-");
        let requires_http_only = has("__http-") || has("__host-http-");
        Self {
            is_present: requires_host || requires_http_only || has("__secure-"),
            requires_host,
            requires_http_only,
        }
    }
}

impl Confinement<'_> {
    /// Rewrites a `Set-Cookie` value of the upstream so that browsers keep the cookie for the public origin and send
    /// it to the upstream only.
    ///
    /// - `Path` is moved below the prefix.
    /// - `Domain` is dropped, except for an application at the root whose cookie the browser would share with
    ///   subdomains.
    /// - On https, cookies below a prefix become `Secure`, and other cookies if they need it.
    /// - On plain http, where browsers refuse `SameSite=None` and `Partitioned`, the cookie becomes an ordinary one.
    ///   `Secure` goes with them, because `WebKit` refuses it on `http://localhost`. It stays if the prefix of the
    ///   name requires it; Chromium and Firefox accept it there.
    ///
    /// All other attributes stay as they are.
    ///
    /// # Errors
    /// Why the cookie cannot be passed on.
    pub fn confine(&self, set_cookie: &[u8]) -> Result<Vec<u8>, UnusableCookie> {
        let parts = SetCookieParts::parse(set_cookie).ok_or(UnusableCookie::Malformed)?;
        if parts.name.len() + parts.value.len() > COOKIE_MAX_BYTES {
            return Err(UnusableCookie::TooLong);
        }
        // Some programs remove more whitespace than browsers.
        let name = String::from_utf8_lossy(parts.name);
        let trimmed = name.trim();
        if (self.is_reserved)(trimmed) {
            return Err(UnusableCookie::Reserved);
        }
        if trimmed.is_empty() || trimmed.len() != name.len() {
            return Err(UnusableCookie::Malformed);
        }
        let path = self.path(&parts);
        let domain = self.domain(&parts);
        let prefix = NamePrefix::of(parts.name);
        let is_host_cookie = path.as_deref() == Some("/") && domain.is_none();
        if (prefix.requires_host && !is_host_cookie) || (prefix.requires_http_only && !parts.http_only) {
            return Err(UnusableCookie::NamePrefix);
        }
        let secure = prefix.is_present || self.is_secure(&parts);
        Ok(write(&parts, path.as_deref(), domain.as_deref(), secure))
    }

    fn is_secure(&self, parts: &SetCookieParts) -> bool {
        let needs_secure = parts.partitioned || parts.same_site == WrittenSameSite::None;
        self.public_origin.is_https() && (!self.paths.prefix.is_empty() || parts.secure || needs_secure)
    }

    /// The `Path` that browsers receive. `None` means the default, the folder of the requested path.
    fn path(&self, parts: &SetCookieParts) -> Option<String> {
        let UpstreamPaths { prefix, target } = self.paths;
        let whole = if prefix.is_empty() { "/" } else { prefix };
        let Some(written) = parts.path else {
            return (!prefix.is_empty()).then(|| prefix.to_owned());
        };
        // With a slash at its end, the cookie would not be sent to the prefix itself.
        if written == "/" && target.is_empty() {
            return Some(whole.to_owned());
        }
        let public = self.paths.to_public(written).filter(|path| path.len() <= ATTRIBUTE_MAX_BYTES);
        Some(public.as_deref().unwrap_or(whole).to_owned())
    }

    /// The `Domain` that browsers receive.
    fn domain(&self, parts: &SetCookieParts) -> Option<String> {
        let domain = parts.domain.filter(|_| self.paths.prefix.is_empty())?;
        let cookie = ReceivedCookie::parse(&format!("a=b; Domain={domain}"), "/", DateTime::UNIX_EPOCH)?;
        match cookie.scope(self.public_origin) {
            Scope::Domain(domain) => Some(domain.to_owned()),
            Scope::Host | Scope::PublicSuffix(_) | Scope::ForeignDomain(_) => None,
        }
    }
}

fn write(parts: &SetCookieParts, path: Option<&str>, domain: Option<&str>, secure: bool) -> Vec<u8> {
    let mut written = [parts.name, b"=", parts.value].concat();
    let mut add = |attribute: &[u8]| {
        written.extend_from_slice(b"; ");
        written.extend_from_slice(attribute);
    };
    parts.others.iter().for_each(|attribute| add(attribute));
    match parts.same_site {
        WrittenSameSite::Unspecified => {}
        WrittenSameSite::Strict => add(b"SameSite=Strict"),
        WrittenSameSite::None if secure => add(b"SameSite=None"),
        WrittenSameSite::Lax | WrittenSameSite::None => add(b"SameSite=Lax"),
    }
    if let Some(path) = path {
        add(format!("Path={path}").as_bytes());
    }
    if let Some(domain) = domain {
        add(format!("Domain={domain}").as_bytes());
    }
    if secure {
        add(b"Secure");
        if parts.partitioned {
            add(b"Partitioned");
        }
    }
    written
}

#[cfg(test)]
#[path = "confine/properties.rs"]
mod properties;
#[cfg(test)]
#[path = "confine/tests.rs"]
mod tests;
