//! The cookie by which a browser shows that somebody has signed in on it before (OWASP, "Slow Down Online Guessing Attacks
//! with Device Cookies"). It opens nothing: with it, attempts are counted apart from those of strangers.

use actix_web::http::header::{self, HeaderMap, HeaderValue};

use crate::topology::{CookiePolicy, SameSite};

/// The header in which a proxy of the deployment hands the cookie's value on.
pub const DEVICE: &str = "x-drawbridge-device";

/// As long as browsers keep a cookie at most (RFC 6265bis, 5.5): 400 days.
const MAX_AGE_SECONDS: u32 = 34_560_000;

/// What is longer is none of ours.
const MAX_BYTES: usize = 256;

/// The cookie's name: of the host that sets it alone, since nobody else has a use for it.
pub fn name(policy: &CookiePolicy) -> &'static str {
    if policy.secure { "__Host-drawbridge-device" } else { "drawbridge-device" }
}

/// The value that a browser brings.
pub fn read(headers: &HeaderMap, policy: &CookiePolicy) -> Option<String> {
    let wanted = name(policy);
    let fields = headers.get_all(header::COOKIE).filter_map(|field| field.to_str().ok());
    let mut pairs = fields.flat_map(|field| field.split(';')).filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim() == wanted)?;
    Some(value.trim().to_owned()).filter(|value| (1..=MAX_BYTES).contains(&value.len()))
}

/// `Set-Cookie`; `None` for a value that no cookie can have.
pub fn set(value: &str, policy: &CookiePolicy) -> Option<HeaderValue> {
    let name = name(policy);
    let same_site = match policy.same_site {
        SameSite::Lax => "Lax",
        SameSite::None => "None",
    };
    let secure = if policy.secure { "; Secure" } else { "" };
    let partitioned = if policy.partitioned { "; Partitioned" } else { "" };
    let text = format!(
        "{name}={value}; Path=/; Max-Age={MAX_AGE_SECONDS}; HttpOnly; SameSite={same_site}{secure}{partitioned}"
    );
    HeaderValue::from_str(&text).ok()
}
