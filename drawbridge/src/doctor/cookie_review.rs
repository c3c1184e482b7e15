//! Checks a session cookie attribute by attribute.

use drawbridge_cookies::{
    browser_engine::BrowserEngine,
    origin_cookie::OriginCookie,
    received_cookie::{COOKIE_MAX_BYTES, ReceivedCookie, ReceivedSameSite, Scope},
    topology::{CookieMode, Relation},
};
use drawbridge_core::origin::Origin;

use super::{
    finding::{Finding, Severity},
    setup::DoctorSetup,
};

/// The codes that also matter for cookies other than the session cookie.
const CODES_FOR_ANY_COOKIE: [&str; 6] = [
    "domain_public_suffix",
    "domain_not_parent",
    "prefix_broken",
    "secure_missing",
    "secure_over_http",
    "oversized_cookies",
];

/// Reviews the session cookie.
pub(super) fn review_session_cookie(received: &OriginCookie, setup: &DoctorSetup) -> Vec<Finding> {
    let OriginCookie { cookie, setter } = received;
    let subject = format!("cookie {} of {setter}", cookie.name);
    let review = CookieReview { received, cookie, setter, setup, subject };
    let findings = [
        review.size(),
        review.domain(),
        review.prefix(),
        review.secure(),
        review.same_site(),
        review.guard(),
        review.http_only(),
    ];
    findings.into_iter().flatten().collect()
}

/// Reviews a cookie that is not the session cookie: warns if browsers drop it or if it is unsafe.
pub(super) fn review_other_cookie(received: &OriginCookie, setup: &DoctorSetup) -> Vec<Finding> {
    let findings = review_session_cookie(received, setup).into_iter();
    let findings = findings.filter(|finding| CODES_FOR_ANY_COOKIE.contains(&finding.code));
    findings.map(|finding| finding.at_most(Severity::Warning)).collect()
}

struct CookieReview<'a> {
    received: &'a OriginCookie,
    cookie: &'a ReceivedCookie,
    setter: &'a Origin,
    setup: &'a DoctorSetup,
    subject: String,
}

impl CookieReview<'_> {
    fn error(&self, code: &'static str, observation: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding::error(code, &self.subject, observation, fix)
    }

    fn warning(&self, code: &'static str, observation: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding::warning(code, &self.subject, observation, fix)
    }

    /// Returns true if browsers send the cookie to at least one host.
    fn has_hosts(&self) -> bool {
        matches!(self.cookie.scope(self.setter), Scope::Host | Scope::Domain(_))
    }

    fn size(&self) -> Option<Finding> {
        let size = self.cookie.size();
        if size <= COOKIE_MAX_BYTES {
            return None;
        }
        Some(self.error(
            "oversized_cookies",
            format!("is {size} bytes long; browsers drop cookies longer than {COOKIE_MAX_BYTES} bytes"),
            "store only an identifier in it, and the data on the server",
        ))
    }

    fn domain(&self) -> Option<Finding> {
        let fix = if self.setup.mode == CookieMode::Proxy {
            "set the cookie without Domain; a proxy must remove the upstream's Domain"
        } else {
            "use a parent domain of your own, or omit Domain and let the frontend's server set the cookie (proxy)"
        };
        match self.cookie.scope(self.setter) {
            // An intended effect of this mode, but one that its users should know.
            Scope::Domain(domain) if self.setup.mode == CookieMode::Shared => Some(Finding::note(
                "session_shared_with_siblings",
                &self.subject,
                format!("has Domain={domain}: every host below {domain} receives the session"),
                format!("run only hosts that you trust below {domain}, or use COOKIE_MODE=proxy"),
            )),
            Scope::Host | Scope::Domain(_) => None,
            Scope::PublicSuffix(domain) => Some(self.error(
                "domain_public_suffix",
                format!("has Domain={domain}, which is a public suffix; every browser silently drops it"),
                fix,
            )),
            Scope::ForeignDomain(domain) => Some(self.error(
                "domain_not_parent",
                format!(
                    "has Domain={domain}, which is not a parent domain of {}; every browser drops it",
                    self.setter.host()
                ),
                fix,
            )),
        }
    }

    fn prefix(&self) -> Option<Finding> {
        let broken = self.cookie.prefix_violation()?;
        Some(self.error(
            "prefix_broken",
            format!("violates the rules of its name prefix: {broken}; Chromium, Firefox and Safari drop it"),
            "follow the rules (__Host-: Secure, Path=/ and no Domain; __Secure-: Secure), or rename the cookie",
        ))
    }

    fn secure(&self) -> Option<Finding> {
        let cookie = self.cookie;
        if cookie.secure {
            return self.secure_over_http();
        }
        // The finding about the prefix covers this and is more specific.
        if cookie.prefix_violation().is_some() {
            return None;
        }
        if cookie.same_site == ReceivedSameSite::None || cookie.partitioned {
            return Some(self.error(
                "secure_missing",
                "has SameSite=None or Partitioned without Secure; Chromium and Firefox drop it",
                "add Secure, and serve it over https",
            ));
        }
        if !self.setter.is_https() {
            return None;
        }
        Some(self.warning(
            "secure_missing",
            "lacks Secure: browsers also send it over plain http, where anyone on the network can read it",
            "add Secure",
        ))
    }

    fn secure_over_http(&self) -> Option<Finding> {
        let code = "secure_over_http";
        let fix = "serve the login over https";
        if self.setter.is_https() {
            None
        } else if self.setter.is_localhost() {
            let observation = "is Secure but set over plain http: on localhost, Chromium and Firefox store it and WebKit drops it";
            Some(self.warning(code, observation, fix))
        } else {
            Some(self.error(code, "is Secure but set over plain http; every browser drops it", fix))
        }
    }

    fn same_site(&self) -> Option<Finding> {
        if !self.has_hosts() {
            return None;
        }
        let frontend = &self.setup.frontend;
        let is_same_site = matches!(
            Relation::between(self.setter, frontend),
            Relation::SameHost | Relation::SameSite { .. }
        );
        if !is_same_site && self.cookie.same_site != ReceivedSameSite::None {
            return Some(self.error(
                "same_site_cross_site",
                format!("is not SameSite=None, and {frontend} is another site; browsers drop it there"),
                "let the frontend's server set the cookie (proxy); if only pages call the backend, use \
                 SameSite=None; Secure; Partitioned",
            ));
        }
        match self.cookie.same_site {
            ReceivedSameSite::Strict if self.setup.has_guard() => Some(self.error(
                "same_site_strict",
                "is SameSite=Strict: browsers do not send it when a user follows a link from another site, so the \
                 guard redirects signed-in users to the sign-in page, even after a reload",
                "use SameSite=Lax",
            )),
            ReceivedSameSite::Missing => Some(self.warning(
                "same_site_missing",
                "has no SameSite: Chromium assumes Lax, Firefox and WebKit assume None",
                "add SameSite=Lax",
            )),
            ReceivedSameSite::None if !self.cookie.partitioned && self.cookie.secure => self.partitioned(),
            _ => None,
        }
    }

    fn partitioned(&self) -> Option<Finding> {
        let frontend = &self.setup.frontend;
        let is_blocked = !BrowserEngine::ChromiumBlocking.stores(self.received, frontend);
        if !is_blocked || !BrowserEngine::ChromiumAllowing.stores(self.received, frontend) {
            return None;
        }
        Some(self.warning(
            "not_partitioned",
            "is a third-party cookie without Partitioned; browsers that block third-party cookies drop it",
            "add Partitioned",
        ))
    }

    fn guard(&self) -> Option<Finding> {
        let (cookie, setup) = (self.cookie, self.setup);
        if !self.has_hosts() || !setup.has_guard() {
            return None;
        }
        if !cookie.covers(self.setter, &setup.frontend) {
            let host = cookie.domain.as_deref().unwrap_or(self.setter.host());
            return Some(self.error(
                "misses_guard",
                format!(
                    "belongs to {host}; a guard on {} never sees it and redirects signed-in users to the sign-in page",
                    setup.frontend.host()
                ),
                "set its Domain to the parent domain of both hosts (shared), or let the frontend's server set it \
                 (proxy)",
            ));
        }
        if cookie.covers_path(&setup.private_path) {
            return None;
        }
        Some(self.error(
            "path_misses_guard",
            format!("is sent only to {} and below, not to {}", cookie.path(), setup.private_path),
            "add Path=/",
        ))
    }

    fn http_only(&self) -> Option<Finding> {
        if self.cookie.http_only {
            return None;
        }
        Some(self.error(
            "http_only_missing",
            "is not HttpOnly: any script on the page can read the session token and send it elsewhere",
            "add HttpOnly",
        ))
    }
}
