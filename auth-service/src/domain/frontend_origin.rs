//! The origins that a frontend may act for.

use std::fmt;

use chrono::{DateTime, NaiveDateTime, Utc};
use drawbridge_core::origin::Origin;

use super::{browser_origin::parse_browser_origin, origin_pattern::OriginPattern};

/// How an origin came to be registered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OriginKind {
    /// An operator declared where users open the application.
    Site,
    /// An operator declared where developers open it on their own machine.
    Development,
    /// An operator declared a pattern of previews.
    Pattern,
    /// A preview announced itself with a preview key.
    Preview,
}

impl OriginKind {
    const ALL: [Self; 4] = [Self::Site, Self::Development, Self::Pattern, Self::Preview];

    /// The kind as stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Development => "development",
            Self::Pattern => "pattern",
            Self::Preview => "preview",
        }
    }

    fn from_stored(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for OriginKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// An origin, or a pattern of origins, that a frontend may act for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FrontendOrigin {
    /// Where users open the application.
    Site(Origin),
    /// Where developers open it on their own machine.
    Development(Origin),
    /// Previews below a domain of the operator.
    Pattern(OriginPattern),
    /// A preview that announced itself.
    Preview {
        /// The exact origin.
        origin: Origin,
        /// When the registration expires.
        expires_at: DateTime<Utc>,
    },
}

impl FrontendOrigin {
    /// Parses the origin of a site on which browsers store and send the session cookie.
    ///
    /// # Errors
    /// A reason that continues a sentence after the name of the field.
    pub fn parse_site(text: &str) -> Result<Self, String> {
        parse_browser_origin(text).map(Self::Site)
    }

    /// Parses an origin for developers. Plain http is possible on localhost only.
    ///
    /// # Errors
    /// A reason that continues a sentence after the name of the field.
    pub fn parse_development(text: &str) -> Result<Self, String> {
        parse_browser_origin(text).map(Self::Development)
    }

    /// Parses a pattern such as `*.preview.example.com`.
    ///
    /// # Errors
    /// A reason that continues a sentence after the name of the field.
    pub fn parse_pattern(text: &str) -> Result<Self, String> {
        OriginPattern::parse(text).map(Self::Pattern)
    }

    /// The origin as stored; `None` if this version cannot read it, which is the same as no origin.
    pub(crate) fn from_stored(kind: &str, text: &str, expires_at: Option<NaiveDateTime>) -> Option<Self> {
        let kind = OriginKind::from_stored(kind)?;
        if kind == OriginKind::Pattern {
            return OriginPattern::parse(text).ok().map(Self::Pattern);
        }
        let origin = Origin::parse(text).ok()?;
        match kind {
            OriginKind::Site => Some(Self::Site(origin)),
            OriginKind::Development => Some(Self::Development(origin)),
            OriginKind::Preview => Some(Self::Preview { origin, expires_at: expires_at?.and_utc() }),
            OriginKind::Pattern => None,
        }
    }

    /// How it came to be registered.
    pub fn kind(&self) -> OriginKind {
        match self {
            Self::Site(_) => OriginKind::Site,
            Self::Development(_) => OriginKind::Development,
            Self::Pattern(_) => OriginKind::Pattern,
            Self::Preview { .. } => OriginKind::Preview,
        }
    }

    /// When the registration expires.
    pub fn expires_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Preview { expires_at, .. } => Some(*expires_at),
            Self::Site(_) | Self::Development(_) | Self::Pattern(_) => None,
        }
    }

    /// The origin, unless this is a pattern.
    fn exact(&self) -> Option<&Origin> {
        match self {
            Self::Site(origin) | Self::Development(origin) | Self::Preview { origin, .. } => Some(origin),
            Self::Pattern(_) => None,
        }
    }

    /// Returns true if `origin` is this origin, or matches this pattern.
    pub fn covers(&self, origin: &Origin) -> bool {
        match self {
            Self::Pattern(pattern) => pattern.matches(origin),
            Self::Site(own) | Self::Development(own) | Self::Preview { origin: own, .. } => own == origin,
        }
    }

    /// Returns true if there is an origin that both cover.
    pub fn overlaps(&self, other: &Self) -> bool {
        match (self.exact(), other.exact()) {
            (Some(own), _) => other.covers(own),
            (None, Some(theirs)) => self.covers(theirs),
            // Two patterns match the same hosts or none in common, because they match exactly one label.
            (None, None) => self == other,
        }
    }

    /// Returns true if a preview key may act for it. The site itself needs the frontend's own key.
    pub fn is_open_to_preview_keys(&self) -> bool {
        !matches!(self, Self::Site(_))
    }
}

impl fmt::Display for FrontendOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Site(origin) | Self::Development(origin) | Self::Preview { origin, .. } => origin.fmt(f),
            Self::Pattern(pattern) => pattern.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::parse(text).unwrap()
    }

    fn preview(text: &str) -> FrontendOrigin {
        FrontendOrigin::Preview { origin: origin(text), expires_at: DateTime::UNIX_EPOCH }
    }

    #[test]
    fn an_origin_covers_itself_only() {
        let site = FrontendOrigin::parse_site("https://shop.example.com").unwrap();

        assert!(site.covers(&origin("https://SHOP.example.com:443/")));
        for other in
            ["http://shop.example.com", "https://shop.example.com:8443", "https://a.shop.example.com"]
        {
            assert!(!site.covers(&origin(other)), "{other}");
        }
    }

    #[test]
    fn overlaps_are_symmetric() {
        let pattern = FrontendOrigin::parse_pattern("*.preview.example.com").unwrap();
        let other_pattern = FrontendOrigin::parse_pattern("*.example.com").unwrap();
        let site = FrontendOrigin::parse_site("https://a.preview.example.com").unwrap();
        for (case, a, b, expected) in [
            ("a pattern and an origin below it", &pattern, &site, true),
            ("a pattern and a preview below it", &pattern, &preview("https://b.preview.example.com"), true),
            ("a pattern and itself", &pattern, &pattern, true),
            ("two patterns", &pattern, &other_pattern, false),
            ("a site and a preview at its origin", &site, &preview("https://a.preview.example.com"), true),
            ("two origins", &site, &preview("https://b.preview.example.com"), false),
            ("two levels below a pattern", &other_pattern, &site, false),
        ] {
            assert_eq!((a.overlaps(b), b.overlaps(a)), (expected, expected), "{case}");
        }
    }

    #[test]
    fn a_stored_origin_is_read_as_it_was_written() {
        let expires_at = DateTime::UNIX_EPOCH;
        for written in [
            FrontendOrigin::parse_site("https://shop.example.com").unwrap(),
            FrontendOrigin::parse_development("http://localhost:3000").unwrap(),
            FrontendOrigin::parse_pattern("*.preview.example.com").unwrap(),
            preview("https://shop-1.vercel.app"),
        ] {
            let expires_at = (written.kind() == OriginKind::Preview).then(|| expires_at.naive_utc());

            let read = FrontendOrigin::from_stored(written.kind().as_str(), &written.to_string(), expires_at);

            assert_eq!(read, Some(written));
        }
        assert_eq!(FrontendOrigin::from_stored("future", "https://shop.example.com", None), None);
        assert_eq!(FrontendOrigin::from_stored("preview", "https://shop.example.com", None), None);
    }
}
