use std::fmt;

use drawbridge_cookies::topology::registrable;
use drawbridge_core::origin::Origin;

use super::browser_origin::check_topology;

/// A pattern of origins such as `https://*.preview.example.com`: https, the default port, and one label in place of the
/// asterisk, as in a certificate (RFC 9525, 6.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginPattern {
    /// The domain below which the origins are.
    parent: String,
}

impl OriginPattern {
    /// Parses a pattern such as `*.preview.example.com`, with or without `https://`. Its parent must be a domain that
    /// one person can own, and so cannot be a public suffix.
    ///
    /// # Errors
    /// A reason that continues a sentence after the name of the field.
    pub fn parse(text: &str) -> Result<Self, String> {
        let malformed = || "must be a wildcard host such as *.preview.example.com".to_owned();
        let text = text.trim();
        let host = text.strip_prefix("https://").unwrap_or(text);
        let parent = host.strip_suffix('/').unwrap_or(host).strip_prefix("*.").ok_or_else(malformed)?;
        let parent = Origin::parse(&format!("https://{parent}")).map_err(|_| malformed())?;
        if parent.ip().is_some() || parent.authority() != parent.host() {
            return Err(malformed());
        }
        check_topology(&parent).map_err(|_| malformed())?;
        // Some suffixes are wildcards themselves, such as *.kobe.jp: then each match is a public suffix.
        let example = Origin::parse(&format!("https://a.{}", parent.host())).map_err(|_| malformed())?;
        let is_owned = |origin: &Origin| registrable(origin).is_some();
        if !is_owned(&parent) || !is_owned(&example) {
            return Err(format!(
                "would match hosts of other people, because {} is a public suffix, or the hosts below it are; use a wildcard below a domain that \
                 you own, or let each preview announce its exact origin with a preview key (`drawbridge frontend \
                 preview-key`)",
                parent.host()
            ));
        }
        Ok(Self { parent: parent.host().to_owned() })
    }

    /// Returns true if the pattern matches `origin`.
    pub fn matches(&self, origin: &Origin) -> bool {
        origin.is_one_label_below(&self.parent)
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "https://*.{}", self.parent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_below_a_domain_that_someone_owns() {
        for (text, written) in [
            ("*.preview.example.com", "https://*.preview.example.com"),
            ("https://*.Example.com/", "https://*.example.com"),
            ("*.example.co.uk", "https://*.example.co.uk"),
            ("*.shop.vercel.app", "https://*.shop.vercel.app"),
            ("*.bücher.example", "https://*.xn--bcher-kva.example"),
        ] {
            assert_eq!(OriginPattern::parse(text).unwrap().to_string(), written);
        }
    }

    #[test]
    fn a_pattern_below_a_public_suffix_is_refused() {
        for text in
            ["*.vercel.app", "*.com", "*.co.uk", "*.github.io", "*.localhost", "*.any.ck", "*.kobe.jp"]
        {
            let error = OriginPattern::parse(text).unwrap_err();

            assert!(error.contains("is a public suffix") && error.contains("preview-key"), "{text}: {error}");
        }
    }

    #[test]
    fn other_wildcards_are_refused() {
        for text in [
            "",
            "*",
            "*.",
            "preview.example.com",
            "pr-*.example.com",
            "*.*.example.com",
            "http://*.example.com",
            "*.example.com:8443",
            "*.example.com/path",
            "*.example.com.",
            "*.127.0.0.1",
            "*.user@example.com",
        ] {
            let error = OriginPattern::parse(text).unwrap_err();

            assert!(error.contains("must be a wildcard host"), "{text:?}: {error}");
        }
    }

    #[test]
    fn a_pattern_matches_one_label() {
        let pattern = OriginPattern::parse("*.preview.example.com").unwrap();
        for (text, expected) in [
            ("https://pr-1.preview.example.com", true),
            ("https://PR-1.preview.example.com:443/", true),
            ("https://preview.example.com", false),
            ("https://a.b.preview.example.com", false),
            ("https://evilpreview.example.com", false),
            ("https://pr-1.preview.example.com.evil.example", false),
            ("https://pr-1.preview.example.com:8443", false),
            ("http://pr-1.preview.example.com", false),
        ] {
            assert_eq!(pattern.matches(&Origin::parse(text).unwrap()), expected, "{text}");
        }
    }
}
