//! Which headers pass between browsers and upstreams, and how they are rewritten.

mod trusted;

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use drawbridge_cookies::request_cookies::{self, RequestCookie};
use drawbridge_http::{cookie_fields, request_id::REQUEST_ID};
use reqwest::Url;

use trusted::is_set_by_proxies;

/// Headers that apply to one connection only (RFC 9110, 7.6.1).
const HOP_BY_HOP: [&str; 10] = [
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Response headers that apply to the whole origin. An upstream below one path must not set them.
const ORIGIN_WIDE: [&str; 9] = [
    "alt-svc",
    "clear-site-data",
    "nel",
    "origin-agent-cluster",
    "public-key-pins",
    "report-to",
    "reporting-endpoints",
    "service-worker-allowed",
    "strict-transport-security",
];

/// Returns true if a client's header is forwarded to the upstream.
pub(crate) fn is_forwarded_to_upstream(name: &HeaderName, all: &HeaderMap) -> bool {
    is_end_to_end(name, all) && !is_set_by_proxies(name.as_str()) && name != REQUEST_ID
}

/// Returns true if an upstream's header is forwarded to the client.
pub(crate) fn is_forwarded_to_client(name: &HeaderName, all: &HeaderMap) -> bool {
    is_end_to_end(name, all) && !ORIGIN_WIDE.contains(&name.as_str()) && name != REQUEST_ID
}

/// Returns true unless the header applies to one connection only. `Connection` can list more such headers.
fn is_end_to_end(name: &HeaderName, all: &HeaderMap) -> bool {
    let mut listed = all
        .get_all(header::CONNECTION)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','));
    !HOP_BY_HOP.contains(&name.as_str())
        && !listed.any(|word| word.trim().eq_ignore_ascii_case(name.as_str()))
}

/// The `Cookie` header for an upstream: the cookies of a request, except those of web-frontend.
pub(crate) fn upstream_cookies(headers: &HeaderMap, is_own: impl Fn(&str) -> bool) -> Option<HeaderValue> {
    let is_for_upstream = |cookie: &RequestCookie| !is_own(&String::from_utf8_lossy(cookie.name));
    let cookies = request_cookies::all(cookie_fields(headers)).filter(is_for_upstream);
    let pairs: Vec<_> = cookies.map(|cookie| cookie.pair).collect();
    if pairs.is_empty() {
        return None;
    }
    HeaderValue::from_bytes(&pairs.join(b"; ".as_slice())).ok()
}

/// The upstream that sent a redirect.
pub(crate) struct RedirectSource<'a> {
    /// The path of this origin that belongs to the upstream.
    pub(crate) prefix: &'a str,
    /// The URL that replaces the prefix.
    pub(crate) target: &'a Url,
    /// The URL of the request.
    pub(crate) requested: &'a Url,
}

/// Rewrites the `Location` of an upstream to this origin. A location on another origin stays as it is; one on
/// the upstream but outside of its target is dropped, since no path of this origin leads there.
pub(crate) fn rewrite_location(location: &HeaderValue, source: &RedirectSource) -> Option<HeaderValue> {
    let url = source.requested.join(location.to_str().ok()?).ok()?;
    if url.origin() != source.target.origin() {
        return Some(location.clone());
    }
    let rest = url.path().strip_prefix(source.target.path().trim_end_matches('/'))?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let prefix = source.prefix;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let fragment = url.fragment().map(|fragment| format!("#{fragment}")).unwrap_or_default();
    HeaderValue::from_str(&format!("{prefix}{rest}{query}{fragment}")).ok()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn headers_of_the_connection_and_of_proxies_are_dropped() {
        let request = TestRequest::default()
            .insert_header(("connection", "close, X-Listed"))
            .insert_header(("x-listed", "1"))
            .to_http_request();
        let is_forwarded = |name: &str| is_forwarded_to_upstream(&name.parse().unwrap(), request.headers());

        for name in ["connection", "te", "upgrade", "x-listed", "host", "x-forwarded-for", "X_Auth_Roles"] {
            assert!(!is_forwarded(name), "{name}");
        }
        for name in ["accept", "authorization", "content-type"] {
            assert!(is_forwarded(name), "{name}");
        }
    }

    #[test]
    fn an_upstream_cannot_set_headers_for_the_whole_origin() {
        let request = TestRequest::default().to_http_request();
        let is_forwarded = |name: &str| is_forwarded_to_client(&name.parse().unwrap(), request.headers());

        assert!(!is_forwarded("strict-transport-security"));
        assert!(!is_forwarded("clear-site-data"));
        assert!(is_forwarded("content-type"));
    }

    #[test]
    fn an_upstream_receives_its_own_cookies_only() {
        let cases: [(&[&str], Option<&str>); 5] = [
            (&["a=1; token=s; b=2"], Some("a=1; b=2")),
            (&["a=1", "token=s", "b=2"], Some("a=1; b=2")),
            (&["cart=7; x=Jü; token=s"], Some("cart=7; x=Jü")),
            (&["token=s"], None),
            (&[], None),
        ];

        for (fields, expected) in cases {
            let request = fields.iter().fold(TestRequest::default(), |request, field| {
                request.append_header(("cookie", HeaderValue::from_bytes(field.as_bytes()).unwrap()))
            });
            let cookies = upstream_cookies(request.to_http_request().headers(), |name| name == "token");
            assert_eq!(
                cookies.as_ref().map(HeaderValue::as_bytes),
                expected.map(str::as_bytes),
                "{fields:?}"
            );
        }
    }

    #[test]
    fn redirects_within_the_upstream_stay_on_this_origin() {
        let cases = [
            ("absolute path", "/v1/c?d=e#f", Some("/backend/c?d=e#f")),
            ("relative path", "c", Some("/backend/a/c")),
            ("URL of the upstream", "http://api/v1/c", Some("/backend/c")),
            ("other origin", "https://idp.example/authorize", Some("https://idp.example/authorize")),
            ("outside of the target", "/other", None),
            ("similar path", "/v10/x", None),
        ];
        let source = RedirectSource {
            prefix: "/backend",
            target: &"http://api/v1".parse().unwrap(),
            requested: &"http://api/v1/a/b".parse().unwrap(),
        };

        for (case, location, expected) in cases {
            let rewritten = rewrite_location(&HeaderValue::from_static(location), &source);
            assert_eq!(rewritten.as_ref().map(|value| value.to_str().unwrap()), expected, "{case}");
        }
    }
}
