//! Which headers go on, in which form.

use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use drawbridge_cookies::{
    device_cookie::DEVICE,
    request_cookies::{self, RequestCookie},
};
use drawbridge_http::{cookie_fields, proxy_identity::PROXY_IDENTITY, request_id::REQUEST_ID};
use reqwest::Url;

/// Headers of one connection (RFC 9110, 7.6.1).
const OF_THE_CONNECTION: [&str; 10] = [
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

/// By what they say where a client is, or which URL it asked for, backends go that trust a proxy to write them.
const NOT_THE_CLIENTS: [&str; 10] = [
    "cf-connecting-ip",
    "client-ip",
    "fastly-client-ip",
    "forwarded",
    "host",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-url",
    "x-rewrite-url",
];

/// What a backend behind a prefix must not say for the whole origin.
const OF_THE_WHOLE_ORIGIN: [&str; 9] = [
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

/// Whether a client's header goes on to the backend.
pub(super) fn goes_on(name: &HeaderName, all: &HeaderMap) -> bool {
    let text = name.as_str();
    let is_a_proxys = text.starts_with("x-forwarded-")
        || text.starts_with("x-real-")
        || text.starts_with("x-original-")
        // Some servers read `_` as `-`.
        || text.contains('_')
        || NOT_THE_CLIENTS.contains(&text);
    is_end_to_end(name, all) && !is_a_proxys && name != PROXY_IDENTITY && name != DEVICE && name != REQUEST_ID
}

/// Whether a backend's header goes back to the client.
pub(super) fn goes_back(name: &HeaderName, all: &HeaderMap) -> bool {
    is_end_to_end(name, all) && !OF_THE_WHOLE_ORIGIN.contains(&name.as_str()) && name != REQUEST_ID
}

/// Not if it is of this connection alone, which the `Connection` header may say of others, too.
fn is_end_to_end(name: &HeaderName, all: &HeaderMap) -> bool {
    let listed = all.get_all(header::CONNECTION).filter_map(|value| value.to_str().ok());
    let mut listed = listed.flat_map(|list| list.split(','));
    !OF_THE_CONNECTION.contains(&name.as_str())
        && !listed.any(|word| word.trim().eq_ignore_ascii_case(name.as_str()))
}

/// The cookies that belong to the backend: all except ours.
pub(super) fn foreign_cookies(headers: &HeaderMap, is_ours: impl Fn(&str) -> bool) -> Option<HeaderValue> {
    let is_foreign = |cookie: &RequestCookie| !is_ours(&String::from_utf8_lossy(cookie.name));
    let foreign = request_cookies::all(cookie_fields(headers)).filter(is_foreign);
    let pairs: Vec<_> = foreign.map(|cookie| cookie.pair).collect();
    if pairs.is_empty() {
        return None;
    }
    HeaderValue::from_bytes(&pairs.join(b"; ".as_slice())).ok()
}

/// A backend's `Set-Cookie`, confined to its prefix on this host: no `Domain`, and never a cookie of ours or
/// one whose name promises what a backend behind a prefix cannot keep. All else stays as it was written.
pub(super) fn confined(
    value: &HeaderValue,
    prefix: &str,
    secure: bool,
    is_ours: impl Fn(&str) -> bool,
) -> Option<HeaderValue> {
    let text = str::from_utf8(value.as_bytes()).ok()?;
    let mut parts = text.split(';');
    let pair = parts.next()?.trim();
    let name = pair.split_once('=')?.0.trim();
    let lower = name.to_ascii_lowercase();
    if name.is_empty()
        || is_ours(name)
        || lower.starts_with("__host-")
        || (lower.starts_with("__") && !secure)
    {
        return None;
    }
    let (mut path, mut confined) = ("/", pair.to_owned());
    for attribute in parts.map(str::trim) {
        let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        match key.trim().to_ascii_lowercase().as_str() {
            "domain" | "secure" => {}
            "path" => path = value.trim(),
            _ => confined.extend(["; ", attribute]),
        }
    }
    let path = if path.starts_with('/') { path.trim_end_matches('/') } else { "" };
    let is_below = path == prefix || path.starts_with(&format!("{prefix}/"));
    confined.extend(["; Path=", if is_below { "" } else { prefix }, path]);
    if secure {
        confined.push_str("; Secure");
    }
    HeaderValue::from_bytes(confined.as_bytes()).ok()
}

/// A backend's `Location` on this origin, if it stays with the backend; as it is, if it leads elsewhere; none,
/// if it leads to where nobody gets from here.
pub(super) fn relocated(value: &HeaderValue, asked: &Url, target: &Url, prefix: &str) -> Option<HeaderValue> {
    let location = asked.join(value.to_str().ok()?).ok()?;
    if location.origin() != target.origin() {
        return Some(value.clone());
    }
    let rest = location.path().strip_prefix(target.path().trim_end_matches('/'))?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let query = location.query().map(|query| format!("?{query}")).unwrap_or_default();
    let fragment = location.fragment().map(|fragment| format!("#{fragment}")).unwrap_or_default();
    HeaderValue::from_str(&format!("{prefix}{rest}{query}{fragment}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn is_ours(name: &str) -> bool {
        name == "token"
    }

    #[test]
    fn headers_of_one_connection_stay_here() {
        let request = TestRequest::default()
            .insert_header(("connection", "close, X-Secret-Hop"))
            .insert_header(("x-secret-hop", "1"))
            .to_http_request();
        let on = |name: &str| goes_on(&name.parse().unwrap(), request.headers());
        for name in
            ["connection", "te", "upgrade", "x-secret-hop", "host", "x-forwarded-for", "x-drawbridge-proxy"]
        {
            assert!(!on(name), "{name}");
        }
        assert!(on("accept") && on("authorization") && on("content-type"));
    }

    #[test]
    fn the_backend_sees_its_own_cookies_alone() {
        let of = |fields: &[&'static str]| {
            let request =
                fields.iter().fold(TestRequest::default(), |r, field| r.append_header(("cookie", *field)));
            let value = foreign_cookies(request.to_http_request().headers(), is_ours);
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(of(&["a=1; token=s; b=2"]).as_deref(), Some("a=1; b=2"));
        assert_eq!(of(&["token=s"]), None);
        assert_eq!(of(&["a=1", "token=s", "b=2"]).as_deref(), Some("a=1; b=2"));
        assert_eq!(of(&[]), None);
        let bytes = HeaderValue::from_bytes("cart=7; x=Jü; token=s".as_bytes()).unwrap();
        let request = TestRequest::default().insert_header(("cookie", bytes)).to_http_request();
        assert_eq!(
            foreign_cookies(request.headers(), is_ours).unwrap().as_bytes(),
            "cart=7; x=Jü".as_bytes()
        );
    }

    #[test]
    fn a_backends_cookie_stays_below_its_prefix() {
        let of = |text: &'static str, secure| {
            let value = confined(&HeaderValue::from_static(text), "/backend", secure, is_ours);
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        let plain = of("cart=7; Domain=api.example.com; Path=/; HttpOnly; SameSite=Strict", true).unwrap();
        assert!(
            plain.contains("Path=/backend") && plain.contains("Secure") && plain.contains("HttpOnly"),
            "{plain}"
        );
        assert!(!plain.contains("Domain"), "{plain}");
        assert!(of("a=b; Path=/v1/x", true).unwrap().contains("Path=/backend/v1/x"));
        assert!(of("a=b; Path=/backend/x", true).unwrap().contains("Path=/backend/x"));
        assert!(
            !of("a=b; Secure", false).unwrap().contains("Secure"),
            "on plain-http localhost it would be dropped"
        );
        let kept = of("a=b; Partitioned; Priority=High; Max-Age=5", true).unwrap();
        assert_eq!(kept, "a=b; Partitioned; Priority=High; Max-Age=5; Path=/backend; Secure");
        for text in ["token=evil", "__Host-x=1; Secure; Path=/", "", "novalue"] {
            assert_eq!(of(text, true), None, "{text}");
        }
    }

    #[test]
    fn a_redirect_within_the_backend_stays_on_this_origin() {
        let (asked, target) = ("http://api/v1/a/b".parse().unwrap(), "http://api/v1".parse().unwrap());
        let of = |location: &'static str| {
            let value = relocated(&HeaderValue::from_static(location), &asked, &target, "/backend");
            value.map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(of("/v1/c?d=e#f").as_deref(), Some("/backend/c?d=e#f"));
        assert_eq!(of("c").as_deref(), Some("/backend/a/c"));
        assert_eq!(of("http://api/v1/c").as_deref(), Some("/backend/c"));
        assert_eq!(of("https://idp.example/authorize").as_deref(), Some("https://idp.example/authorize"));
        assert_eq!((of("/other"), of("/v10/x"), of("/v1x")), (None, None, None));
    }
}
