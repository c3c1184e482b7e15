//! Which cookie a browser keeps and sends where it is needed, for a frontend and a backend on these
//! origins; or why there is none, and what to change.
//!
//! What browsers do is RFC 6265bis (draft 20) with the Public Suffix List, private section included, and
//! what was seen in three engines (`docs/browser-matrix.md`).

mod relation;

use std::{fmt, str::FromStr};

pub(crate) use relation::parents;
pub use relation::{Relation, registrable};

use drawbridge_core::origin::Origin;

/// `COOKIE_MODE`: who sets the cookie, and for whom.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CookieMode {
    /// The frontend's own server, for the frontend's host: right on any two domains.
    #[default]
    Proxy,
    /// The backend, for the domain that both share.
    Shared,
    /// The backend, for itself alone: for calls to it, and for no guard on another host.
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
    /// Sent with a navigation from another site, and else on the own site alone.
    Lax,
    /// Sent from everywhere, where the browser lets it.
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
    /// `FRONTEND_ORIGIN`: where people's pages and the guard are.
    pub frontend: &'a Origin,
    /// `BACKEND_ORIGIN`: where browsers reach auth-service, if they do.
    pub backend: Option<&'a Origin>,
    /// `COOKIE_MODE`.
    pub mode: CookieMode,
    /// `COOKIE_NAME`, if it is set.
    pub name: Option<&'a str>,
}

/// The session cookie that follows from the facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookiePolicy {
    /// Its name, prefix included.
    pub name: String,
    /// Its `Domain`, without a dot before it; none for a cookie of one host.
    pub domain: Option<String>,
    /// Whether it is sent over https alone.
    pub secure: bool,
    /// Its `SameSite`.
    pub same_site: SameSite,
    /// Whether it is kept apart for each site on which it is used (CHIPS).
    pub partitioned: bool,
    /// The host that it is set for, as the URL has it.
    pub host: String,
    /// Whether requests to the frontend bring it, so that a guard there can see it.
    pub reaches_guard: bool,
}

impl CookiePolicy {
    /// What whoever runs the deployment has to know, although it is allowed.
    pub fn caution(&self) -> Option<&'static str> {
        (!self.reaches_guard).then_some(
            "COOKIE_MODE=host between two sites: the cookie is sent with calls to the backend alone, and there \
             in Chromium and Firefox alone (CHIPS); Safari drops it. No guard on the frontend ever sees it. \
             COOKIE_MODE=proxy works for all of them",
        )
    }
}

/// The id under which passkeys are made (WebAuthn, 5.1.2): `wanted`, or else the domain of the cookie, or else the
/// frontend's host. `None` where the frontend is an IP address, to which no passkey can be bound.
///
/// # Errors
/// A sentence that says what `wanted` may be.
pub fn relying_party(
    frontend: &Origin,
    cookie: &CookiePolicy,
    wanted: Option<&str>,
) -> Result<Option<String>, String> {
    if frontend.ip().is_some() {
        return match wanted {
            Some(_) => {
                Err("is set, but no passkey can be bound to an IP address: give FRONTEND_ORIGIN a name"
                    .into())
            }
            None => Ok(None),
        };
    }
    let host = frontend.host();
    let allowed: Vec<_> = std::iter::once(host).chain(parents(host)).collect();
    match wanted {
        Some(wanted) if allowed.contains(&wanted) => Ok(Some(wanted.to_owned())),
        Some(wanted) => {
            Err(format!("must be {host} or a domain above it that is no public suffix, not \"{wanted}\""))
        }
        None => Ok(cookie
            .domain
            .clone()
            .filter(|domain| allowed.contains(&domain.as_str()))
            .or(Some(host.to_owned()))),
    }
}

/// Why browsers would not do what the deployment needs.
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
    /// The cookie that a browser keeps and sends where it is needed.
    ///
    /// # Errors
    /// Which of the facts stands in the way, what browsers would do, and the fix.
    pub fn policy(&self) -> Result<CookiePolicy, TopologyError> {
        sound("FRONTEND_ORIGIN", self.frontend)?;
        if let Some(backend) = self.backend {
            sound("BACKEND_ORIGIN", backend)?;
        }
        let policy = match (self.mode, self.backend) {
            (CookieMode::Proxy, _) => self.proxied()?,
            (mode, None) => {
                return Err(TopologyError {
                    setting: "BACKEND_ORIGIN",
                    fact: "is not set".into(),
                    browsers: "browsers would call the backend by an origin that nobody has judged",
                    fix: format!(
                        "set it to where browsers reach auth-service, which COOKIE_MODE={mode} needs"
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
        encrypted("FRONTEND_ORIGIN", self.frontend)?;
        Ok(self.one_host(self.frontend, true))
    }

    fn shared(&self, backend: &Origin) -> Result<CookiePolicy, TopologyError> {
        encrypted("FRONTEND_ORIGIN", self.frontend)?;
        encrypted("BACKEND_ORIGIN", backend)?;
        let unshared = |fact: String, browsers| {
            TopologyError {
            setting: "COOKIE_MODE=shared",
            fact,
            browsers,
            fix: "use COOKIE_MODE=proxy, which works on any two domains, or put both under one domain of your own"
                .into(),
        }
        };
        match Relation::of(self.frontend, backend) {
            Relation::SameHost => Ok(self.one_host(self.frontend, true)),
            Relation::SameSite { parent } => Ok(CookiePolicy {
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
                browsers: "browsers count http and https as two sites and send no cookie from one to the other",
                fix: "serve both over https".into(),
            }),
            Relation::UnderPublicSuffix { suffix } => Err(unshared(
                format!(
                    "needs a parent domain, but {suffix} is a public suffix, where strangers have hosts, too"
                ),
                "browsers drop a cookie with such a Domain without a word",
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
        encrypted("BACKEND_ORIGIN", backend)?;
        match Relation::of(self.frontend, backend) {
            Relation::SameHost => Ok(self.one_host(backend, true)),
            Relation::SameSite { .. } => Ok(self.one_host(backend, false)),
            _ if !backend.is_https() => Err(TopologyError {
                setting: "BACKEND_ORIGIN",
                fact: format!("is {backend} and on another site than FRONTEND_ORIGIN"),
                browsers: "browsers take a cookie across sites over https alone",
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

/// A host that is one, and that browsers know one name for.
fn sound(setting: &'static str, origin: &Origin) -> Result<(), TopologyError> {
    let host = origin.host();
    let has_empty_label = host.strip_suffix('.').unwrap_or(host).split('.').any(str::is_empty);
    if has_empty_label || host.contains('*') || origin.port() == 0 {
        return Err(TopologyError {
            setting,
            fact: format!("is {origin}, which nobody can open"),
            browsers: "browsers have no such host",
            fix: "set it to what people see in the address bar".into(),
        });
    }
    if !host.ends_with('.') {
        return Ok(());
    }
    Err(TopologyError {
        setting,
        fact: format!("is {origin}, with a dot at the end of the host"),
        browsers: "browsers count it as another host than the one without, with cookies of its own",
        fix: "take the dot away".into(),
    })
}

fn encrypted(setting: &'static str, origin: &Origin) -> Result<(), TopologyError> {
    if origin.is_https() || origin.is_localhost() {
        return Ok(());
    }
    Err(TopologyError {
        setting,
        fact: format!("is {origin}"),
        browsers: "browsers take no Secure cookie over plain http, and without Secure anybody on the way can steal \
                   the session",
        fix: "serve it over https (plain http is for localhost alone)".into(),
    })
}

/// The longest name of a cookie, in bytes.
const NAME_MAX_BYTES: usize = 64;

/// Whether the name is one (RFC 6265, 4.1.1), and its prefix holds for the cookie (RFC 6265bis, 4.1.3).
fn check_name(policy: &CookiePolicy) -> Result<(), TopologyError> {
    let name = &policy.name;
    let refused = |fact: String, browsers, fix: &str| {
        Err(TopologyError { setting: "COOKIE_NAME", fact, browsers, fix: fix.into() })
    };
    if !is_cookie_name(name) {
        return refused(
            format!("\"{name}\" is not a cookie name"),
            "browsers read another name out of it",
            "take letters, digits, - and _",
        );
    }
    if name.len() > NAME_MAX_BYTES {
        return refused(
            format!("has {} bytes", name.len()),
            "browsers drop a cookie of more than 4096 bytes, and some sooner",
            "take a name of at most 64 bytes",
        );
    }
    let lower = name.to_ascii_lowercase();
    let prefixed = |prefix: &str| lower.starts_with(prefix);
    if !policy.secure && (prefixed("__host-") || prefixed("__secure-") || prefixed("__http-")) {
        return refused(
            format!("{name} asks for https, and {} is served over plain http", policy.host),
            "browsers drop the cookie",
            "use https, or a name without the prefix",
        );
    }
    if let Some(domain) = &policy.domain
        && prefixed("__host-")
    {
        return refused(
            format!("{name} asks for a cookie of one host, and this one is for all of {domain}"),
            "browsers drop the cookie",
            "take a name that begins with __Secure-",
        );
    }
    Ok(())
}

/// Whether a text is a cookie's name: a token of RFC 9110, 5.6.2.
pub(crate) fn is_cookie_name(text: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token)
}

#[cfg(test)]
#[path = "topology/tests.rs"]
mod tests;
