//! Which headers pass between browsers and upstreams, and how they are rewritten.

mod trusted;

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use drawbridge_cookies::request_cookies::{self, RequestCookie};
use drawbridge_http::{cookie_fields, request_id::REQUEST_ID};

use super::Upstream;
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

/// Returns true if an upstream's header is forwarded to the client. The application speaks for the whole origin.
pub(crate) fn is_forwarded_to_client(name: &HeaderName, all: &HeaderMap, upstream: &Upstream) -> bool {
    let is_permitted = match name.as_str() {
        // The ports of this server, not of the application.
        "alt-svc" => false,
        name => upstream.is_application() || !ORIGIN_WIDE.contains(&name),
    };
    is_end_to_end(name, all) && is_permitted && name != REQUEST_ID
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

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use drawbridge_core::pages_path::PagesPath;

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
        let backend = Upstream::parse_list("/backend=http://localhost:4000", &PagesPath::default()).unwrap();
        let application = Upstream::parse_app("http://localhost:3000").unwrap();
        let is_forwarded = |name: &str, upstream: &Upstream| {
            is_forwarded_to_client(&name.parse().unwrap(), request.headers(), upstream)
        };

        assert!(!is_forwarded("strict-transport-security", &backend[0]));
        assert!(!is_forwarded("clear-site-data", &backend[0]));
        assert!(is_forwarded("content-type", &backend[0]));
        assert!(
            is_forwarded("strict-transport-security", &application),
            "this origin is the application's own"
        );
        assert!(!is_forwarded("alt-svc", &application));
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
}
