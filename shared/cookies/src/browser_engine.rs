//! A model of which cookies browser engines store and send, as measured in `docs/browser-matrix.md`.

use drawbridge_core::origin::Origin;

use crate::{
    origin_cookie::OriginCookie,
    received_cookie::{COOKIE_MAX_BYTES, ReceivedCookie, ReceivedSameSite},
    topology::registrable,
};

/// A browser engine with a typical configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrowserEngine {
    /// Chromium with third-party cookies blocked.
    ChromiumBlocking,
    /// Chromium with third-party cookies allowed.
    ChromiumAllowing,
    /// Firefox with default settings.
    Firefox,
    /// `WebKit` with default settings. The measurements were made with `WebKitGTK`; Safari is at least as strict.
    WebKit,
}

impl BrowserEngine {
    /// Every engine, in the order of reports.
    pub const ALL: [Self; 4] = [Self::ChromiumBlocking, Self::ChromiumAllowing, Self::Firefox, Self::WebKit];

    /// The engine's name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChromiumBlocking => "Chromium, third-party cookies blocked",
            Self::ChromiumAllowing => "Chromium, third-party cookies allowed",
            Self::Firefox => "Firefox",
            Self::WebKit => "WebKit",
        }
    }

    /// Returns true if the engine stores a cookie that arrives in response to a request from a page on `page`.
    pub fn stores(self, received: &OriginCookie, page: &Origin) -> bool {
        let OriginCookie { cookie, setter } = received;
        cookie.is_alive()
            && cookie.size() <= COOKIE_MAX_BYTES
            && cookie.covers(setter, setter)
            && self.accepts_attributes(cookie)
            && (!cookie.secure || self.allows_secure_cookies(setter))
            && (self.is_same_site(setter, page) || self.allows_cross_site(cookie))
    }

    /// Returns true if the engine stores the cookie and sends it when a page on `page` requests `path` at `target`.
    pub fn sends(self, received: &OriginCookie, page: &Origin, target: &Origin, path: &str) -> bool {
        let cookie = &received.cookie;
        self.stores(received, page)
            && received.applies_to(target, path)
            && (!cookie.secure || self.allows_secure_cookies(target))
            && (self.is_same_site(page, target) || self.allows_cross_site(cookie))
    }

    /// Returns true if the engine accepts this combination of attributes. `WebKit` does not check it.
    fn accepts_attributes(self, cookie: &ReceivedCookie) -> bool {
        let needs_secure = cookie.same_site == ReceivedSameSite::None || cookie.partitioned;
        self == Self::WebKit || (cookie.prefix_violation().is_none() && (cookie.secure || !needs_secure))
    }

    /// Returns true if the engine stores `Secure` cookies of this origin and sends them to it.
    fn allows_secure_cookies(self, origin: &Origin) -> bool {
        origin.is_https() || (self != Self::WebKit && origin.is_localhost())
    }

    /// Returns true if the origins belong to the same site. Only Chromium treats http and https as different sites.
    fn is_same_site(self, a: &Origin, b: &Origin) -> bool {
        let is_schemeful = matches!(self, Self::ChromiumBlocking | Self::ChromiumAllowing);
        let has_same_domain = registrable(a).is_some_and(|site| registrable(b) == Some(site));
        (a.host() == b.host() || has_same_domain) && !(is_schemeful && a.is_https() != b.is_https())
    }

    /// Returns true if the engine stores and sends the cookie for a page of another site.
    ///
    /// Firefox keeps such a cookie separate for each site. Without `SameSite`, Chromium assumes `Lax` and Firefox
    /// assumes `None`.
    fn allows_cross_site(self, cookie: &ReceivedCookie) -> bool {
        let is_none = cookie.same_site == ReceivedSameSite::None;
        match self {
            Self::ChromiumBlocking => is_none && cookie.secure && cookie.partitioned,
            Self::ChromiumAllowing => is_none && cookie.secure,
            Self::Firefox => is_none || cookie.same_site == ReceivedSameSite::Missing,
            Self::WebKit => false,
        }
    }
}

#[cfg(test)]
#[path = "browser_engine/tests.rs"]
mod tests;
