//! Finds a session cookie that browsers store and send where it is needed, for a frontend and a backend on two origins.
//! If there is none, explains why and what to change.
//!
//! The rules are those of RFC 6265bis (draft 20) with the Public Suffix List, including its private section, and were
//! checked in three browser engines (`docs/browser-matrix.md`).

mod relation;

use std::{fmt, str::FromStr};

pub(crate) use relation::parents;
pub use relation::{Relation, is_public_suffix, registrable};

use drawbridge_core::origin::Origin;

/// `COOKIE_MODE`: who sets the cookie, and for which hosts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CookieMode {
    /// The frontend's own server, for the frontend's host. Works on any two domains.
    #[default]
    Proxy,
    /// The backend, for the parent domain of both.
    Shared,
    /// The backend, for itself only. A guard on another host never sees the cookie.
    Host,
}

impl FromStr for CookieMode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "proxy" => Ok(Self::Proxy),
            "shared" => Ok(Self::Shared),
            "host" => Ok(Self::Host),
            _ => Err(format!("must be proxy, shared or host, not \"{text}\"")),
        }
    }
}

impl fmt::Display for CookieMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Proxy => "proxy",
            Self::Shared => "shared",
            Self::Host => "host",
        })
    }
}

/// `SameSite` of a cookie (RFC 6265bis, 5.6.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SameSite {
    /// Sent within the site, and with navigations from other sites.
    Lax,
    /// Sent from everywhere, if the browser allows it.
    None,
}

impl fmt::Display for SameSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lax => "Lax",
            Self::None => "None",
        })
    }
}

/// The public facts of a deployment.
#[derive(Debug, Clone, Copy)]
pub struct Topology<'a> {
    /// `FRONTEND_ORIGIN`: the origin of the pages and of the guard.
    pub frontend: &'a Origin,
    /// `BACKEND_ORIGIN`: the origin at which browsers reach auth-service, if they do.
    pub backend: Option<&'a Origin>,
    /// `COOKIE_MODE`.
    pub mode: CookieMode,
    /// `COOKIE_NAME`, if it is set.
    pub name: Option<&'a str>,
}

/// The attributes of the session cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookiePolicy {
    /// The cookie mode from which the policy was computed.
    pub mode: CookieMode,
    /// The name, prefix included.
    pub name: String,
    /// The `Domain`, without a leading dot; `None` for a host-only cookie.
    pub domain: Option<String>,
    /// Whether it is sent over https only.
    pub secure: bool,
    /// `SameSite`.
    pub same_site: SameSite,
    /// Whether browsers store it separately for each top-level site (CHIPS).
    pub partitioned: bool,
    /// The host that sets it, as in the URL.
    pub host: String,
    /// Whether requests to the frontend carry it, so that a guard there can see it.
    pub reaches_guard: bool,
}

impl CookiePolicy {
    /// A warning for the operator about a policy that is allowed.
    pub fn caution(&self) -> Option<&'static str> {
        (!self.reaches_guard).then_some(
            "COOKIE_MODE=host between two sites: the cookie is sent with calls to the backend only, and only in \
             Chromium and Firefox (CHIPS); Safari drops it. No guard on the frontend ever sees it. \
             COOKIE_MODE=proxy works in all browsers",
        )
    }
}

/// The relying party ID of passkeys (WebAuthn, 5.1.2): `wanted`, otherwise the domain of the cookie, otherwise the
/// frontend's host. `None` if the frontend is an IP address, to which no passkey can be bound.
///
/// # Errors
/// A sentence that says what `wanted` can be.
pub fn relying_party(
    frontend: &Origin,
    cookie: &CookiePolicy,
    wanted: Option<&str>,
) -> Result<Option<String>, String> {
    if frontend.ip().is_some() {
        return match wanted {
            Some(_) => Err(
                "is set, but no passkey can be bound to an IP address; use a host name in FRONTEND_ORIGIN"
                    .into(),
            ),
            None => Ok(None),
        };
    }
    let host = frontend.host();
    let allowed: Vec<_> = std::iter::once(host).chain(parents(host)).collect();
    match wanted {
        Some(wanted) if allowed.contains(&wanted) => Ok(Some(wanted.to_owned())),
        Some(wanted) => {
            Err(format!("must be {host} or a parent domain that is not a public suffix, not \"{wanted}\""))
        }
        None => Ok(cookie
            .domain
            .clone()
            .filter(|domain| allowed.contains(&domain.as_str()))
            .or(Some(host.to_owned()))),
    }
}

/// Why browsers would not store the cookie, or not send it where it is needed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting} {fact}: {browsers}; {fix}")]
pub struct TopologyError {
    /// The setting that is wrong.
    pub setting: &'static str,
    /// What is wrong with it.
    pub fact: String,
    /// What browsers would do.
    pub browsers: &'static str,
    /// What to do instead.
    pub fix: String,
}

impl Topology<'_> {
    /// The cookie that browsers store and send where it is needed.
    ///
    /// # Errors
    /// The setting that prevents it, what browsers would do, and the fix.
    pub fn policy(&self) -> Result<CookiePolicy, TopologyError> {
        check_host("FRONTEND_ORIGIN", self.frontend)?;
        if let Some(backend) = self.backend {
            check_host("BACKEND_ORIGIN", backend)?;
        }
        let policy = match (self.mode, self.backend) {
            (CookieMode::Proxy, _) => self.proxied()?,
            (mode, None) => {
                return Err(TopologyError {
                    setting: "BACKEND_ORIGIN",
                    fact: "is not set".into(),
                    browsers: "browsers would call the backend at an origin that has not been checked",
                    fix: format!(
                        "set it to the origin at which browsers reach auth-service; COOKIE_MODE={mode} needs it"
                    ),
                });
            }
            (CookieMode::Shared, Some(backend)) => self.shared(backend)?,
            (CookieMode::Host, Some(backend)) => self.host(backend)?,
        };
        check_name(&policy)?;
        Ok(policy)
    }

    fn proxied(&self) -> Result<CookiePolicy, TopologyError> {
        check_https("FRONTEND_ORIGIN", self.frontend)?;
        Ok(self.one_host(self.frontend, true))
    }

    fn shared(&self, backend: &Origin) -> Result<CookiePolicy, TopologyError> {
        check_https("FRONTEND_ORIGIN", self.frontend)?;
        check_https("BACKEND_ORIGIN", backend)?;
        let unshared = |fact: String, browsers| {
            TopologyError {
            setting: "COOKIE_MODE=shared",
            fact,
            browsers,
            fix: "use COOKIE_MODE=proxy, which works on any two domains, or move both under a domain that you own"
                .into(),
        }
        };
        match Relation::between(self.frontend, backend) {
            Relation::SameHost => Ok(self.one_host(self.frontend, true)),
            Relation::SameSite { parent } => Ok(CookiePolicy {
                mode: self.mode,
                name: self.name(self.frontend, "__Secure-token"),
                domain: Some(parent),
                secure: self.frontend.is_https(),
                same_site: SameSite::Lax,
                partitioned: false,
                host: backend.host().to_owned(),
                reaches_guard: true,
            }),
            Relation::OtherScheme => Err(TopologyError {
                setting: "FRONTEND_ORIGIN",
                fact: format!("is {} and BACKEND_ORIGIN is {backend}", self.frontend),
                browsers: "browsers treat http and https as two sites and send no cookie from one to the other",
                fix: "serve both over https".into(),
            }),
            Relation::UnderPublicSuffix { suffix } => Err(unshared(
                format!(
                    "needs a parent domain, but {suffix} is a public suffix, under which other people have hosts"
                ),
                "browsers silently drop a cookie with such a Domain",
            )),
            Relation::CrossSite => Err(unshared(
                format!(
                    "needs a parent domain, but {} and {} have none",
                    self.frontend.host(),
                    backend.host()
                ),
                "browsers drop a cookie whose Domain is not a parent of the host that sets it",
            )),
        }
    }

    fn host(&self, backend: &Origin) -> Result<CookiePolicy, TopologyError> {
        check_https("BACKEND_ORIGIN", backend)?;
        match Relation::between(self.frontend, backend) {
            Relation::SameHost => Ok(self.one_host(backend, true)),
            Relation::SameSite { .. } => Ok(self.one_host(backend, false)),
            _ if !backend.is_https() => Err(TopologyError {
                setting: "BACKEND_ORIGIN",
                fact: format!("is {backend}, on a different site from FRONTEND_ORIGIN"),
                browsers: "browsers accept cross-site cookies over https only",
                fix: "serve the backend over https".into(),
            }),
            _ => Ok(CookiePolicy {
                same_site: SameSite::None,
                partitioned: true,
                ..self.one_host(backend, false)
            }),
        }
    }

    fn one_host(&self, origin: &Origin, reaches_guard: bool) -> CookiePolicy {
        CookiePolicy {
            mode: self.mode,
            name: self.name(origin, "__Host-token"),
            domain: None,
            secure: origin.is_https(),
            same_site: SameSite::Lax,
            partitioned: false,
            host: origin.host().to_owned(),
            reaches_guard,
        }
    }

    fn name(&self, origin: &Origin, prefixed: &str) -> String {
        self.name.unwrap_or(if origin.is_https() { prefixed } else { "token" }).to_owned()
    }
}

/// Checks that browsers can open the host, and that they know a single name for it.
fn check_host(setting: &'static str, origin: &Origin) -> Result<(), TopologyError> {
    let host = origin.host();
    let has_empty_label = host.strip_suffix('.').unwrap_or(host).split('.').any(str::is_empty);
    if has_empty_label || host.contains('*') || origin.port() == 0 {
        return Err(TopologyError {
            setting,
            fact: format!("is {origin}, which no browser can open"),
            browsers: "browsers cannot reach such a host",
            fix: "set it to the origin in the address bar".into(),
        });
    }
    if !host.ends_with('.') {
        return Ok(());
    }
    Err(TopologyError {
        setting,
        fact: format!("is {origin}, whose host ends with a dot"),
        browsers: "browsers treat it as a different host with separate cookies",
        fix: "remove the dot".into(),
    })
}

fn check_https(setting: &'static str, origin: &Origin) -> Result<(), TopologyError> {
    if origin.is_https() || origin.is_localhost() {
        return Ok(());
    }
    Err(TopologyError {
        setting,
        fact: format!("is {origin}"),
        browsers: "browsers accept no Secure cookie over plain http, and without Secure anyone on the network can steal \
                   the session",
        fix: "serve it over https (plain http works on localhost only)".into(),
    })
}

/// The maximum length of a cookie name, in bytes.
const NAME_MAX_BYTES: usize = 64;

/// Checks the syntax of the name (RFC 6265, 4.1.1) and the requirements of its prefix (RFC 6265bis, 4.1.3).
fn check_name(policy: &CookiePolicy) -> Result<(), TopologyError> {
    let name = &policy.name;
    let refused = |fact: String, browsers, fix: &str| {
        Err(TopologyError { setting: "COOKIE_NAME", fact, browsers, fix: fix.into() })
    };
    if !is_cookie_name(name) {
        return refused(
            format!("\"{name}\" is not a cookie name"),
            "browsers would read a different name",
            "use letters, digits, - and _",
        );
    }
    if name.len() > NAME_MAX_BYTES {
        return refused(
            format!("has {} bytes", name.len()),
            "browsers drop cookies above 4096 bytes, some even smaller ones",
            "use a name of at most 64 bytes",
        );
    }
    let lower = name.to_ascii_lowercase();
    let prefixed = |prefix: &str| lower.starts_with(prefix);
    if !policy.secure && (prefixed("__host-") || prefixed("__secure-") || prefixed("__http-")) {
        return refused(
            format!("{name} requires https, but {} is served over plain http", policy.host),
            "browsers drop the cookie",
            "use https, or a name without the prefix",
        );
    }
    if let Some(domain) = &policy.domain
        && prefixed("__host-")
    {
        return refused(
            format!("{name} requires a host-only cookie, but this one is for all of {domain}"),
            "browsers drop the cookie",
            "use a name that begins with __Secure-",
        );
    }
    Ok(())
}

/// Returns true if `text` is a valid cookie name: a token (RFC 9110, 5.6.2).
pub(crate) fn is_cookie_name(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token)
}

#[cfg(test)]
#[path = "topology/tests.rs"]
mod tests;
