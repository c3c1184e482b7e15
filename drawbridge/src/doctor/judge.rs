//! What is wrong with a session's cookie, attribute by attribute.

use drawbridge_cookies::topology::{CookieMode, Relation};
use drawbridge_core::origin::Origin;

use super::{
    Setup,
    engine::Engine,
    finding::{Finding, Severity},
};
use drawbridge_cookies::received_cookie::{COOKIE_MAX_BYTES, ReceivedCookie, ReceivedSameSite, Scope};

/// Codes that matter for any cookie, the session's or another.
const OF_ANY_COOKIE: [&str; 6] = [
    "domain_public_suffix",
    "domain_not_parent",
    "prefix_broken",
    "secure_missing",
    "secure_over_http",
    "oversized_cookies",
];

/// Judges the session's cookie as `setter` set it.
pub(crate) fn judge(cookie: &ReceivedCookie, setter: &Origin, setup: &Setup) -> Vec<Finding> {
    let subject = format!("cookie {} of {setter}", cookie.name);
    let judge = Judge { cookie, setter, setup, subject };
    let checks = [
        judge.size(),
        judge.domain(),
        judge.prefix(),
        judge.secure(),
        judge.same_site(),
        judge.guard(),
        judge.http_only(),
    ];
    checks.into_iter().flatten().collect()
}

/// Judges a cookie that is not the session's: of these, only those that are dropped or unsafe are named.
pub(crate) fn judge_other(cookie: &ReceivedCookie, setter: &Origin, setup: &Setup) -> Vec<Finding> {
    let findings = judge(cookie, setter, setup).into_iter();
    let findings = findings.filter(|finding| OF_ANY_COOKIE.contains(&finding.code));
    findings.map(|finding| finding.at_most(Severity::Warning)).collect()
}

struct Judge<'a> {
    cookie: &'a ReceivedCookie,
    setter: &'a Origin,
    setup: &'a Setup,
    subject: String,
}

impl Judge<'_> {
    fn error(&self, code: &'static str, what: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding::error(code, &self.subject, what, fix)
    }

    /// Whether browsers find a host to which it may belong.
    fn is_placed(&self) -> bool {
        matches!(self.cookie.scope(self.setter), Scope::Host | Scope::Domain(_))
    }

    fn size(&self) -> Option<Finding> {
        if self.cookie.size() <= COOKIE_MAX_BYTES {
            return None;
        }
        Some(self.error(
            "oversized_cookies",
            format!(
                "has {} bytes; browsers drop a cookie of more than {COOKIE_MAX_BYTES}",
                self.cookie.size()
            ),
            "keep an identifier in it and the data on the server",
        ))
    }

    fn domain(&self) -> Option<Finding> {
        let way_out = if self.setup.mode == CookieMode::Proxy {
            "set the cookie without Domain (a proxy must take the upstream's Domain away)"
        } else {
            "use a parent domain of your own, or leave Domain out and let the frontend's server set the \
             cookie (proxy)"
        };
        match self.cookie.scope(self.setter) {
            Scope::Host | Scope::Domain(_) => None,
            Scope::PublicSuffix(domain) => Some(self.error(
                "domain_public_suffix",
                format!("has Domain={domain}, a public suffix; every browser drops it without a word"),
                way_out,
            )),
            Scope::Stranger(domain) => Some(self.error(
                "domain_not_parent",
                format!(
                    "has Domain={domain}, which is no parent of {}; every browser drops it",
                    self.setter.host()
                ),
                way_out,
            )),
        }
    }

    fn prefix(&self) -> Option<Finding> {
        let broken = self.cookie.broken_promise()?;
        Some(self.error(
            "prefix_broken",
            format!("breaks what its name promises: {broken}; Chromium, Firefox and Safari drop it"),
            "keep the prefix's rules (__Host-: Secure, Path=/, no Domain; __Secure-: Secure), or take another \
             name",
        ))
    }

    fn secure(&self) -> Option<Finding> {
        let cookie = self.cookie;
        if cookie.secure {
            if self.setter.is_https() {
                return None;
            }
            let (what, fix) = ("is Secure, but set over plain http", "serve the login over https");
            return if self.setter.is_localhost() {
                let what = format!("{what}: on localhost Chromium and Firefox keep it, WebKit drops it");
                Some(Finding::warning("secure_over_http", &self.subject, what, fix))
            } else {
                Some(self.error("secure_over_http", format!("{what}; every browser drops it"), fix))
            };
        }
        // The prefix's fault is the same one, and says more.
        if cookie.broken_promise().is_some() {
            return None;
        }
        if cookie.same_site == ReceivedSameSite::None || cookie.partitioned {
            let what =
                "has ReceivedSameSite=None or Partitioned without Secure; Chromium and Firefox drop it";
            return Some(self.error("secure_missing", what, "add Secure, and serve it over https"));
        }
        self.setter.is_https().then(|| {
            let what = "has no Secure, so that it also travels over plain http, where anybody can read it";
            Finding::warning("secure_missing", &self.subject, what, "add Secure")
        })
    }

    fn same_site(&self) -> Option<Finding> {
        let (cookie, frontend) = (self.cookie, &self.setup.frontend);
        let is_one_site =
            matches!(Relation::of(self.setter, frontend), Relation::SameHost | Relation::SameSite { .. });
        if !self.is_placed() {
            return None;
        }
        if !is_one_site && cookie.same_site != ReceivedSameSite::None {
            return Some(self.error(
                "same_site_cross_site",
                format!(
                    "is not ReceivedSameSite=None, and {frontend} is another site; browsers drop it there"
                ),
                "let the frontend's server set the cookie (proxy); for calls to the backend alone: \
                 ReceivedSameSite=None; Secure; Partitioned",
            ));
        }
        match cookie.same_site {
            ReceivedSameSite::Strict if self.setup.has_guard() => Some(self.error(
                "same_site_strict",
                "is ReceivedSameSite=Strict: whoever follows a link from another site arrives without it, and the \
                 guard sends a signed-in person to the login; a reload does not help",
                "use ReceivedSameSite=Lax",
            )),
            ReceivedSameSite::Missing => Some(Finding::warning(
                "same_site_missing",
                &self.subject,
                "has no ReceivedSameSite: Chromium takes Lax, Firefox and WebKit take None",
                "write ReceivedSameSite=Lax",
            )),
            ReceivedSameSite::None if !cookie.partitioned && cookie.secure => {
                let blocked = !Engine::ChromiumBlocking.keeps(cookie, self.setter, frontend);
                (blocked && Engine::ChromiumAllowing.keeps(cookie, self.setter, frontend)).then(|| {
                    let what = "is for another site and not Partitioned: browsers that block third-party \
                                cookies drop it";
                    Finding::warning("not_partitioned", &self.subject, what, "add Partitioned")
                })
            }
            _ => None,
        }
    }

    fn guard(&self) -> Option<Finding> {
        let (cookie, frontend) = (self.cookie, &self.setup.frontend);
        if !self.is_placed() || !self.setup.has_guard() {
            return None;
        }
        if !cookie.covers(self.setter, frontend) {
            return Some(self.error(
                "misses_guard",
                format!(
                    "belongs to {}; a guard on {} never sees it, and sends signed-in people back to \
                     the login",
                    cookie.domain.as_deref().unwrap_or(self.setter.host()),
                    frontend.host()
                ),
                "give it the Domain that both hosts share (shared), or let the frontend's server set it \
                 (proxy)",
            ));
        }
        if cookie.covers_path(&self.setup.private_path) {
            return None;
        }
        Some(self.error(
            "path_misses_guard",
            format!("is for {} and below alone, not for {}", cookie.path(), self.setup.private_path),
            "add Path=/",
        ))
    }

    fn http_only(&self) -> Option<Finding> {
        if self.cookie.http_only {
            return None;
        }
        Some(self.error(
            "http_only_missing",
            "is not HttpOnly: any script on the page can read the session and send it away",
            "add HttpOnly",
        ))
    }
}
