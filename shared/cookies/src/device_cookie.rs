//! The device cookie: shows that someone has signed in on this browser before (OWASP, "Slow Down Online
//! Guessing Attacks with Device Cookies").
//!
//! It grants no access. With it, sign-in attempts are counted separately from those of unknown devices.

use crate::{request_cookies, set_cookie::SetCookie, topology::CookiePolicy};

/// The header in which web-frontend forwards the cookie's value to auth-service.
pub const DEVICE: &str = "x-drawbridge-device";

/// 400 days, the longest lifetime that browsers accept (RFC 6265bis, 5.5).
const MAX_AGE_SECONDS: i64 = 34_560_000;

/// The maximum length of a value, in bytes. auth-service never issues a longer one.
const VALUE_MAX_BYTES: usize = 256;

/// The cookie's name. The cookie always belongs to the host that sets it, whatever the session cookie's
/// domain is.
pub fn name(policy: &CookiePolicy) -> &'static str {
    if policy.secure { "__Host-drawbridge-device" } else { "drawbridge-device" }
}

/// Reads the cookie from the `Cookie` fields of a request.
pub fn read<'a>(fields: impl Iterator<Item = &'a [u8]>, policy: &CookiePolicy) -> Option<String> {
    let cookie = request_cookies::named(fields, name(policy)).next()?;
    let value = cookie.text()?;
    (1..=VALUE_MAX_BYTES).contains(&value.len()).then(|| value.to_owned())
}

/// The `Set-Cookie` value that stores `value`.
pub fn set(value: &str, policy: &CookiePolicy) -> String {
    let name = name(policy);
    SetCookie { domain: None, ..SetCookie::with_policy(name, value, MAX_AGE_SECONDS, policy) }.to_string()
}
