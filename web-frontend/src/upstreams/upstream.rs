use std::cmp::Reverse;

use drawbridge_core::audience::Audience;
use drawbridge_http::discovery::{METADATA_PATH, PUBLIC_KEYS_PATH};
use percent_encoding::percent_decode_str;
use reqwest::Url;

use super::network::is_private_network;

/// The paths of web-frontend itself: each includes everything below it. A test in `routes.rs` checks that
/// the list is complete.
const OWN_PATHS: [&str; 17] = [
    METADATA_PATH,
    PUBLIC_KEYS_PATH,
    "/account",
    "/api",
    "/assets",
    "/confirm-address",
    "/forgot-password",
    "/health",
    "/language",
    "/login",
    "/logout",
    "/openapi",
    "/openapi.json",
    "/private",
    "/problems",
    "/register",
    "/reset-password",
];

/// A server behind a path of this origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    /// The path of this origin, such as `/backend`, without a slash at its end.
    pub prefix: String,
    /// The URL that replaces the prefix, without a slash at its end.
    pub target: Url,
    /// The audience of the access tokens that the server receives; by default the origin of the target.
    pub audience: Audience,
}

/// What follows the URL of an entry.
#[derive(Default)]
struct Options {
    audience: Option<Audience>,
    /// Tokens may cross a public network in the clear.
    plain_http: bool,
}

impl Upstream {
    /// Parses `prefix=url` pairs separated by commas. The longest prefix comes first.
    ///
    /// # Errors
    /// A reason that continues a sentence after the name of the setting.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, String> {
        let mut upstreams: Vec<Self> = Vec::new();
        for entry in text.split(',') {
            let upstream = Self::parse(entry.trim())
                .map_err(|reason| format!("has the invalid entry \"{entry}\": {reason}"))?;
            if upstreams.iter().any(|other| other.prefix == upstream.prefix) {
                return Err(format!("lists {} twice", upstream.prefix));
            }
            upstreams.push(upstream);
        }
        upstreams.sort_by_key(|upstream| Reverse(upstream.prefix.len()));
        Ok(upstreams)
    }

    fn parse(entry: &str) -> Result<Self, String> {
        let (prefix, rest) = entry.split_once('=').ok_or("it must be a path, =, and a URL")?;
        let prefix = parse_prefix(prefix)?;
        let mut words = rest.split_ascii_whitespace();
        let target = parse_target(words.next().unwrap_or_default())?;
        let options = parse_options(words)?;
        if target.scheme() == "http" && !options.plain_http && !is_private_network(&target) {
            return Err("its URL is plain http, so that tokens would cross a public network unencrypted; use https://, \
                        or write plain-http after the URL if the network in between is private"
                .into());
        }
        let audience = match options.audience {
            Some(audience) => audience,
            None => target.origin().ascii_serialization().parse()?,
        };
        Ok(Self { prefix, target, audience })
    }

    /// Returns true if requests for `path` go to this upstream.
    pub(super) fn covers(&self, path: &str) -> bool {
        rest_below(&self.prefix, path).is_some()
    }

    /// The upstream's URL for the path and query of a request. `None` if the path would lead outside of the
    /// prefix or the target once it is resolved, for example because it contains `..`.
    pub(crate) fn url(&self, path: &str, query: Option<&str>) -> Option<Url> {
        let rest = rest_below(&self.prefix, path)?;
        if has_dot_segment(rest) {
            return None;
        }
        let wanted = format!("{}{rest}", self.target.path().trim_end_matches('/'));
        let mut url = self.target.clone();
        url.set_path(&wanted);
        url.set_query(query);
        let resolved = if wanted.is_empty() { "/" } else { &wanted };
        (url.path() == resolved).then_some(url)
    }
}

fn parse_options<'a>(words: impl Iterator<Item = &'a str>) -> Result<Options, String> {
    let mut options = Options::default();
    for word in words {
        match word.split_once('=') {
            Some(("audience", audience)) => {
                let audience = audience.parse().map_err(|reason| format!("its audience {reason}"))?;
                options.audience = Some(audience);
            }
            None if word == "plain-http" => options.plain_http = true,
            _ => {
                let reason =
                    format!("after the URL, only audience=NAME and plain-http are known, not \"{word}\"");
                return Err(reason);
            }
        }
    }
    Ok(options)
}

fn parse_prefix(text: &str) -> Result<String, String> {
    let prefix = text.trim_end_matches('/');
    if let Some(own) = own_path(prefix) {
        return Err(format!("{own} belongs to Drawbridge"));
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    if !prefix.starts_with('/')
        || prefix.contains("//")
        || prefix.contains("/.")
        || !prefix.bytes().all(is_plain)
    {
        return Err("it must begin with a path such as /backend".into());
    }
    Ok(prefix.to_owned())
}

fn parse_target(text: &str) -> Result<Url, String> {
    let mut target = Url::parse(text).map_err(|error| format!("its URL is invalid ({error})"))?;
    if !matches!(target.scheme(), "http" | "https") {
        return Err("its URL must begin with http:// or https://".into());
    }
    if target.query().is_some()
        || target.fragment().is_some()
        || !target.username().is_empty()
        || target.password().is_some()
    {
        return Err("its URL may only have a scheme, a host, a port and a path".into());
    }
    let path = target.path().trim_end_matches('/').to_owned();
    target.set_path(&path);
    Ok(target)
}

/// The path of web-frontend that `path` equals or lies below.
fn own_path(path: &str) -> Option<&'static str> {
    OWN_PATHS.into_iter().find(|own| rest_below(own, path).is_some())
}

/// The part of `path` after `prefix`, if `path` equals `prefix` or lies below it.
fn rest_below<'a>(prefix: &str, path: &'a str) -> Option<&'a str> {
    path.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Returns true if a path has a `.` or `..` segment, even if only for a server that decodes the path before
/// it resolves it, treats `\` like `/`, or cuts segments at `;`.
fn has_dot_segment(path: &str) -> bool {
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    decoded
        .split(|byte| matches!(byte, b'/' | b'\\'))
        .map(|segment| segment.split(|byte| *byte == b';').next().unwrap_or_default())
        .any(|name| matches!(name, b"." | b".."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_replaced_and_the_rest_is_kept() {
        let upstream = parse("/backend=https://api.example.com/v1/");
        let cases = [
            ("/backend", None, "https://api.example.com/v1"),
            ("/backend/", None, "https://api.example.com/v1/"),
            ("/backend/a%20b/c", Some("d=%2F&e"), "https://api.example.com/v1/a%20b/c?d=%2F&e"),
            ("/backend/a%2Fb;c=d/..e/f..", None, "https://api.example.com/v1/a%2Fb;c=d/..e/f.."),
            ("/backend//evil.example/", None, "https://api.example.com/v1//evil.example/"),
        ];

        for (path, query, expected) in cases {
            let url = upstream.url(path, query);
            assert_eq!(url.as_ref().map(Url::as_str), Some(expected), "{path}");
        }
        assert_eq!(upstream.url("/backendx", None), None);
    }

    #[test]
    fn a_target_without_a_path_is_possible() {
        let upstream = parse("/backend/files=http://10.0.0.7:9000");

        let url = |path| upstream.url(path, None).unwrap().to_string();

        assert_eq!(url("/backend/files"), "http://10.0.0.7:9000/");
        assert_eq!(url("/backend/files/x"), "http://10.0.0.7:9000/x");
    }

    #[test]
    fn the_audience_is_the_targets_origin_unless_it_is_named() {
        for (entry, expected) in [
            ("/backend=https://api.example.com/v1", "https://api.example.com"),
            ("/backend=http://api:4000", "http://api:4000"),
            ("/backend=https://api.example.com audience=orders", "orders"),
        ] {
            assert_eq!(parse(entry).audience.as_str(), expected, "{entry}");
        }
    }

    #[test]
    fn plain_http_over_a_public_network_must_be_asked_for() {
        let error = Upstream::parse_list("/backend=http://api.example.com").unwrap_err();
        assert!(error.contains("plain-http"), "{error}");

        let upstream = parse("/backend=http://api.example.com plain-http");
        assert_eq!(upstream.target.scheme(), "http");
    }

    #[test]
    fn the_longest_prefix_comes_first() {
        let list =
            Upstream::parse_list("/backend=http://a.internal, /backend/files=http://b.internal").unwrap();

        assert_eq!(list[0].prefix, "/backend/files");
    }

    #[test]
    fn no_path_leads_outside_of_the_target() {
        let upstream = parse("/backend=https://api.example.com/v1");
        let paths = [
            "/backend/../admin",
            "/backend/x/../../admin",
            "/backend/%2e%2e/admin",
            "/backend/.%2E/admin",
            "/backend/./x",
            "/backend/\\..\\admin",
            "/backend/..",
            "/backend/..%2fadmin",
            "/backend/%2e%2e%2fadmin",
            "/backend/x%2f..%2f..%2fadmin",
            "/backend/..%5cadmin",
            "/backend/..;/admin",
            "/backend/.;a=b/x",
        ];

        for path in paths {
            assert_eq!(upstream.url(path, None), None, "{path}");
        }
    }

    #[test]
    fn invalid_entries_are_explained() {
        let cases = [
            ("no URL", "/backend", "a URL"),
            ("relative path", "backend=http://a.example", "such as /backend"),
            ("the whole origin", "/=http://a.example", "such as /backend"),
            ("dot segment", "/b/../c=http://a.example", "such as /backend"),
            ("other scheme", "/b=ftp://a.example", "http://"),
            ("query", "/b=https://a.example?x", "may only have"),
            ("same prefix", "/b=https://a.example,/b/=https://c.example", "lists /b twice"),
            ("unknown option", "/b=https://a.example aud=x", "only audience=NAME"),
            ("invalid audience", "/b=https://a.example audience=", "its audience must be"),
        ];

        for (case, text, expected) in cases {
            let error = Upstream::parse_list(text).unwrap_err();
            assert!(error.contains(expected), "{case}: {error}");
        }
    }

    #[test]
    fn paths_of_drawbridge_are_refused() {
        for own in OWN_PATHS {
            for prefix in [own.to_owned(), format!("{own}/below")] {
                let error = Upstream::parse_list(&format!("{prefix}=http://a.example")).unwrap_err();
                assert!(error.contains(&format!("{own} belongs to Drawbridge")), "{prefix}: {error}");
            }
        }
        assert!(Upstream::parse_list("/apis=https://a.example").is_ok(), "only a similar name");
    }

    fn parse(entry: &str) -> Upstream {
        Upstream::parse(entry).unwrap()
    }
}
