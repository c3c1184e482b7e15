//! `Set-Cookie` as browsers read it (RFC 6265bis, 5.6).

use chrono::{DateTime, Utc};
use shared::{
    origin::Origin,
    topology::{self, CookiePolicy, registrable},
};

/// Name and value of a cookie that every engine still keeps, in bytes (RFC 6265bis, 5.6).
pub(crate) const COOKIE_MAX_BYTES: usize = 4096;

/// `SameSite` as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SameSite {
    Strict,
    Lax,
    None,
    /// Not there, or a word that no browser knows.
    Missing,
}

/// Whether a cookie is set or taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lifetime {
    Alive,
    Ended,
}

/// One `Set-Cookie`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SetCookie {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Lower case, IDNA applied, without a dot before it.
    pub(crate) domain: Option<String>,
    pub(crate) path: Option<String>,
    default_path: String,
    pub(crate) secure: bool,
    pub(crate) http_only: bool,
    pub(crate) partitioned: bool,
    pub(crate) same_site: SameSite,
    pub(crate) lifetime: Lifetime,
}

/// To which hosts a cookie belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scope<'a> {
    /// The one that set it.
    Host,
    /// A domain and all hosts below it.
    Domain(&'a str),
    /// None: strangers have hosts there, too.
    PublicSuffix(&'a str),
    /// None: the host that set it does not lie there.
    Stranger(&'a str),
}

impl SetCookie {
    /// Reads the value of a `Set-Cookie` that came in answer to a request for `request_path`; `None` if it
    /// names no cookie.
    pub(crate) fn parse(text: &str, request_path: &str, now: DateTime<Utc>) -> Option<Self> {
        let (pair, attributes) = text.split_once(';').unwrap_or((text, ""));
        let (name, value) = pair.split_once('=')?;
        let mut cookie = Self::new(name.trim(), value.trim(), default_path(request_path));
        if cookie.name.is_empty() {
            return None;
        }
        let (mut max_age, mut expires) = (None, None);
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

    /// The cookie that this policy would set.
    pub(crate) fn planned(policy: &CookiePolicy) -> Self {
        let mut cookie = Self::new(&policy.name, "", "/");
        cookie.domain.clone_from(&policy.domain);
        cookie.path = Some("/".into());
        (cookie.secure, cookie.http_only, cookie.partitioned) = (policy.secure, true, policy.partitioned);
        cookie.same_site = match policy.same_site {
            topology::SameSite::Lax => SameSite::Lax,
            topology::SameSite::None => SameSite::None,
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
            same_site: SameSite::Missing,
            lifetime: Lifetime::Alive,
        }
    }

    /// Name and value, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.name.len() + self.value.len()
    }

    /// Whether it is set, and not taken away.
    pub(crate) fn is_alive(&self) -> bool {
        self.lifetime == Lifetime::Alive
    }

    /// The hosts to which it belongs when `setter` sets it.
    pub(crate) fn scope(&self, setter: &Origin) -> Scope<'_> {
        let Some(domain) = self.domain.as_deref() else { return Scope::Host };
        let is_suffix = Origin::parse(&format!("https://{domain}"))
            .is_ok_and(|origin| origin.ip().is_none() && registrable(&origin).is_none());
        match setter.host() {
            host if host == domain && (is_suffix || setter.ip().is_some()) => Scope::Host,
            _ if is_suffix => Scope::PublicSuffix(domain),
            host if setter.ip().is_none() && lies_in(host, domain) => Scope::Domain(domain),
            _ => Scope::Stranger(domain),
        }
    }

    /// Whether requests to `to` may bring it, as far as hosts go. Ports do not matter.
    pub(crate) fn covers(&self, setter: &Origin, to: &Origin) -> bool {
        match self.scope(setter) {
            Scope::Host => to.host() == setter.host(),
            Scope::Domain(domain) => lies_in(to.host(), domain),
            Scope::PublicSuffix(_) | Scope::Stranger(_) => false,
        }
    }

    /// The path below which it is sent.
    pub(crate) fn path(&self) -> &str {
        self.path.as_deref().unwrap_or(&self.default_path)
    }

    /// Whether it is sent to a path (RFC 6265bis, 5.1.4).
    pub(crate) fn covers_path(&self, path: &str) -> bool {
        path.strip_prefix(self.path())
            .is_some_and(|rest| self.path().ends_with('/') || rest.is_empty() || rest.starts_with('/'))
    }

    /// Which promise of its name's prefix it breaks (RFC 6265bis, 4.1.3).
    pub(crate) fn broken_promise(&self) -> Option<&'static str> {
        let name = self.name.to_ascii_lowercase();
        let has = |prefix: &str| name.starts_with(prefix);
        let (of_host, of_http) = (has("__host-"), has("__http-") || has("__host-http-"));
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

fn lies_in(host: &str, domain: &str) -> bool {
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

/// A date as servers write it: with hyphens, too (RFC 6265bis, 5.1.1).
fn date(text: &str) -> Option<DateTime<Utc>> {
    let spaced = text.replace('-', " ");
    let read = DateTime::parse_from_rfc2822(text).or_else(|_| DateTime::parse_from_rfc2822(&spaced));
    read.ok().map(|date| date.to_utc())
}

fn same_site(text: &str) -> SameSite {
    match text.to_ascii_lowercase().as_str() {
        "strict" => SameSite::Strict,
        "lax" => SameSite::Lax,
        "none" => SameSite::None,
        _ => SameSite::Missing,
    }
}

/// The path of a cookie that names none: the folder of the request's (RFC 6265bis, 5.1.4).
fn default_path(request_path: &str) -> &str {
    match request_path.rsplit_once('/') {
        None | Some(("", _)) => "/",
        Some((folder, _)) => folder,
    }
}

#[cfg(test)]
#[path = "cookie/tests.rs"]
mod tests;
