//! The cookies of web-frontend. Their names must differ, and no upstream may read or set one of them.

use drawbridge_cookies::{device_cookie, session_cookie::SessionCookie, topology::CookiePolicy};
use drawbridge_guard::redirect_cookie_name;

use crate::{language, page_sessions::PageSessions};

/// A cookie of web-frontend other than the session cookie.
pub(crate) struct FixedCookie {
    pub(crate) name: &'static str,
    /// What the cookie is for, as a noun phrase.
    pub(crate) purpose: &'static str,
}

/// The cookies of web-frontend other than the session cookie, in a deployment with this cookie policy.
pub(crate) fn fixed_cookies(policy: &CookiePolicy) -> [FixedCookie; 4] {
    [
        FixedCookie { name: PageSessions::cookie_name(policy.secure), purpose: "page session" },
        FixedCookie { name: redirect_cookie_name(policy.secure), purpose: "redirect count" },
        FixedCookie { name: language::cookie_name(policy.secure), purpose: "language" },
        FixedCookie { name: device_cookie::name(policy), purpose: "device" },
    ]
}

/// Returns true if web-frontend owns the cookie with this name.
pub(crate) fn is_own_cookie(session_cookie: &SessionCookie, name: &str) -> bool {
    session_cookie.is_named(name)
        || fixed_cookies(session_cookie.policy()).iter().any(|cookie| cookie.name == name)
}
