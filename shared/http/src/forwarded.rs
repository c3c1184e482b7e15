//! The headers in which a frontend names itself and describes the browser to auth-service. They are trusted only with a
//! valid proof ([`crate::proof`]) or [`KEY`].

/// The key of a registered frontend, sent instead of a proof. Only for TLS connections.
pub const KEY: &str = "x-drawbridge-key";

/// The origin that a registered frontend acts for, such as `https://shop.example.com`.
pub const ORIGIN: &str = "x-drawbridge-origin";

/// The browser's `User-Agent`, cut to [`USER_AGENT_MAX`] visible ASCII characters.
pub const USER_AGENT: &str = "x-drawbridge-user-agent";

/// The language of the page: `en`, `de` or `fr`.
pub const LANGUAGE: &str = "x-drawbridge-language";

/// The maximum length of a stored `User-Agent`, in characters.
pub const USER_AGENT_MAX: usize = 256;

/// Reduces a `User-Agent` to visible ASCII and spaces, and truncates it.
pub fn user_agent(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(USER_AGENT_MAX).collect()
}
