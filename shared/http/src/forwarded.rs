//! What a proxy of the deployment tells auth-service about the browser that it speaks for, beside its address.
//! Believed with the proxy's proof alone ([`crate::proxy_identity`]).

/// The browser's `User-Agent`, cut to [`USER_AGENT_MAX`] visible ASCII characters.
pub const USER_AGENT: &str = "x-drawbridge-user-agent";

/// The language of the page that the person reads: `en`, `de` or `fr`.
pub const LANGUAGE: &str = "x-drawbridge-language";

/// The most characters of a `User-Agent` that are kept.
pub const USER_AGENT_MAX: usize = 256;

/// A `User-Agent` as it is kept: visible ASCII and spaces, cut.
pub fn user_agent(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ').take(USER_AGENT_MAX).collect()
}
