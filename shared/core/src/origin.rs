//! A web origin: scheme, host and port (RFC 6454), and redirect targets that stay on it.

use std::{fmt, net::IpAddr, str::FromStr};

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use url::{Position, Url};

/// An `http` or `https` origin, without path, query, fragment or credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(Url);

impl Origin {
    /// Parses an origin such as `https://app.example.com`. A trailing `/` is accepted.
    ///
    /// # Errors
    /// A sentence that says what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text.trim()).map_err(|error| format!("is not a URL ({error})"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("must begin with http:// or https://".into());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not contain a user name or password".into());
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err("must consist of scheme, host and port, without a path".into());
        }
        Ok(Self(url))
    }

    /// Parses origins separated by commas.
    ///
    /// # Errors
    /// A sentence that says what is wrong with one of them.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        text.split(',').map(Self::parse).collect()
    }

    /// The port, by default that of the scheme.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or_default()
    }

    /// The same scheme and host with another port; `None` if there is no such port.
    pub fn at_port(&self, port: Option<u16>) -> Option<Self> {
        let mut url = self.0.clone();
        url.set_port(Some(port?)).ok()?;
        Some(Self(url))
    }

    /// The host, if it is an IP address.
    pub fn ip(&self) -> Option<IpAddr> {
        match self.0.host()? {
            url::Host::Domain(_) => None,
            url::Host::Ipv4(address) => Some(address.into()),
            url::Host::Ipv6(address) => Some(address.into()),
        }
    }

    /// Returns true if requests to this origin are encrypted.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The host as written in a URL: lower case, IDNA applied, IPv6 in brackets.
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Host and port, as in a `Host` header.
    pub fn authority(&self) -> &str {
        &self.0[Position::BeforeHost..Position::AfterPort]
    }

    /// Returns true if the host is this machine: `localhost`, `*.localhost` or a loopback address.
    pub fn is_localhost(&self) -> bool {
        match self.0.host() {
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// Returns true if this is an `https` origin on the default port whose host is one label below `parent`, as a
    /// wildcard in a certificate covers it (RFC 9525, 6.3).
    pub fn is_one_label_below(&self, parent: &str) -> bool {
        // With the default port, the authority is the host alone.
        let has_default_port = self.authority() == self.host();
        let label = self.host().strip_suffix(parent).and_then(|rest| rest.strip_suffix('.'));
        // A URL may contain an asterisk, but no host has one: it is the pattern itself, and no origin.
        let is_one_label = label.is_some_and(|label| !label.is_empty() && !label.contains(['.', '*']));
        self.is_https() && has_default_port && is_one_label
    }

    /// The path, query and fragment of `target` if it stays on this origin.
    ///
    /// Browsers treat `//host`, `/\host` and `/.//host` as other hosts, so the target is resolved the way
    /// browsers do it and checked afterwards.
    pub fn local_target(&self, target: &str) -> Option<String> {
        if !target.starts_with('/') || target.chars().any(|c| c.is_control() || c == '\\') {
            return None;
        }
        let resolved = self.0.join(target).ok()?;
        if resolved.origin() != self.0.origin() {
            return None;
        }
        let local = &resolved[Position::BeforePath..];
        (!local.starts_with("//")).then(|| local.to_owned())
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

/// Characters that are percent-encoded in a query value. A slash is allowed there and stays readable.
const QUERY_VALUE: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'<').add(b'>').add(b'&').add(b'+').add(b'%');

/// Encodes a path or URL as the value of `?next=`.
pub fn encode_next(wanted: &str) -> impl fmt::Display {
    utf8_percent_encode(wanted, QUERY_VALUE)
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.origin().ascii_serialization())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> Origin {
        Origin::parse("https://app.example.com").unwrap()
    }

    #[test]
    fn an_origin_has_scheme_host_and_port() {
        assert_eq!(app().to_string(), "https://app.example.com");
        assert_eq!(Origin::parse("http://LOCALHOST:8080/").unwrap().to_string(), "http://localhost:8080");
        for bad in
            ["app.example.com", "ftp://a.b", "https://a.b/path", "https://u:p@a.b", "https://a.b?q", ""]
        {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        for (origin, is_below) in [
            ("https://app.example.com", true),
            ("https://example.com", false),
            ("https://a.b.example.com", false),
            ("https://appexample.com", false),
            ("https://app.example.com:8443", false),
            ("http://app.example.com", false),
            ("https://app.example.com.evil.example", false),
            ("https://*.example.com", false),
            ("https://a*.example.com", false),
        ] {
            let origin = Origin::parse(origin).unwrap();

            assert_eq!(origin.is_one_label_below("example.com"), is_below, "{origin}");
        }
    }

    #[test]
    fn local_targets_are_kept() {
        for good in ["/", "/private", "/private?a=b&c=d#e", "/a/../b"] {
            assert!(app().local_target(good).is_some(), "{good}");
        }
        assert_eq!(app().local_target("/a/../b").unwrap(), "/b");
    }

    #[test]
    fn foreign_targets_are_refused() {
        for bad in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/.//evil.example",
            "/x/..//evil.example",
            "javascript:alert(1)",
            "private",
            "",
            "/\t/evil.example",
            "/%0d%0a\r\nx",
        ] {
            assert_eq!(app().local_target(bad), None, "{bad}");
        }
    }
}
