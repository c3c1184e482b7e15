//! A cookie together with the origin that set it.

use drawbridge_core::origin::Origin;

use crate::received_cookie::ReceivedCookie;

/// A cookie and the origin that set it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginCookie {
    /// The cookie.
    pub cookie: ReceivedCookie,
    /// The origin whose response set it.
    pub setter: Origin,
}

impl OriginCookie {
    /// Returns true if the cookie's `Domain` and `Path` include this URL.
    pub fn applies_to(&self, origin: &Origin, path: &str) -> bool {
        self.cookie.covers(&self.setter, origin) && self.cookie.covers_path(path)
    }

    /// Returns true if a second cookie replaces this one instead of being stored next to it.
    pub(crate) fn is_replaced_by(&self, other: &Self) -> bool {
        let has_same_name = self.cookie.name == other.cookie.name;
        let has_same_domain = self.cookie.domain == other.cookie.domain;
        let has_same_host = self.cookie.domain.is_some() || self.setter.host() == other.setter.host();
        has_same_name && has_same_domain && has_same_host
    }
}
