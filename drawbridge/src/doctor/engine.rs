//! What each browser engine does with a cookie, as it was measured (`docs/browser-matrix.md`).

use drawbridge_cookies::topology::registrable;
use drawbridge_core::origin::Origin;

use drawbridge_cookies::received_cookie::{COOKIE_MAX_BYTES, ReceivedCookie, ReceivedSameSite};

/// A browser engine, as people have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// Chromium that blocks third-party cookies.
    ChromiumBlocking,
    /// Chromium that allows them.
    ChromiumAllowing,
    /// Firefox with its defaults.
    Firefox,
    /// `WebKit` with its defaults. Safari is stricter than what was measured, `WebKitGTK`, never laxer.
    WebKit,
}

impl Engine {
    pub(crate) const ALL: [Self; 4] =
        [Self::ChromiumBlocking, Self::ChromiumAllowing, Self::Firefox, Self::WebKit];

    /// What it is called in a report.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ChromiumBlocking => "Chromium, third-party cookies blocked",
            Self::ChromiumAllowing => "Chromium, third-party cookies allowed",
            Self::Firefox => "Firefox",
            Self::WebKit => "WebKit",
        }
    }

    /// Whether it keeps a cookie that `setter` sets in answer to a page of `page`.
    pub(crate) fn keeps(self, cookie: &ReceivedCookie, setter: &Origin, page: &Origin) -> bool {
        cookie.is_alive()
            && cookie.size() <= COOKIE_MAX_BYTES
            && cookie.covers(setter, setter)
            && self.accepts(cookie)
            && (!cookie.secure || self.trusts(setter))
            && (self.is_one_site(setter, page) || self.takes_across_sites(cookie))
    }

    /// Whether a page of `page` that asks `to` for `path` brings the cookie that `setter` set for it.
    pub(crate) fn sends(
        self,
        cookie: &ReceivedCookie,
        setter: &Origin,
        page: &Origin,
        to: &Origin,
        path: &str,
    ) -> bool {
        self.keeps(cookie, setter, page)
            && cookie.covers(setter, to)
            && cookie.covers_path(path)
            && (!cookie.secure || self.trusts(to))
            && (self.is_one_site(page, to) || self.takes_across_sites(cookie))
    }

    /// Whether the attributes go together. `WebKit` does not ask.
    fn accepts(self, cookie: &ReceivedCookie) -> bool {
        let needs_secure = cookie.same_site == ReceivedSameSite::None || cookie.partitioned;
        self == Self::WebKit || (cookie.broken_promise().is_none() && (cookie.secure || !needs_secure))
    }

    /// Whether a `Secure` cookie may travel there.
    fn trusts(self, origin: &Origin) -> bool {
        origin.is_https() || (self != Self::WebKit && origin.is_localhost())
    }

    /// Whether the two are one site to it. To Chromium alone, http and https are two.
    fn is_one_site(self, a: &Origin, b: &Origin) -> bool {
        let is_schemeful = matches!(self, Self::ChromiumBlocking | Self::ChromiumAllowing);
        let is_one_domain = registrable(a).is_some_and(|site| registrable(b) == Some(site));
        (a.host() == b.host() || is_one_domain) && !(is_schemeful && a.is_https() != b.is_https())
    }

    /// Whether a page of another site can make it keep and send the cookie. Firefox keeps it apart for each
    /// site; a missing `ReceivedSameSite` is `Lax` to Chromium and `None` to Firefox.
    fn takes_across_sites(self, cookie: &ReceivedCookie) -> bool {
        match self {
            Self::ChromiumBlocking => {
                cookie.same_site == ReceivedSameSite::None && cookie.secure && cookie.partitioned
            }
            Self::ChromiumAllowing => cookie.same_site == ReceivedSameSite::None && cookie.secure,
            Self::Firefox => matches!(cookie.same_site, ReceivedSameSite::None | ReceivedSameSite::Missing),
            Self::WebKit => false,
        }
    }
}

#[cfg(test)]
#[path = "engine/tests.rs"]
mod tests;
