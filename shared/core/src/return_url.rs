//! Absolute URLs to which a sign-in may return if their origin is registered.

use std::fmt;

use url::Url;

use crate::origin::Origin;

/// The longest URL to return to, in bytes. It has to fit into a cookie together with a pending login.
const RETURN_URL_MAX_BYTES: usize = 2000;

/// A URL to return to after signing in. Its text is safe in a redirect, but the caller must check that its origin is
/// registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnUrl {
    url: Url,
    origin: Origin,
}

impl ReturnUrl {
    /// Parses an absolute `https` URL, or an `http` one on localhost. Returns `None` for everything else, such as a
    /// path, and for a URL with credentials.
    ///
    /// Browsers treat `https:host` and `https:\\host` as absolute, so the scheme must be followed by `//` and a host. The
    /// scheme and the host may be in upper case.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let is_http = ["https", "http"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        let is_plain = !text.chars().any(|c| c.is_control() || c == '\\');
        if !is_http || rest.starts_with('/') || !is_plain {
            return None;
        }
        let url = Url::parse(text).ok()?;
        if url.as_str().len() > RETURN_URL_MAX_BYTES || !url.username().is_empty() || url.password().is_some()
        {
            return None;
        }
        let origin = Origin::parse(&url.origin().ascii_serialization()).ok()?;
        let is_encrypted = origin.is_https() || origin.is_localhost();
        (is_encrypted && has_plain_authority(&origin)).then_some(Self { url, origin })
    }

    /// The origin, which must be registered before the URL is used.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

/// The URL as browsers understand it.
impl fmt::Display for ReturnUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

/// Returns true if the host contains only the characters of host names and IP addresses. Others, such as `;`, would
/// have a meaning in a Content Security Policy.
fn has_plain_authority(origin: &Origin) -> bool {
    origin.authority().bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_urls_are_normalized() {
        for (text, url, origin) in [
            ("https://shop.example.com", "https://shop.example.com/", "https://shop.example.com"),
            (
                "https://SHOP.example.com:443/a/../b?c=d&e#f",
                "https://shop.example.com/b?c=d&e#f",
                "https://shop.example.com",
            ),
            ("https://shop.example.com/a@b", "https://shop.example.com/a@b", "https://shop.example.com"),
            (
                "https://bücher.example/ü",
                "https://xn--bcher-kva.example/%C3%BC",
                "https://xn--bcher-kva.example",
            ),
            ("HTTPS://SHOP.EXAMPLE.COM/Cart", "https://shop.example.com/Cart", "https://shop.example.com"),
            ("http://localhost:3000/a", "http://localhost:3000/a", "http://localhost:3000"),
            ("Http://LocalHost:3000/a", "http://localhost:3000/a", "http://localhost:3000"),
            ("https://[::1]:3000/a", "https://[::1]:3000/a", "https://[::1]:3000"),
        ] {
            let parsed = ReturnUrl::parse(text).unwrap_or_else(|| panic!("{text}"));

            assert_eq!(parsed.to_string(), url);
            assert_eq!(parsed.origin().to_string(), origin);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let overlong = format!("https://shop.example.com/{}", "a".repeat(RETURN_URL_MAX_BYTES));
        for (case, text) in [
            ("a path", "/private"),
            ("a host without a scheme", "//shop.example.com/"),
            ("a host without slashes", "https:shop.example.com"),
            ("a third slash", "https:///shop.example.com"),
            ("backslashes", "https:\\\\shop.example.com"),
            ("a backslash after the host", "https://shop.example.com\\@evil.example"),
            ("a user", "https://shop.example.com@evil.example/"),
            ("a user, in upper case", "HTTPS://SHOP.EXAMPLE.COM@EVIL.EXAMPLE/"),
            ("a password", "https://:b@shop.example.com/"),
            ("plain http", "http://shop.example.com/"),
            ("plain http, in upper case", "HTTP://SHOP.EXAMPLE.COM/"),
            ("a script", "javascript:alert(1)"),
            ("a script, in upper case", "JAVASCRIPT://shop.example.com/%0aalert(1)"),
            ("no scheme", "://shop.example.com/"),
            ("data", "data:text/html,a"),
            ("another scheme", "ftp://shop.example.com/"),
            ("a space before it", " https://shop.example.com/"),
            ("a line break", "https://shop.example.com/\r\nx: y"),
            ("a tab in the host", "https://shop.exa\tmple.com/"),
            ("a separator of directives", "https://a;b.example.com/"),
            ("a separator of policies", "https://a,b.example.com/"),
            ("an asterisk", "https://*.example.com/"),
            ("no host", "https://"),
            ("too long", &overlong),
            ("nothing", ""),
        ] {
            assert_eq!(ReturnUrl::parse(text), None, "{case}");
        }
    }
}
