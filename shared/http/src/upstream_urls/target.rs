//! Where a URL of an upstream leads on the public origin.

use std::borrow::Cow;

use drawbridge_cookies::UpstreamPaths;
use drawbridge_core::origin::Origin;
use percent_encoding::{AsciiSet, percent_encode};
use url::{Position, Url};

/// Only bytes beyond ASCII, which browsers percent-encode in a `Location` before they parse it.
pub(super) const NON_ASCII: &AsciiSet = &AsciiSet::EMPTY;

/// The upstream that sent a URL.
#[derive(Clone, Copy)]
pub struct UrlSource<'a> {
    /// The paths of the upstream, on the public origin and on its own.
    pub paths: UpstreamPaths<'a>,
    /// The URL of the upstream.
    pub target: &'a Url,
    /// The URL of the request to the upstream.
    pub requested: &'a Url,
    /// The origin that browsers see.
    pub public_origin: &'a Origin,
    /// Returns true for a path on the public origin that gets no prefix, such as that of the sign-in page.
    pub is_kept: &'a dyn Fn(&str) -> bool,
}

/// What becomes of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Rewritten {
    /// It already leads to the right place, or browsers cannot parse it.
    Keep,
    /// This URL replaces it.
    Replace(String),
    /// It leads to a path of the upstream that has no public path.
    Outside,
}

/// Rewrites a URL as browsers parse it: relative or absolute, with or without a scheme, in any encoding.
///
/// A URL on the upstream's own origin becomes a path. One on the public origin gets the prefix unless it has it:
/// frameworks build absolute URLs from `X-Forwarded-Host`, but few of them read `X-Forwarded-Prefix`. A URL on any
/// other origin stays as it is.
pub(super) fn rewrite_url(value: &[u8], source: &UrlSource) -> Rewritten {
    let text = Cow::from(percent_encode(value, NON_ASCII));
    if text.trim().is_empty() {
        return Rewritten::Keep;
    }
    let Some(url) = source.parse(&text) else { return Rewritten::Keep };
    let is_public = source.is_public(&url);
    if !is_public && !source.is_own(&url) {
        return Rewritten::Keep;
    }
    if is_public && (source.is_kept)(url.path()) {
        return Rewritten::Keep;
    }
    let path = match source.paths.to_public(url.path()) {
        Some(path) => path,
        None if is_public => Cow::Owned(format!("{}{}", source.paths.prefix, url.path())),
        None => return Rewritten::Outside,
    };
    let rest = &url[Position::AfterPath..];
    // A browser would take the first segment after two slashes for a host.
    let replacement = if is_public || path.starts_with("//") {
        format!("{}{path}{rest}", source.public_origin)
    } else {
        format!("{path}{rest}")
    };
    if replacement == text || (is_public && replacement == url.as_str()) {
        Rewritten::Keep
    } else {
        Rewritten::Replace(replacement)
    }
}

impl UrlSource<'_> {
    /// Parses a URL as browsers do, which know the scheme of the public origin only: on a page with https, `https:/home`
    /// is a path.
    fn parse(&self, text: &str) -> Option<Url> {
        let public_scheme = if self.public_origin.is_https() { "https" } else { "http" };
        if let Ok(url) = self.requested.join(text)
            && (url.scheme() == self.requested.scheme() || url.scheme() != public_scheme)
        {
            return Some(url);
        }
        let mut base = self.requested.clone();
        base.set_scheme(public_scheme).ok()?;
        base.join(text).ok()
    }

    /// Returns true if a URL is on the public origin, also if the upstream does not know that the origin is https.
    pub(super) fn is_public(&self, url: &Url) -> bool {
        let has_scheme = match url.scheme() {
            "https" => self.public_origin.is_https(),
            scheme => scheme == "http",
        };
        has_scheme && authority(url) == self.public_origin.authority()
    }

    /// Returns true if a URL is on the upstream's own origin, also if the upstream takes the scheme from
    /// `X-Forwarded-Proto`.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        matches!(url.scheme(), "http" | "https") && authority(url) == authority(self.target)
    }
}

/// Host and port, as in a `Host` header.
pub(super) fn authority(url: &Url) -> &str {
    &url[Position::BeforeHost..Position::AfterPort]
}
