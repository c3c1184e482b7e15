//! The session cookie (RFC 6265bis): its name, how it is set, and where tokens are read from.

use std::fmt;

use chrono::{DateTime, Utc};
use drawbridge_core::{
    TOKEN_MAX_BYTES,
    origin::Origin,
    settings::{Reader, Setting},
};

use crate::{
    request_cookies,
    set_cookie::SetCookie,
    topology::{CookieMode, CookiePolicy, Topology, TopologyError, is_cookie_name, parents},
};

const COOKIE_MODE: Setting =
    Setting::new("COOKIE_MODE", "Who sets the session cookie ([modes](#cookies-and-origins)).")
        .values("`proxy`, `shared` or `host`")
        .default("proxy");
const COOKIE_NAME: Setting = Setting::new("COOKIE_NAME", "The name of the session cookie.")
    .values("up to 64 letters, digits, `-` and `_`")
    .default(
        "`__Host-token`; `__Secure-token` if the cookie has a `Domain`; `token` on plain-http localhost",
    );
const COOKIE_PREVIOUS: Setting = Setting::new(
    "COOKIE_PREVIOUS",
    "Cookies that carried the session before the mode, the name or the domain was changed.",
)
.values("list of `NAME` or `NAME@DOMAIN`, such as `token, __Secure-token@example.com`");

/// The session cookie: how the session token travels between the browser and the deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionCookie {
    policy: CookiePolicy,
    previous: Vec<PreviousCookie>,
}

/// A cookie that carried the token before the mode, name or domain was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreviousCookie {
    name: String,
    domain: Option<String>,
}

impl PreviousCookie {
    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Parses `COOKIE_PREVIOUS`: names separated by commas, each followed by `@` and its `Domain` if it had one.
    ///
    /// # Errors
    /// A sentence that names the entry that cannot be parsed.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        let parse = |entry: &str| {
            let (name, domain) = match entry.trim().split_once('@') {
                Some((name, domain)) => (name, Some(domain.trim_start_matches('.').to_ascii_lowercase())),
                None => (entry.trim(), None),
            };
            let is_domain =
                |domain: &String| domain.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
            if !is_cookie_name(name)
                || domain.as_ref().is_some_and(|domain| domain.is_empty() || !is_domain(domain))
            {
                return Err(format!(
                    "must be names such as token or __Secure-token@example.com, not \"{entry}\""
                ));
            }
            Ok(Self { name: name.to_owned(), domain })
        };
        text.split(',').map(parse).collect()
    }
}

/// The headers of one request that can carry a session token.
#[derive(Clone)]
pub struct TokenHeaders<'a, C> {
    /// The value of `Authorization`, if the request has one.
    pub authorization: Option<&'a [u8]>,
    /// The values of all `Cookie` fields.
    pub cookies: C,
}

impl<C> fmt::Debug for TokenHeaders<'_, C> {
    /// Omits the values, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenHeaders").finish_non_exhaustive()
    }
}

/// A header that carries tokens from one service to another.
#[derive(Clone, PartialEq, Eq)]
pub struct ForwardedTokens {
    /// `authorization` or `cookie`.
    pub header: &'static str,
    /// Visible ASCII.
    pub value: String,
}

impl fmt::Debug for ForwardedTokens {
    /// Omits the values, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForwardedTokens").field("header", &self.header).finish_non_exhaustive()
    }
}

impl SessionCookie {
    /// The cookie described by `policy`. Cookies in `previous` are read when the current one is absent and
    /// expired whenever the current one is set.
    pub fn new(policy: CookiePolicy, previous: Vec<PreviousCookie>) -> Self {
        let is_itself =
            |cookie: &PreviousCookie| cookie.name == policy.name && cookie.domain == policy.domain;
        Self { previous: previous.into_iter().filter(|cookie| !is_itself(cookie)).collect(), policy }
    }

    /// The cookie that a frontend at `origin` sets for itself.
    ///
    /// # Errors
    /// The setting that is wrong, what browsers would do, and the fix.
    pub fn for_frontend(origin: &Origin, name: Option<&str>) -> Result<Self, TopologyError> {
        let topology = Topology { frontend: origin, backend: None, mode: CookieMode::Proxy, name };
        Ok(Self::new(topology.policy()?, Vec::new()))
    }

    /// Reads `COOKIE_MODE`, `COOKIE_NAME` and `COOKIE_PREVIOUS` and checks them against the two origins.
    pub fn read(reader: &mut Reader, frontend: Option<&Origin>, backend: Option<&Origin>) -> Option<Self> {
        let mode = reader.optional(COOKIE_MODE, str::parse::<CookieMode>).unwrap_or_default();
        let name = reader.optional(COOKIE_NAME, |name| Ok(name.to_owned()));
        let previous = reader.optional(COOKIE_PREVIOUS, PreviousCookie::parse_list).unwrap_or_default();
        let topology = Topology { frontend: frontend?, backend, mode, name: name.as_deref() };
        let policy = topology.policy().map_err(|error| reader.error(error)).ok()?;
        if previous.iter().any(|cookie| cookie.name() == policy.name) {
            reader.invalid(
                COOKIE_PREVIOUS.name,
                "names COOKIE_NAME itself, and browsers do not say which of the two they sent; choose another COOKIE_NAME",
            );
        }
        Some(Self::new(policy, previous))
    }

    /// The attributes browsers receive.
    pub fn policy(&self) -> &CookiePolicy {
        &self.policy
    }

    /// The cookie's name.
    pub fn name(&self) -> &str {
        &self.policy.name
    }

    /// Returns true if a cookie of this name is or was the session cookie.
    pub fn is_named(&self, name: &str) -> bool {
        name == self.policy.name || self.previous.iter().any(|cookie| cookie.name == name)
    }

    /// Returns true if the cookie is sent over https only.
    pub fn is_secure(&self) -> bool {
        self.policy.secure
    }

    /// The `Set-Cookie` values that store `token` until `expires_at` and remove previous cookies.
    pub fn issue(&self, token: &str, expires_at: DateTime<Utc>, now: DateTime<Utc>) -> Vec<String> {
        // Round up. A cookie that briefly outlives its token is harmless, because the expired token is
        // refused.
        let seconds = ((expires_at - now).num_milliseconds() + 999).max(0) / 1000;
        let current = SetCookie::with_policy(self.name(), token, seconds, &self.policy).to_string();
        std::iter::once(current).chain(self.expire_previous()).collect()
    }

    /// The `Set-Cookie` values that remove the session: the cookie itself, cookies of the same name that a
    /// sibling host may have planted, and previous cookies.
    pub fn clear(&self) -> Vec<String> {
        let name = self.name();
        let planted = parents(&self.policy.host).map(|domain| self.expire(name, Some(domain)));
        std::iter::once(self.expire(name, None)).chain(planted).chain(self.expire_previous()).collect()
    }

    fn expire_previous(&self) -> impl Iterator<Item = String> {
        self.previous.iter().map(|cookie| self.expire(&cookie.name, cookie.domain.as_deref()))
    }

    fn expire(&self, name: &str, domain: Option<&str>) -> String {
        let cookie = SetCookie::with_policy(name, "", 0, &self.policy);
        // Browsers ignore a prefixed cookie without Secure, even one that only expires another.
        SetCookie { domain, secure: cookie.secure || name.starts_with("__"), ..cookie }.to_string()
    }

    /// How tokens read by [`SessionCookie::tokens`] are forwarded to a service: one as a bearer token,
    /// several as cookies, so that the service checks all of them; `None` if there are none.
    pub fn forward(&self, tokens: &[String]) -> Option<ForwardedTokens> {
        Some(match tokens {
            [] => return None,
            [token] => {
                ForwardedTokens { header: "authorization", value: format!("Bearer {}", sendable(token)) }
            }
            _ => {
                let pairs: Vec<_> =
                    tokens.iter().map(|token| format!("{}={}", self.name(), sendable(token))).collect();
                ForwardedTokens { header: "cookie", value: pairs.join("; ") }
            }
        })
    }

    /// The token of a request that carries exactly one in a plausible form. Returns `None` for every other
    /// request; use [`SessionCookie::tokens`] for those.
    pub fn only_token<'a>(
        &self,
        headers: &TokenHeaders<'a, impl Iterator<Item = &'a [u8]> + Clone>,
    ) -> Option<&'a str> {
        let mut cookies = request_cookies::named(headers.cookies.clone(), self.name());
        let token = match cookies.next() {
            Some(cookie) if cookies.next().is_none() => cookie.value,
            Some(_) => return None,
            None if self.has_previous(headers) => return None,
            None => headers.authorization.and_then(bearer_token)?,
        };
        let is_plausible = (1..=TOKEN_MAX_BYTES).contains(&token.len());
        str::from_utf8(token).ok().filter(|_| is_plausible)
    }

    /// The distinct tokens of a request: the values of the session cookie if there are any, else those of the
    /// first previous cookie that is present, else the bearer token (RFC 6750, 2.1).
    ///
    /// The cookie decides because applications use `Authorization` for tokens of their own. There can be
    /// several cookies, since a sibling host can plant a second one.
    ///
    /// An overlong token is truncated to a length that is still refused, and only the first few cookies are
    /// read. No unmodified browser sends overlong tokens or that many cookies.
    pub fn tokens<'a>(
        &self,
        headers: &TokenHeaders<'a, impl Iterator<Item = &'a [u8]> + Clone>,
    ) -> Vec<String> {
        let names = std::iter::once(self.name()).chain(self.previous.iter().map(PreviousCookie::name));
        let mut cookies = names.map(|name| distinct_values(headers.cookies.clone(), name));
        if let Some(tokens) = cookies.find(|tokens| !tokens.is_empty()) {
            return tokens;
        }
        headers.authorization.and_then(bearer_token).map(bounded).into_iter().collect()
    }

    /// Returns true if the token arrived in a previous cookie that must be replaced.
    pub fn is_outdated<'a>(
        &self,
        headers: &TokenHeaders<'a, impl Iterator<Item = &'a [u8]> + Clone>,
    ) -> bool {
        self.has_previous(headers) && !has_value(headers, self.name())
    }

    fn has_previous<'a>(&self, headers: &TokenHeaders<'a, impl Iterator<Item = &'a [u8]> + Clone>) -> bool {
        self.previous.iter().any(|cookie| has_value(headers, &cookie.name))
    }
}

/// How many distinct session cookies of one request are checked.
const TOKENS_PER_REQUEST: usize = 8;

/// The token of `Authorization: Bearer`. Another scheme carries no session, and neither does an empty token.
fn bearer_token(authorization: &[u8]) -> Option<&[u8]> {
    let mut parts = authorization.splitn(2, |byte| *byte == b' ');
    let scheme = parts.next()?;
    let token = parts.next()?.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer") && !token.is_empty()).then_some(token)
}

fn has_value<'a>(headers: &TokenHeaders<'a, impl Iterator<Item = &'a [u8]> + Clone>, name: &str) -> bool {
    request_cookies::named(headers.cookies.clone(), name).any(|cookie| !cookie.value.is_empty())
}

fn distinct_values<'a>(fields: impl Iterator<Item = &'a [u8]>, name: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    for cookie in request_cookies::named(fields, name) {
        let value = bounded(cookie.value);
        if !value.is_empty() && !tokens.contains(&value) {
            tokens.push(value);
        }
        if tokens.len() == TOKENS_PER_REQUEST {
            break;
        }
    }
    tokens
}

/// The text of a token. Bytes that are not UTF-8 are replaced, and the token then fails verification.
fn bounded(token: &[u8]) -> String {
    let token = token.trim_ascii();
    String::from_utf8_lossy(token.get(..=TOKEN_MAX_BYTES).unwrap_or(token)).into_owned()
}

/// The token, or an invalid one in place of a token that no header can carry. None of ours is such a token.
fn sendable(token: &str) -> &str {
    let is_header_text = token.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    if is_header_text { token } else { "-" }
}

#[cfg(test)]
#[path = "session_cookie_tests.rs"]
mod tests;
